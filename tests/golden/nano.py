#!/usr/bin/env python3
"""Logits of the nano models of tests/data/nano.h, computed in float64 from the published definitions alone.

usage: nano.py > nano.vec          needs numpy only
One line a token: architecture, position, then the logits.
"""
import numpy as np

MODELS = {
    "llama": dict(kv=2, head=8, tied=False, bias=False, qk=False, neox=False),
    "qwen2": dict(kv=2, head=8, tied=True, bias=True, qk=False, neox=True),
    "qwen3": dict(kv=1, head=16, tied=True, bias=False, qk=True, neox=True),
}
LAYERS, EMBD, HEADS, FF, VOCAB, EPS = 2, 32, 4, 48, 40, np.float64(np.float32(0.001))
TOKENS = [(7 * i * i + 3 * i + 1) % VOCAB for i in range(11)]


def fill(name, *shape):
    s = 2166136261
    for c in name.encode():
        s = ((s ^ c) * 16777619) & 0xffffffff
    out = np.empty(int(np.prod(shape)))
    for i in range(out.size):
        s = (s * 1664525 + 1013904223) & 0xffffffff
        out[i] = ((s >> 16) / 65536 - 0.5) * 0.5 + (1 if "norm" in name else 0)
    return out.reshape(shape)


def norm(x, w):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + EPS) * w


def rope(x, neox):  # [tokens, heads, head]
    t, _, d = x.shape
    a = np.arange(t)[:, None] * 10000.0 ** (-2 * np.arange(d // 2) / d)
    c, s = np.cos(a)[:, None], np.sin(a)[:, None]
    first, second = (x[..., : d // 2], x[..., d // 2:]) if neox else (x[..., 0::2], x[..., 1::2])
    r1, r2 = first * c - second * s, first * s + second * c
    if neox:
        return np.concatenate([r1, r2], -1)
    return np.stack([r1, r2], -1).reshape(x.shape)


def logits(arch, m):
    embd = fill("token_embd.weight", VOCAB, EMBD)
    x, n, d = embd[TOKENS], len(TOKENS), m["head"]
    for i in range(LAYERS):
        def w(name, *shape):
            return fill(f"blk.{i}.{name}", *shape)
        h = norm(x, w("attn_norm.weight", EMBD))
        parts = []
        for name, heads in ("q", HEADS), ("k", m["kv"]), ("v", m["kv"]):
            y = h @ w(f"attn_{name}.weight", heads * d, EMBD).T
            if m["bias"]:
                y = y + w(f"attn_{name}.bias", heads * d)
            parts.append(y.reshape(n, heads, d))
        q, k, v = parts
        if m["qk"]:
            q, k = norm(q, w("attn_q_norm.weight", d)), norm(k, w("attn_k_norm.weight", d))
        q, k = rope(q, m["neox"]), rope(k, m["neox"])
        mix = np.empty((n, HEADS, d))
        for a in range(HEADS):
            b = a // (HEADS // m["kv"])
            s = q[:, a] @ k[:, b].T / np.sqrt(d)
            s[np.triu_indices(n, 1)] = -np.inf
            p = np.exp(s - s.max(-1, keepdims=True))
            mix[:, a] = p / p.sum(-1, keepdims=True) @ v[:, b]
        x = x + mix.reshape(n, -1) @ w("attn_output.weight", EMBD, HEADS * d).T
        h = norm(x, w("ffn_norm.weight", EMBD))
        gate, up = h @ w("ffn_gate.weight", FF, EMBD).T, h @ w("ffn_up.weight", FF, EMBD).T
        x = x + (gate / (1 + np.exp(-gate)) * up) @ w("ffn_down.weight", EMBD, FF).T
    out = embd if m["tied"] else fill("output.weight", VOCAB, EMBD)
    return norm(x, fill("output_norm.weight", EMBD)) @ out.T


for arch, m in MODELS.items():
    for t, row in enumerate(logits(arch, m)):
        print(arch, t, *(f"{v:.6f}" for v in row))
