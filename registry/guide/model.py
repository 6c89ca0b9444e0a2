"""The guide's network: the `qwen3` layout (pre-norm, q/k norm, rotary halves, grouped queries, SwiGLU,
tied embedding) at 4.5 M parameters.  Written for training only; minnow itself runs the exported file."""
import torch
import torch.nn as nn
import torch.nn.functional as F

DIM, LAYERS, FFN, HEADS, KV_HEADS, HEAD_DIM = 256, 5, 704, 4, 2, 64
ROPE_BASE, EPS, CONTEXT = 10000.0, 1e-6, 1024


def rotary(n):
    freq = 1.0 / ROPE_BASE ** (torch.arange(0, HEAD_DIM, 2).float() / HEAD_DIM)
    angle = torch.outer(torch.arange(n).float(), freq)
    return torch.cat([angle.cos()] * 2, -1), torch.cat([angle.sin()] * 2, -1)


def turn(x, cos, sin):
    half = HEAD_DIM // 2
    flipped = torch.cat([-x[..., half:], x[..., :half]], -1)
    return (x * cos + flipped * sin).to(x.dtype)


class Norm(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n))

    def forward(self, x):
        return F.rms_norm(x.float(), (x.shape[-1],), self.weight, EPS).to(x.dtype)


class Layer(nn.Module):
    def __init__(self, drop):
        super().__init__()
        self.attn_norm, self.ffn_norm = Norm(DIM), Norm(DIM)
        self.attn_q = nn.Linear(DIM, HEADS * HEAD_DIM, bias=False)
        self.attn_k = nn.Linear(DIM, KV_HEADS * HEAD_DIM, bias=False)
        self.attn_v = nn.Linear(DIM, KV_HEADS * HEAD_DIM, bias=False)
        self.attn_output = nn.Linear(HEADS * HEAD_DIM, DIM, bias=False)
        self.attn_q_norm, self.attn_k_norm = Norm(HEAD_DIM), Norm(HEAD_DIM)
        self.ffn_gate = nn.Linear(DIM, FFN, bias=False)
        self.ffn_up = nn.Linear(DIM, FFN, bias=False)
        self.ffn_down = nn.Linear(FFN, DIM, bias=False)
        self.drop = nn.Dropout(drop)

    def attend(self, x, cos, sin):
        b, t, _ = x.shape
        q = self.attn_q(x).view(b, t, HEADS, HEAD_DIM)
        k = self.attn_k(x).view(b, t, KV_HEADS, HEAD_DIM)
        v = self.attn_v(x).view(b, t, KV_HEADS, HEAD_DIM).transpose(1, 2)
        q = turn(self.attn_q_norm(q).transpose(1, 2), cos, sin)
        k = turn(self.attn_k_norm(k).transpose(1, 2), cos, sin)
        k = k.repeat_interleave(HEADS // KV_HEADS, 1)
        v = v.repeat_interleave(HEADS // KV_HEADS, 1)
        # Written out: on a CPU the fused attention's backward pass costs more than both products for short texts.
        score = (q @ k.transpose(-1, -2)) * HEAD_DIM ** -0.5
        later = torch.ones(t, t, dtype=torch.bool).triu(1)
        y = score.float().masked_fill(later, float("-inf")).softmax(-1).to(v.dtype) @ v
        return self.attn_output(y.transpose(1, 2).reshape(b, t, -1))

    def forward(self, x, cos, sin):
        x = x + self.drop(self.attend(self.attn_norm(x), cos, sin))
        h = self.ffn_norm(x)
        return x + self.drop(self.ffn_down(F.silu(self.ffn_gate(h)) * self.ffn_up(h)))


class Guide(nn.Module):
    def __init__(self, vocab, drop=0.0):
        super().__init__()
        self.token_embd = nn.Embedding(vocab, DIM)
        self.blk = nn.ModuleList(Layer(drop) for _ in range(LAYERS))
        self.output_norm = Norm(DIM)
        cos, sin = rotary(CONTEXT)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        for name, p in self.named_parameters():
            if p.dim() == 2:
                scale = (2 * LAYERS) ** -0.5 if name.endswith(("attn_output.weight", "ffn_down.weight")) else 1.0
                nn.init.normal_(p, std=0.04 * scale)

    def hidden(self, ids):
        x = self.token_embd(ids)
        cos, sin = self.cos[:ids.shape[1]], self.sin[:ids.shape[1]]
        for layer in self.blk:
            x = layer(x, cos, sin)
        return self.output_norm(x)

    def logits(self, h):
        return F.linear(h, self.token_embd.weight)
