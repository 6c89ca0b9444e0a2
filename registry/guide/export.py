"""The trained network as a GGUF file: matrices Q8_0, norms F32, vocabulary and template inside."""
import json

import gguf
import numpy as np

import model
import words


def tensors(net):
    for name, p in net.named_parameters():
        yield name, p.detach().float().numpy()


def vocabulary(tok):
    state = json.loads(tok.to_str())
    ids = tok.get_vocab(with_added_tokens=True)
    texts = [t for t, _ in sorted(ids.items(), key=lambda kv: kv[1])]
    merges = [m if isinstance(m, str) else " ".join(m) for m in state["model"]["merges"]]
    return texts, merges


def write(net, tok, path):
    w = gguf.GGUFWriter(path, "qwen3")
    texts, merges = vocabulary(tok)
    w.add_name("guide")
    w.add_description("A tiny model that knows minnow and the small model families")
    w.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    w.add_context_length(model.CONTEXT)
    w.add_embedding_length(model.DIM)
    w.add_block_count(model.LAYERS)
    w.add_feed_forward_length(model.FFN)
    w.add_head_count(model.HEADS)
    w.add_head_count_kv(model.KV_HEADS)
    w.add_key_length(model.HEAD_DIM)
    w.add_value_length(model.HEAD_DIM)
    w.add_rope_freq_base(model.ROPE_BASE)
    w.add_layer_norm_rms_eps(model.EPS)
    w.add_float32("general.sampling.temp", 0.0)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("qwen2")
    w.add_token_list(texts)
    w.add_token_types([gguf.TokenType.CONTROL if t in words.SPECIAL else gguf.TokenType.NORMAL for t in texts])
    w.add_token_merges(merges)
    w.add_eos_token_id(texts.index("<|im_end|>"))
    w.add_pad_token_id(texts.index("<|endoftext|>"))
    w.add_add_bos_token(False)
    w.add_chat_template(words.TEMPLATE)
    for name, data in tensors(net):
        if data.ndim == 2:
            packed = gguf.quants.quantize(data, gguf.GGMLQuantizationType.Q8_0)
            w.add_tensor(name if name.endswith(".weight") else name + ".weight", packed, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        else:
            w.add_tensor(name, data.astype(np.float32))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def read(path, drop=0.0):
    """The network and the tokenizer back from the file: what minnow will see, weights as quantized."""
    import torch
    from tokenizers import AddedToken, Tokenizer
    r = gguf.GGUFReader(path)
    field = {k: v.contents() for k, v in r.fields.items()}
    texts = field["tokenizer.ggml.tokens"]
    net = model.Guide(len(texts), drop)
    values = {t.name: torch.tensor(gguf.quants.dequantize(t.data, t.tensor_type).reshape(tuple(reversed(t.shape.tolist()))))
              for t in r.tensors}
    net.load_state_dict(values)
    plain = {t: i for i, t in enumerate(texts) if t not in words.SPECIAL}
    tok = Tokenizer.from_str(json.dumps({
        "version": "1.0", "added_tokens": [], "truncation": None, "padding": None, "post_processor": None,
        "normalizer": {"type": "NFC"}, "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": words.SPLIT}, "behavior": "Isolated", "invert": False},
            {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}]},
        "model": {"type": "BPE", "vocab": plain, "merges": [m.split(" ") for m in field["tokenizer.ggml.merges"]]}}))
    tok.add_special_tokens([AddedToken(t, special=True) for t in words.SPECIAL])
    return net.eval(), tok
