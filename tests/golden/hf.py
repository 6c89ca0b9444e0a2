#!/usr/bin/env python3
"""Tiny models with random weights, saved as transformers publishes them, with the logits and token ids it computes.

usage: hf.py OUT [NAME...]         writes OUT/<name>/ for all or some of the rows below
Committed: what transformers 5.24.0, tokenizers 0.23.3, sentencepiece 0.2.3 and torch 2.13.0 (CPU, float32) wrote into tests/golden/hf.
<name>/expected.json: "tokens", "rows" (positions), and expected.f32, their logits, little endian.
"""
import json
import os
import shutil
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
import safetensors.torch
import sentencepiece
import torch
import transformers
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoModelForCausalLM

torch.set_num_threads(1)
VOCAB, TOKENS = 64, [(7 * i * i + 3 * i + 1) % 64 for i in range(24)]
SMALL = dict(vocab_size=VOCAB, hidden_size=32, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=128, bos_token_id=1, eos_token_id=2, pad_token_id=None)

MIXED = ["linear_attention", "full_attention"]

# name: configuration class, its values, and options: dtype of the file (BF16 where not said), small shards.
MODELS = {
    "llama3": ("LlamaConfig", dict(head_dim=16, rope_parameters=dict(
        rope_type="llama3", rope_theta=10000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
        original_max_position_embeddings=32)), {}),
    "mistral": ("MistralConfig", dict(head_dim=8, intermediate_size=24, sliding_window=None), dict(shards=True, dtype=torch.float32)),
    "mixtral": ("MixtralConfig", dict(num_local_experts=4, num_experts_per_tok=2, intermediate_size=16), {}),
    "qwen2": ("Qwen2Config", dict(tie_word_embeddings=True), {}),
    "qwen2_moe": ("Qwen2MoeConfig", dict(num_experts=4, num_experts_per_tok=2, moe_intermediate_size=16,
                  shared_expert_intermediate_size=24, norm_topk_prob=False, decoder_sparse_step=1), {}),
    "qwen3": ("Qwen3Config", dict(head_dim=16, rope_parameters=dict(
        rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=32)), dict(dtype=torch.float16)),
    "qwen3_moe": ("Qwen3MoeConfig", dict(head_dim=8, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=16,
                  norm_topk_prob=True, decoder_sparse_step=1), {}),
    "gemma": ("GemmaConfig", dict(head_dim=16), {}),
    "gemma2": ("Gemma2Config", dict(head_dim=16, sliding_window=8, query_pre_attn_scalar=24, attn_logit_softcapping=5.0,
               final_logit_softcapping=3.0), {}),
    "gemma3": ("Gemma3TextConfig", dict(head_dim=4, sliding_window=8, query_pre_attn_scalar=20, num_hidden_layers=6,
               intermediate_size=16), {}),
    "phi": ("PhiConfig", dict(num_key_value_heads=4, intermediate_size=32, partial_rotary_factor=0.5), {}),
    "phi3": ("Phi3Config", dict(max_position_embeddings=128, original_max_position_embeddings=16, sliding_window=10,
             rope_parameters=dict(rope_type="longrope", rope_theta=10000.0, partial_rotary_factor=1.0,
                                  short_factor=[1.0, 1.1, 1.3, 1.2], long_factor=[1.0, 1.5, 2.5, 4.0])), {}),
    "phimoe": ("PhimoeConfig", dict(num_local_experts=4, num_experts_per_tok=2, intermediate_size=16, attention_bias=True,
               lm_head_bias=True, router_jitter_noise=0.01), {}),
    "granite": ("GraniteConfig", dict(embedding_multiplier=3.0, attention_multiplier=0.3, residual_multiplier=0.5,
                logits_scaling=2.0, tie_word_embeddings=True), {}),
    "qwen": ("Qwen2Config", dict(num_key_value_heads=4), {}),
    "qwen3_next": ("Qwen3NextConfig", dict(num_hidden_layers=2, layer_types=MIXED, head_dim=16, partial_rotary_factor=0.5, num_experts=4,
                   num_experts_per_tok=2, moe_intermediate_size=8, shared_expert_intermediate_size=16,
                   linear_num_key_heads=2, linear_num_value_heads=4, linear_key_head_dim=8, linear_value_head_dim=8), {}),
    "qwen3_5": ("Qwen3_5TextConfig", dict(num_hidden_layers=2, layer_types=MIXED, head_dim=16, intermediate_size=24, rope_parameters=dict(
                rope_type="default", rope_theta=10000.0, partial_rotary_factor=0.5, mrope_section=[2, 1, 1]),
                linear_num_key_heads=2, linear_num_value_heads=4, linear_key_head_dim=8, linear_value_head_dim=8), {}),
    "qwen3_5_moe": ("Qwen3_5MoeTextConfig", dict(num_hidden_layers=2, layer_types=MIXED, head_dim=16, num_experts=4, num_experts_per_tok=2,
                    moe_intermediate_size=8, shared_expert_intermediate_size=16, rope_parameters=dict(
                    rope_type="default", rope_theta=10000.0, partial_rotary_factor=0.5, mrope_section=[2, 1, 1]),
                    linear_num_key_heads=2, linear_num_value_heads=4, linear_key_head_dim=8, linear_value_head_dim=8), {}),
    "gemma3n": ("Gemma3nTextConfig", dict(head_dim=8, num_hidden_layers=5, intermediate_size=[24] * 5, sliding_window=8,
                hidden_size_per_layer_input=4, vocab_size_per_layer_input=60, laurel_rank=4, num_kv_shared_layers=2,
                layer_types=["sliding_attention", "full_attention", "sliding_attention", "sliding_attention",
                             "full_attention"], activation_sparsity_pattern=[0.9, 0.8, 0.0, 0.0, 0.0],
                final_logit_softcapping=30.0), {}),
    "gemma4": ("Gemma4TextConfig", dict(head_dim=8, global_head_dim=16, num_hidden_layers=4, intermediate_size=16,
               layer_types=["sliding_attention", "full_attention"] * 2, sliding_window=8, num_kv_shared_layers=2,
               use_double_wide_mlp=True, hidden_size_per_layer_input=4, vocab_size_per_layer_input=VOCAB,
               final_logit_softcapping=20.0), {}),
    "gemma4_moe": ("Gemma4TextConfig", dict(head_dim=8, global_head_dim=16, num_hidden_layers=2, intermediate_size=16,
                   layer_types=["sliding_attention", "full_attention"], sliding_window=8, attention_k_eq_v=True,
                   num_global_key_value_heads=1, hidden_size_per_layer_input=0, enable_moe_block=True, num_experts=4,
                   top_k_experts=2, moe_intermediate_size=8), {}),
    "bitnet": ("BitNetConfig", {}, {}),
    "smollm3": ("SmolLM3Config", dict(num_hidden_layers=4, intermediate_size=16), {}),
}


