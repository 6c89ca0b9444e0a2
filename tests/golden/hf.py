#!/usr/bin/env python3
"""Tiny models with random weights, saved as transformers publishes them, with the logits and token ids it computes.

usage: hf.py OUT [NAME...]         writes OUT/<name>/ for all or some of the rows below
Committed: what transformers 5.24.0, tokenizers 0.23.3 and torch 2.13.0 (CPU, float32) wrote into tests/golden/hf.
<name>/expected.json: "tokens", "rows" (positions), and expected.f32, their logits, little endian.
"""
import json
import os
import shutil
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
import transformers
from transformers import AutoModelForCausalLM

torch.set_num_threads(1)
VOCAB, TOKENS = 64, [(7 * i * i + 3 * i + 1) % 64 for i in range(24)]
SMALL = dict(vocab_size=VOCAB, hidden_size=32, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=128, bos_token_id=1, eos_token_id=2, pad_token_id=None)

# name: configuration class, its values, and options: dtype of the file (BF16 where not said), small shards.
MODELS = {
    "llama3": ("LlamaConfig", dict(head_dim=16, rope_parameters=dict(
        rope_type="llama3", rope_theta=10000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
        original_max_position_embeddings=32)), {}),
    "mistral": ("MistralConfig", dict(head_dim=8, sliding_window=None), dict(shards=True, dtype=torch.float32)),
    "mixtral": ("MixtralConfig", dict(num_local_experts=4, num_experts_per_tok=2, intermediate_size=16), {}),
    "qwen2": ("Qwen2Config", dict(tie_word_embeddings=True), {}),
    "qwen2_moe": ("Qwen2MoeConfig", dict(num_experts=4, num_experts_per_tok=2, moe_intermediate_size=16,
                  shared_expert_intermediate_size=24, norm_topk_prob=False, decoder_sparse_step=1), {}),
    "qwen3": ("Qwen3Config", dict(head_dim=16, rope_parameters=dict(
        rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=32)), dict(dtype=torch.float16)),
    "qwen3_moe": ("Qwen3MoeConfig", dict(head_dim=8, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=16,
                  norm_topk_prob=True, decoder_sparse_step=1), {}),
}


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


def save_expected(model, out, tokens=TOKENS):
    with torch.no_grad():
        logits = model(torch.tensor([tokens])).logits[0].float()
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
    save_expected(model, out)


def main():
    out, names = sys.argv[1], sys.argv[2:] or MODELS
    for name in names:
        shutil.rmtree(f"{out}/{name}", ignore_errors=True)
        os.makedirs(f"{out}/{name}")
        make_model(name, f"{out}/{name}")


main()
