#!/usr/bin/env python3
"""Logits of tiny encoder-decoder models, computed by transformers from the same weights as core_encdec.c makes.

usage: encdec.py > encdec.vec          needs torch and transformers (5.24 was used)
One line a token of the decoder: model, position, then the logits.
"""
import torch
from transformers import T5Config, T5ForConditionalGeneration, T5GemmaConfig, T5GemmaForConditionalGeneration

EMBD, HEADS, HEAD, KV, FF, VOCAB, ENC, DEC, EPS, WINDOW = 16, 4, 8, 2, 24, 40, 2, 3, 0.001, 4
INPUT = [(7 * i * i + 3 * i + 1) % VOCAB for i in range(150)]
OUTPUT = [(5 * i * i + i) % VOCAB for i in range(12)]


def fill(name, *shape):
    s = 2166136261
    for c in name.encode():
        s = ((s ^ c) * 16777619) & 0xffffffff
    n, out = int(torch.tensor(shape).prod()), []
    for _ in range(n):
        s = (s * 1664525 + 1013904223) & 0xffffffff
        out.append(((s >> 16) / 65536 - 0.5) * 0.5 + (1 if "norm" in name else 0))
    return torch.tensor(out, dtype=torch.float64).reshape(*shape)


def set_to(p, name, offset=0.0):
    p.data = fill(name, *p.shape) + offset


def t5(gated):
    c = T5Config(vocab_size=VOCAB, d_model=EMBD, d_kv=HEAD, d_ff=FF, num_layers=ENC, num_decoder_layers=DEC,
                 num_heads=HEADS, relative_attention_num_buckets=32, layer_norm_epsilon=EPS, dropout_rate=0,
                 feed_forward_proj="gated-gelu" if gated else "relu", tie_word_embeddings=not gated)
    m = T5ForConditionalGeneration(c).double().eval()
    set_to(m.shared.weight, "token_embd.weight")
    m.encoder.embed_tokens.weight = m.decoder.embed_tokens.weight = m.shared.weight
    # transformers ties it all the same
    m.lm_head.weight = torch.nn.Parameter(fill("output.weight", VOCAB, EMBD)) if gated else m.shared.weight
    for side, stack in ("enc", m.encoder), ("dec", m.decoder):
        set_to(stack.final_layer_norm.weight, side + ".output_norm.weight")
        for i, b in enumerate(stack.block):
            n = f"{side}.blk.{i}."
            for own, layer in (("", b.layer[0]), ("cross_", b.layer[1]))[:1 if side == "enc" else 2]:
                a = layer.EncDecAttention if own else layer.SelfAttention
                set_to(layer.layer_norm.weight, f"{n}{own}attn_norm.weight")
                for k in "qkvo":
                    set_to(getattr(a, k).weight, f"{n}{own}attn_{k}.weight")
                if i == 0 and not own:
                    set_to(a.relative_attention_bias.weight, n + "attn_rel_b.weight")
            set_to(b.layer[-1].layer_norm.weight, n + "ffn_norm.weight")
            for k, to in (("wi_0", "gate"), ("wi_1", "up"), ("wo", "down")) if gated else (("wi", "up"), ("wo", "down")):
                set_to(getattr(b.layer[-1].DenseReluDense, k).weight, f"{n}ffn_{to}.weight")
    return m


def t5gemma():
    common = dict(vocab_size=VOCAB, hidden_size=EMBD, intermediate_size=FF, num_attention_heads=HEADS,
                  num_key_value_heads=KV, head_dim=HEAD, rms_norm_eps=EPS, query_pre_attn_scalar=HEAD,
                  sliding_window=WINDOW, attn_logit_softcapping=2.0, final_logit_softcapping=3.0)
    c = T5GemmaConfig(encoder=dict(num_hidden_layers=ENC, **common), decoder=dict(num_hidden_layers=DEC, **common),
                      vocab_size=VOCAB, attn_implementation="eager")
    m = T5GemmaForConditionalGeneration(c).double().eval()
    set_to(m.model.encoder.embed_tokens.weight, "enc.token_embd.weight")
    set_to(m.model.decoder.embed_tokens.weight, "token_embd.weight")
    m.lm_head.out_proj.weight = m.model.decoder.embed_tokens.weight
    for side, stack in ("enc", m.model.encoder), ("dec", m.model.decoder):
        set_to(stack.norm.weight, side + ".output_norm.weight", -1)
        for i, b in enumerate(stack.layers):
            n = f"{side}.blk.{i}."
            for own, a in (("", b.self_attn),) + ((("cross_", b.cross_attn),) if side == "dec" else ()):
                for k in "qkvo":
                    set_to(getattr(a, k + "_proj").weight, f"{n}{own}attn_{k}.weight")
            norms = [("pre_self_attn", "attn_norm"), ("post_self_attn", "post_attention_norm"),
                     ("pre_feedforward", "ffn_norm"), ("post_feedforward", "post_ffw_norm")]
            if side == "dec":
                norms += [("pre_cross_attn", "cross_attn_norm"), ("post_cross_attn", "cross_attn_post_norm")]
            for k, to in norms:
                set_to(getattr(b, k + "_layernorm").weight, f"{n}{to}.weight", -1)
            for k in "gate", "up", "down":
                set_to(getattr(b.mlp, k + "_proj").weight, f"{n}ffn_{k}.weight")
    return m


def main():
    torch.set_grad_enabled(False)
    for name, model in ("t5", t5(True)), ("t5_relu", t5(False)), ("t5gemma", t5gemma()):
        # An input of padding tokens is masked unless the mask says otherwise.
        out = model(input_ids=torch.tensor([INPUT]), attention_mask=torch.ones(1, len(INPUT), dtype=torch.long),
                    decoder_input_ids=torch.tensor([OUTPUT]),
                    decoder_attention_mask=torch.ones(1, len(OUTPUT), dtype=torch.long))
        for t, row in enumerate(out.logits[0]):
            print(name, t, *(f"{x:.7g}" for x in row.tolist()))


main()