# Encoders and decoders: both read the tokens.
SEQ2SEQ = {
    "t5": ("T5Config", dict(d_model=32, d_kv=8, d_ff=24, num_layers=2, num_decoder_layers=1, num_heads=4,
           relative_attention_num_buckets=8, feed_forward_proj="relu", decoder_start_token_id=0)),
    "t5_v1_1": ("T5Config", dict(d_model=32, d_kv=16, d_ff=24, num_layers=1, num_heads=2, tie_word_embeddings=False,
                relative_attention_num_buckets=8, feed_forward_proj="gated-gelu", decoder_start_token_id=0)),
    "t5gemma": ("T5GemmaConfig", {k: dict(
        vocab_size=VOCAB, hidden_size=32, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=8, query_pre_attn_scalar=12, sliding_window=6, max_position_embeddings=64)
        for k in ("encoder", "decoder")}),
}


def make_seq2seq(name, out):
    config_class, values = SEQ2SEQ[name]
    if name == "t5gemma":
        values["decoder"]["cross_attention_hidden_size"] = 32
    config = getattr(transformers, config_class)(vocab_size=VOCAB, **values)
    model = transformers.AutoModelForSeq2SeqLM.from_config(config, dtype=torch.float32).eval()
    fill(model)
    model = model.to(torch.bfloat16)
    model.save_pretrained(out)
    if name == "t5_v1_1":                       # as published: an output of its own
        tensors = safetensors.torch.load_file(f"{out}/model.safetensors")
        tensors["lm_head.weight"] = tensors["shared.weight"].flip(0).contiguous() * 0.5
        safetensors.torch.save_file(tensors, f"{out}/model.safetensors", dict(format="pt"))
        config = json.load(open(f"{out}/config.json"))
        del config["scale_decoder_outputs"]
        json.dump(config | dict(tie_word_embeddings=False), open(f"{out}/config.json", "w"))
    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(out, dtype=torch.float32, attn_implementation="eager").eval()
    if os.path.exists(f"{out}/generation_config.json"):
        os.remove(f"{out}/generation_config.json")
    # T5 1.0 divides what its output reads; GGUF's readers do so with the logits, once they sample.
    factor = values["d_model"] ** 0.5 if name == "t5" else 1
    save_expected(lambda ids: model(input_ids=ids, decoder_input_ids=ids), out, factor=factor)


def fill(model):
    """Weights large enough that every part of the graph shows in the logits."""
    g = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, p in sorted(model.state_dict().items()):
            if not p.is_floating_point():
                continue
            noise = torch.randn(p.shape, generator=g)
            if "norm" in name and name.endswith("weight"):
                p.copy_(p + 0.2 * noise)
            elif p.dim() == 1:
                p.copy_(0.2 * noise)
            else:
                p.copy_(noise / p.shape[-1] ** 0.5 * (1.5 if "embed" in name else 1.2))


def save_expected(model, out, tokens=TOKENS, factor=1):
    with torch.no_grad():
        logits = model(torch.tensor([tokens])).logits[0].float() * factor
    rows = [0, 1, len(tokens) // 2, len(tokens) - 1]
    with open(f"{out}/expected.json", "w") as f:
        json.dump(dict(tokens=tokens, rows=rows), f)
    with open(f"{out}/expected.f32", "wb") as f:
        f.write(logits[rows].numpy().astype("<f4").tobytes())


def make_model(name, out):
    config_class, values, options = MODELS[name]
    config = getattr(transformers, config_class)(**{**SMALL, **values})
    config._attn_implementation = "eager"
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    fill(model)
    model = model.to(options.get("dtype", torch.bfloat16))
    model.save_pretrained(out, max_shard_size="30KB" if options.get("shards") else "5GB")
    # What is compared with is what was stored, computed in float32.
    model = AutoModelForCausalLM.from_pretrained(out, dtype=torch.float32, attn_implementation="eager").eval()
    os.remove(f"{out}/generation_config.json")
    if name == "bitnet":
        pack_bitnet(model, out)
    if name == "qwen":
        rename_qwen(out)
    save_expected(model, out)


def rename_qwen(out):
    """Qwen 1 has no class in transformers: the same graph with Qwen 2's class, under the published names."""
    old = safetensors.torch.load_file(f"{out}/model.safetensors")
    new = {"transformer.wte.weight": old["model.embed_tokens.weight"], "transformer.ln_f.weight": old["model.norm.weight"],
           "lm_head.weight": old["lm_head.weight"]}
    for i in range(2):
        a, b = f"model.layers.{i}.", f"transformer.h.{i}."
        new[b + "ln_1.weight"] = old[a + "input_layernorm.weight"]
        new[b + "ln_2.weight"] = old[a + "post_attention_layernorm.weight"]
        for end in "weight", "bias":
            new[b + "attn.c_attn." + end] = torch.cat([old[f"{a}self_attn.{x}_proj.{end}"] for x in "qkv"])
        new[b + "attn.c_proj.weight"] = old[a + "self_attn.o_proj.weight"]
        new[b + "mlp.w1.weight"] = old[a + "mlp.up_proj.weight"]
        new[b + "mlp.w2.weight"] = old[a + "mlp.gate_proj.weight"]
        new[b + "mlp.c_proj.weight"] = old[a + "mlp.down_proj.weight"]
    safetensors.torch.save_file(new, f"{out}/model.safetensors")
    with open(f"{out}/config.json", "w") as f:
        json.dump(dict(model_type="qwen", hidden_size=32, intermediate_size=80, num_hidden_layers=2, num_attention_heads=4,
                       kv_channels=8, layer_norm_epsilon=1e-6, rotary_emb_base=10000, rotary_pct=1.0, no_bias=True,
                       seq_length=128, max_position_embeddings=128, vocab_size=VOCAB, tie_word_embeddings=False), f)


def pack_bitnet(model, out):
    """Ternary weights, packed as published.  Their inputs are not rounded here, as transformers would."""
    tensors = safetensors.torch.load_file(f"{out}/model.safetensors")
    for name, p in model.named_parameters():
        if "_proj.weight" not in name:
            continue
        scale = p.abs().mean().to(torch.bfloat16)
        signs = (p / scale.float()).round().clamp(-1, 1)
        p.data = signs * scale.float()
        rows = (signs + 1).to(torch.uint8).reshape(4, -1, p.shape[1])
        tensors[name] = rows[0] | rows[1] << 2 | rows[2] << 4 | rows[3] << 6
        tensors[name + "_scale"] = scale.reshape(1)
    safetensors.torch.save_file(tensors, f"{out}/model.safetensors")
    config = json.load(open(f"{out}/config.json"))
    config["quantization_config"] = dict(quant_method="bitnet", linear_class="autobitlinear", quantization_mode="offline")
    json.dump(config, open(f"{out}/config.json", "w"))


# ---- tokenizers: no weights but an embedding ----

TRAINING = [
    "The quick brown fox jumps over the lazy dog, and the dog sleeps.", "minnow reads a model and answers.",
    "It's what they've said: we'll see, I'm sure you'd agree.", "one two three, 12 and 345 and 6789 numbers in 2024",
    "def main():\n    return x + y\n\n", "Die Größe der Häuser, déjà vu, naïve café", "the the the there then other another",
    "hello world, hello there; HELLO WORLD", "    indented   text\twith tabs\n\nand lines", "日本語のテキスト",
] * 4
TEXTS = [
    "", " ", "  ", "Hello world", " Hello", "hello  there   world", "the dog\n\nsleeps\n", "It's we'll DON'T they'VE",
    "12345 6 78", "x=1+2;\treturn", "Größe déjà", "e\u0301te\u0301 \u212b", "日本語 テキスト", "🐟 fish 🎣", "<|im_start|>user\nhi<|im_end|>",
    "a<s>b</s> c", "the<extra> thing", "\u2581mark \u2581", "trailing   ", "\u00a0nbsp\u3000wide", "1st 2nd 3,000.5", "\r\n \r\n",
]
QWEN2 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
LLAMA3 = QWEN2.replace(r"|\p{N}|", r"|\p{N}{1,3}|")
CHAT = ("{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")


def byte_level(steps, normalizer=None, ignore_merges=False, special=(), added=()):
    t = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    t.normalizer = normalizer
    t.pre_tokenizer = pre_tokenizers.Sequence(steps) if len(steps) > 1 else steps[0]
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(TRAINING, trainers.BpeTrainer(
        vocab_size=340, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    t.add_special_tokens(list(special))
    t.add_tokens(list(added))
    return t


def level(regex):
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=regex)


def split(regex):
    return pre_tokenizers.Split(Regex(regex), "isolated")


def make_gpt2(out):
    t = byte_level([level(True)], special=["<|endoftext|>"], added=["<extra>"])
    return dict(tokenizer_object=t, bos_token="<|endoftext|>", eos_token="<|endoftext|>"), {}


def make_qwen2(out):
    t = byte_level([split(QWEN2), level(False)], normalizers.NFC(), special=["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    return dict(tokenizer_object=t, eos_token="<|im_end|>", pad_token="<|endoftext|>", chat_template=CHAT), dict(eos=True)


def make_llama3(out):
    t = byte_level([split(LLAMA3), level(False)], ignore_merges=True, special=["<s>", "</s>"])
    ids = [("<s>", t.token_to_id("<s>"))]
    t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=ids)])
    return dict(tokenizer_object=t, bos_token="<s>", eos_token="</s>"), {}


def make_smollm(out):
    t = byte_level([pre_tokenizers.Digits(individual_digits=True), level(True)], special=["<|im_start|>", "<|im_end|>"])
    return dict(tokenizer_object=t, bos_token="<|im_start|>", eos_token="<|im_end|>"), {}


def train_pieces(out, kind, size, **options):
    with open(f"{out}/text", "w") as f:
        f.write("\n".join(TRAINING))
    sentencepiece.SentencePieceTrainer.train(
        input=f"{out}/text", model_prefix=f"{out}/tokenizer", model_type=kind, vocab_size=size, minloglevel=2,
        num_threads=1, **options)
    os.remove(f"{out}/text")
    os.remove(f"{out}/tokenizer.vocab")


def pieces_of(out):
    sp = sentencepiece.SentencePieceProcessor(model_file=f"{out}/tokenizer.model")
    return [(sp.id_to_piece(i), sp.get_score(i)) for i in range(sp.get_piece_size())]


def fields(data):
    """(number, value) of a protocol buffer's fields."""
    def varint(at):
        value = shift = 0
        while True:
            value |= (data[at] & 127) << shift
            at, shift = at + 1, shift + 7
            if data[at - 1] < 128:
                return value, at
    at = 0
    while at < len(data):
        key, at = varint(at)
        if key & 7 == 5:
            at += 4
            continue
        value, at = varint(at)
        if key & 7 == 2:
            value, at = data[at:at + value], at + value
        yield key >> 3, value


def charsmap_of(out):
    normalizer = dict(fields(open(f"{out}/tokenizer.model", "rb").read()))[3]
    return dict(fields(normalizer))[2]


# As published with Llama 2: bytes for what has no piece, a space in front, <s> added.
def make_pieces(out, add_space):
    train_pieces(out, "bpe", 400, byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
                 add_dummy_prefix=add_space, split_digits=True)
    scores = dict(pieces_of(out))
    vocab = {piece: i for i, piece in enumerate(scores)}
    merges = []
    for piece in vocab:
        for i in range(1, len(piece)):
            if piece[:i] in vocab and piece[i:] in vocab:
                merges.append((piece[:i], piece[i:], vocab[piece]))
    merges = [(a, b) for a, b, _ in sorted(merges, key=lambda m: (-scores[m[0] + m[1]], m[2], len(m[0])))]
    t = Tokenizer(models.BPE(vocab, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    steps = [normalizers.Prepend("\u2581")] if add_space else []
    t.normalizer = normalizers.Sequence(steps + [normalizers.Replace(" ", "\u2581")])
    t.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
    t.add_special_tokens(["<unk>", "<s>", "</s>"])
    t.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s>:1 $B:1",
                                                     special_tokens=[("<s>", 1)])
    return dict(tokenizer_object=t, unk_token="<unk>", bos_token="<s>", eos_token="</s>")


def make_llama2(out):
    values = make_pieces(out, True)
    os.remove(f"{out}/tokenizer.model")
    return values, {}


def make_llama2_model(out):
    return make_pieces(out, True), dict(only_model=True)


def make_gemma(out):
    values = make_pieces(out, False)
    os.remove(f"{out}/tokenizer.model")
    return values, dict(model_type="gemma")


# As published with T5: unigrams, </s> added.
def make_unigram(out):
    with open(f"{out}/rules", "w") as f:        # a map as NMT-NFKC's, but small
        f.write("65 301\tE9\n212B\tC5\n3000\t20\nA0\t20\n9\t20\nA\t20\nD\t20\n")
    train_pieces(out, "unigram", 150, normalization_rule_tsv=f"{out}/rules", pad_id=0, eos_id=1, unk_id=2, bos_id=-1,
                 hard_vocab_limit=False)
    os.remove(f"{out}/rules")
    t = Tokenizer(models.Unigram(pieces_of(out), 2, False))
    t.normalizer = normalizers.Sequence([normalizers.Precompiled(charsmap_of(out)),
                                         normalizers.Strip(), normalizers.Replace(Regex(" {2,}"), " ")])
    t.pre_tokenizer = pre_tokenizers.Metaspace("\u2581", "always")
    t.add_special_tokens(["<pad>", "</s>", "<unk>"])
    t.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B:1 </s>:1",
                                                     special_tokens=[("</s>", 1)])
    return dict(tokenizer_object=t, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"), {}


def make_t5(out):
    values, options = make_unigram(out)
    os.remove(f"{out}/tokenizer.model")
    return values, options


def make_t5_model(out):
    return make_unigram(out)[0], dict(only_model=True)


TOKENIZERS = {"tok_gpt2": make_gpt2, "tok_qwen2": make_qwen2, "tok_llama3": make_llama3, "tok_smollm": make_smollm,
              "tok_llama2": make_llama2, "tok_llama2_model": make_llama2_model, "tok_gemma": make_gemma, "tok_t5": make_t5,
              "tok_t5_model": make_t5_model}


def make_tokenizer(name, out):
    values, options = TOKENIZERS[name](out)
    t = transformers.PreTrainedTokenizerFast(**values, clean_up_tokenization_spaces=False)
    if not options.get("only_model"):
        t.save_pretrained(out)
    else:
        with open(f"{out}/tokenizer_config.json", "w") as f:
            json.dump({k: v for k, v in values.items() if k.endswith("_token")} |
                      ({"add_eos_token": True} if "t5" in name else {}), f)
    rows = len(t) + 3
    kind = options.get("model_type", "llama")
    with open(f"{out}/config.json", "w") as f:
        json.dump(dict(model_type=kind, hidden_size=2, num_attention_heads=1, num_hidden_layers=1, intermediate_size=2,
                       head_dim=2, max_position_embeddings=64, vocab_size=rows), f)
    safetensors.torch.save_file({"model.embed_tokens.weight": torch.zeros(rows, 2, dtype=torch.bfloat16)},
                                f"{out}/model.safetensors")
    if options.get("eos"):
        with open(f"{out}/generation_config.json", "w") as f:
            json.dump(dict(eos_token_id=t.convert_tokens_to_ids(["<|im_end|>", "<|endoftext|>"])), f)
    with open(f"{out}/texts.jsonl", "w") as f:
        for text in TEXTS:
            # Marks in a text to unigrams: tokenizers and sentencepiece do not agree, and minnow does as the latter.
            if "t5" in name and "\u2581" in text:
                continue
            ids = t(text)["input_ids"]
            f.write(json.dumps(dict(text=text, ids=ids, plain=t(text, add_special_tokens=False)["input_ids"])) + "\n")
    if t.chat_template:
        messages = [dict(role="user", content="hi there"), dict(role="assistant", content="yes"), dict(role="user", content="?")]
        with open(f"{out}/chat.json", "w") as f:
            json.dump(dict(messages=messages, text=t.apply_chat_template(messages, tokenize=False,
                                                                         add_generation_prompt=True)), f)


def main():
    out, names = sys.argv[1], sys.argv[2:] or [*MODELS, *SEQ2SEQ, *TOKENIZERS]
    for name in names:
        shutil.rmtree(f"{out}/{name}", ignore_errors=True)
        os.makedirs(f"{out}/{name}")
        make = make_tokenizer if name in TOKENIZERS else make_seq2seq if name in SEQ2SEQ else make_model
        make(name, f"{out}/{name}")


main()
