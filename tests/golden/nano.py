#!/usr/bin/env python3
"""Logits of the nano models of tests/data/nano.def, computed by transformers.

usage: nano.py [ROW...] > nano.vec
Committed: what transformers 5.24.0 and torch 2.13.0 (CPU, model.double()) wrote, for all rows.  The model code itself
computes norms, angles and softmax in float32 here and there.  `qwen`, which transformers lacks, is computed from its
published definition with numpy in float64.
One line a position of POSITIONS: row, position, then the logits of the vocabulary.

Metadata and weights come from nano.def.  CONFIGS says how a family's metadata is written in transformers' words, and
weight() which published tensors make each parameter, so what converters do is undone here: rows of q and k permuted
for rotation in neighbouring pairs, 1 added to norms, q, k, v or gate and up in one tensor, decay stored as -exp, heads
of linear attention dealt out by turns.  A tensor of the row that no parameter is made of, and a router whose choice
hangs on less than MARGIN, are errors.
"""
import math
import os
import re
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
import numpy as np
import torch
import transformers

torch.set_num_threads(1)
DEF = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../data/nano.def")
TOKENS = [(7 * i * i + 3 * i + 1) % 40 for i in range(24)]
POSITIONS = [0, 1, 5, 6, 7, 13, 19, 23]
MARGIN = 2e-4


# ---- nano.def ----

def value(text):
    if text[0] == "[":
        return [{"t": True, "f": False}[v] if v in "tf" else value(v) for v in text[1:-1].split()]
    if text[0].isalpha():
        return text
    return float(np.float32(text)) if re.search("[.e]", text) else int(text)


def centre(name):
    if "scale" in name or ("norm" in name and ".bias" not in name):
        return 1
    return -0.5 if name.endswith(".ssm_a") else 0


def fill(name, shape):
    s = 2166136261
    for c in name.encode():
        s = ((s ^ c) * 16777619) & 0xffffffff
    out = np.empty(int(np.prod(shape)))
    for i in range(out.size):
        s = (s * 1664525 + 1013904223) & 0xffffffff
        out[i] = ((s >> 16) / 65536 - 0.5) * 0.5 + centre(name)
    return out.reshape(shape)


class Row:
    def __init__(self, rows, name):
        self.name, self.rows = name, rows
        self.keys = {k: value(v) for k, v in (item.split(" ", 1) for item in self.items(name, 0))}
        self.arch = self.keys["arch"]
        self.spec, self.used = {}, set()
        for item in self.items(name, 1):
            self.add(item, "")
        for item in self.items(name, 2):
            only = item.partition("@")[2]
            for i in range(self.keys["block_count"]):
                if not only or str(i) in only:
                    self.add(item.partition(" @")[0], f"blk.{i}.")

    def items(self, name, which):
        for item in filter(None, (i.strip() for i in self.rows[name][which].split(","))):
            if item.startswith("like "):
                yield from self.items(item[5:], which)
            else:
                yield item

    def add(self, item, prefix):
        head, _, numbers = item.partition(" = ")
        name, dims = head.split(" ")
        shape = [int(d) for d in reversed(dims.split("x"))]
        self.spec[prefix + name] = shape, [float(np.float32(v)) for v in numbers.split()]

    def __contains__(self, name):
        return name in self.spec

    def __getitem__(self, name):
        shape, numbers = self.spec[name]
        self.used.add(name)
        return torch.tensor(np.array(numbers).reshape(shape) if numbers else fill(name, shape))

    def get(self, key, default=None):
        return self.keys.get(key, default)


def read_rows():
    text = re.sub(r"/\*.*?\*/", "", open(DEF).read(), flags=re.S)
    rows = {}
    for name, body in re.findall(r"NANO\((\w+), [^,]+,(.*?)\)$", text, flags=re.S | re.M):
        rows[name] = ["".join(re.findall('"([^"]*)"', part)) for part in re.findall(r'(?:"[^"]*"\s*)+', body)]
        assert len(rows[name]) == 3, name
    return rows


# ---- metadata in transformers' words ----

def rope(r):
    """rope_parameters as config.json has them."""
    p = dict(rope_type="default", rope_theta=r.get("rope.freq_base", 10000.0))
    kind = r.get("rope.scaling.type")
    if kind:
        p.update(rope_type=kind, factor=r.get("rope.scaling.factor"))
    if kind == "llama3":
        p.update(low_freq_factor=r.get("rope.scaling.low_freq_factor"), high_freq_factor=r.get("rope.scaling.high_freq_factor"))
    if kind in ("yarn", "llama3"):
        p.update(original_max_position_embeddings=r.get("rope.scaling.original_context_length"))
    if "rope_factors_long.weight" in r:
        p.update(rope_type="longrope", long_factor=r["rope_factors_long.weight"].tolist(),
                 short_factor=r["rope_factors_short.weight"].tolist())
    head = r.get("attention.key_length", r.get("embedding_length") // r.get("attention.head_count"))
    turned = r.get("rope.dimension_count", head)
    if turned != head:
        p.update(partial_rotary_factor=turned / head)
    return p


def basic(r, **more):
    ff = r.get("feed_forward_length")
    c = dict(vocab_size=40, hidden_size=r.get("embedding_length"), num_hidden_layers=r.get("block_count"),
             intermediate_size=min(ff) if isinstance(ff, list) else ff, num_attention_heads=r.get("attention.head_count"),
             num_key_value_heads=r.get("attention.head_count_kv"), max_position_embeddings=r.get("context_length"),
             rms_norm_eps=r.get("attention.layer_norm_rms_epsilon"), tie_word_embeddings="output.weight" not in r,
             rope_parameters=rope(r), bos_token_id=None, eos_token_id=None, pad_token_id=None)
    if r.get("attention.key_length"):
        c.update(head_dim=r.get("attention.key_length"))
    return {**c, **more}


def llama3(r):
    p = dict(rope_type="llama3", rope_theta=r.get("rope.freq_base"), factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
             original_max_position_embeddings=32)
    return basic(r, rope_parameters=p, attention_bias=True, mlp_bias=True)


def experts(r, **more):
    return basic(r, num_experts=r.get("expert_count"), num_experts_per_tok=r.get("expert_used_count"),
                 moe_intermediate_size=r.get("expert_feed_forward_length"),
                 shared_expert_intermediate_size=r.get("expert_shared_feed_forward_length"), decoder_sparse_step=1, **more)


def delta(r, of=basic):
    return of(r, linear_num_key_heads=r.get("ssm.group_count"), linear_num_value_heads=r.get("ssm.time_step_rank"),
              linear_key_head_dim=r.get("ssm.state_size"), linear_value_head_dim=r.get("ssm.state_size"),
              linear_conv_kernel_dim=r.get("ssm.conv_kernel"),
              layer_types=["full_attention" if (i + 1) % r.get("full_attention_interval") == 0 else "linear_attention"
                           for i in range(r.get("block_count"))])


def gemma2(r):
    wide = r.get("block_count") == 46       # query_pre_attn_scalar of the 27B model is not the head size
    return basic(r, sliding_window=r.get("attention.sliding_window"), attn_logit_softcapping=r.get("attn_logit_softcapping"),
                 final_logit_softcapping=r.get("final_logit_softcapping"),
                 query_pre_attn_scalar=r.get("embedding_length") // r.get("attention.head_count") if wide
                 else r.get("attention.key_length"))


def gemma3(r):
    wide = r.get("block_count") == 62
    return basic(r, sliding_window=r.get("attention.sliding_window"), rope_parameters=dict(
                 full_attention=rope(r), sliding_attention=dict(rope_type="default", rope_theta=10000.0)),
                 query_pre_attn_scalar=r.get("embedding_length") // r.get("attention.head_count") if wide
                 else r.get("attention.key_length"))


def gemma3n(r):
    kinds = ["sliding_attention" if w else "full_attention" for w in r.get("attention.sliding_window_pattern")]
    # The key counts deviations of a sample, transformers those of all gates.
    n = r.get("feed_forward_length")
    below = torch.distributions.Normal(0, 1).cdf(torch.tensor(r.get("activation_sparsity_scale")) * (n / (n - 1)) ** 0.5)
    return basic(r, layer_types=kinds, sliding_window=r.get("attention.sliding_window"), rope_parameters=dict(
                 full_attention=rope(r), sliding_attention=dict(rope_type="default", rope_theta=10000.0)),
                 hidden_size_per_layer_input=r.get("embedding_length_per_layer_input"), vocab_size_per_layer_input=40,
                 num_kv_shared_layers=r.get("attention.shared_kv_layers"), final_logit_softcapping=r.get("final_logit_softcapping"),
                 activation_sparsity_pattern=[round(float(b), 2) if s > 0 else 0.0
                                              for b, s in zip(below, r.get("activation_sparsity_scale"))],
                 laurel_rank=64)


def gemma4(r):
    kinds = ["sliding_attention" if w else "full_attention" for w in r.get("attention.sliding_window_pattern")]
    kv = r.get("attention.head_count_kv")
    more = dict(num_key_value_heads=kv[0], attention_k_eq_v=True, num_global_key_value_heads=kv[1]) if r.get("expert_count") else {}
    return basic(r, head_dim=r.get("attention.key_length_swa"), global_head_dim=r.get("attention.key_length"),
                 layer_types=kinds, sliding_window=r.get("attention.sliding_window"), rope_parameters=dict(
                     full_attention=dict(rope_type="proportional", rope_theta=r.get("rope.freq_base"), partial_rotary_factor=0.25),
                     sliding_attention=dict(rope_type="default", rope_theta=r.get("rope.freq_base_swa"))),
                 hidden_size_per_layer_input=r.get("embedding_length_per_layer_input"), vocab_size_per_layer_input=40,
                 num_kv_shared_layers=r.get("attention.shared_kv_layers"), final_logit_softcapping=r.get("final_logit_softcapping"),
                 use_double_wide_mlp=isinstance(r.get("feed_forward_length"), list), enable_moe_block="expert_count" in r.keys,
                 num_experts=r.get("expert_count"), top_k_experts=r.get("expert_used_count"),
                 moe_intermediate_size=r.get("expert_feed_forward_length"), **more)


def phi3(r):
    original = r.get("rope.scaling.original_context_length")
    more = dict(original_max_position_embeddings=original) if original else {}
    return basic(r, sliding_window=r.get("attention.sliding_window"), **more)


def phimoe(r):
    p = rope(r)
    p.update(original_max_position_embeddings=r.get("rope.scaling.original_context_length"),
             short_mscale=r.get("rope.scaling.attn_factor"), long_mscale=r.get("rope.scaling.attn_factor"))
    return basic(r, rope_parameters=p, sliding_window=r.get("attention.sliding_window"), attention_bias=True, lm_head_bias=True,
                 num_local_experts=r.get("expert_count"), num_experts_per_tok=2)


# Architecture, or row where it needs words of its own: class, configuration.
CONFIGS = {
    "llama": ("Llama", basic),
    "llama3": ("Llama", llama3),
    "mixtral": ("Mixtral", lambda r: basic(r, num_local_experts=r.get("expert_count"), sliding_window=None,
                                           num_experts_per_tok=r.get("expert_used_count"))),
    "smollm3": ("SmolLM3", lambda r: basic(r, no_rope_layer_interval=4)),
    "granite": ("Granite", lambda r: basic(r, embedding_multiplier=r.get("embedding_scale"), logits_scaling=r.get("logit_scale"),
                                           residual_multiplier=r.get("residual_scale"),
                                           attention_multiplier=r.get("attention.scale"))),
    # Linear layers in float: inputs are not rounded to 8 bits, nor weights to three values.
    "bitnet": ("BitNet", lambda r: basic(r, hidden_act="silu")),
    "bitnet-b1.58": ("BitNet", lambda r: basic(r, hidden_act="relu2")),
    "qwen2": ("Qwen2", basic),
    "qwen2moe": ("Qwen2Moe", lambda r: experts(r, norm_topk_prob=False)),
    "qwen3": ("Qwen3", basic),
    "qwen3moe": ("Qwen3Moe", lambda r: experts(r, norm_topk_prob=True)),
    "qwen3next": ("Qwen3Next", lambda r: delta(r, experts)),
    "qwen35": ("Qwen3_5", delta),
    "qwen35moe": ("Qwen3_5Moe", lambda r: delta(r, experts)),
    "gemma": ("Gemma", basic),
    "gemma2": ("Gemma2", gemma2),
    "gemma3": ("Gemma3", gemma3),
    "gemma3n": ("Gemma3n", gemma3n),
    "gemma4": ("Gemma4", gemma4),
    "phi2": ("Phi", lambda r: basic(r, layer_norm_eps=r.get("attention.layer_norm_epsilon"))),
    "phi3": ("Phi3", phi3),
    "phimoe": ("Phimoe", phimoe),
}


# ---- parameters from published tensors ----

PLAIN = {       # of a parameter, without the layer; what is not here is found by weight()
    "embed_tokens": "token_embd", "norm": "output_norm", "final_layernorm": "output_norm", "lm_head": "output",
    "embed_tokens_per_layer": "per_layer_token_embd", "per_layer_model_projection": "per_layer_model_proj",
    "per_layer_projection_norm": "per_layer_proj_norm",
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.qkv_proj": "attn_qkv", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
    "self_attn.attn_sub_norm": "attn_sub_norm", "self_attn.o_proj": "attn_output", "self_attn.dense": "attn_output",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down", "mlp.ffn_sub_norm": "ffn_sub_norm",
    "mlp.gate_up_proj": "ffn_up", "mlp.fc1": "ffn_up", "mlp.fc2": "ffn_down",
    "mlp.gate": "ffn_gate_inp", "mlp.router": "ffn_gate_inp", "router.proj": "ffn_gate_inp",
    "mlp.shared_expert_gate": "ffn_gate_inp_shexp", "mlp.shared_expert.gate_proj": "ffn_gate_shexp",
    "mlp.shared_expert.up_proj": "ffn_up_shexp", "mlp.shared_expert.down_proj": "ffn_down_shexp",
    "pre_feedforward_layernorm_2": "pre_ffw_norm_2", "post_feedforward_layernorm_1": "post_ffw_norm_1",
    "post_feedforward_layernorm_2": "post_ffw_norm_2", "per_layer_input_gate": "inp_gate", "per_layer_projection": "proj",
    "post_per_layer_input_norm": "post_norm", "linear_attn.norm": "ssm_norm",
    "altup.correction_coefs": "altup_correct_coef", "altup.prediction_coefs": "altup_predict_coef",
    "altup.modality_router": "altup_router", "altup.router_norm": "altup_router_norm",
    "laurel.linear_left": "laurel_l", "laurel.linear_right": "laurel_r", "laurel.post_laurel_norm": "laurel_post_norm",
}
EXACT = {       # names without .weight or .bias
    "router.scale": "ffn_gate_inp.scale", "router.per_expert_scale": "ffn_down_exps.scale",
    "layer_scalar": "layer_output_scale.weight", "altup.correct_output_scale": "altup_correct_scale.weight",
    "experts.down_proj": "ffn_down_exps.weight",
    "mlp.experts.down_proj": "ffn_down_exps.weight",
}
GEMMA_NORMS = {"post_attention_layernorm": "post_attention_norm", "pre_feedforward_layernorm": "ffn_norm",
               "post_feedforward_layernorm": "post_ffw_norm"}
NEXT = {"qwen3next", "qwen35", "qwen35moe"}


def neighbours_to_halves(w, heads):
    """Rows (2i, 2i + 1) of a head, as published for rotation in pairs, to rows (i, i + half)."""
    return w.reshape(heads, -1, 2, *w.shape[1:]).transpose(1, 2).reshape(w.shape)


def by_turns(r, w, dim=0):
    """Heads of linear attention from by turns (head i with key i mod groups) to in blocks (i / (heads / groups))."""
    groups, heads = r.get("ssm.group_count"), r.get("ssm.time_step_rank")
    w = w.movedim(dim, 0)
    n = w.shape[0] // heads
    return w.reshape(heads // groups, groups, n, *w.shape[1:]).transpose(0, 1).reshape(w.shape).movedim(0, dim)


def linear_attention(r, b, what):
    """b: prefix of the tensors' names."""
    groups, heads, state = r.get("ssm.group_count"), r.get("ssm.time_step_rank"), r.get("ssm.state_size")
    turns = (lambda w, dim=0: by_turns(r, w, dim)) if r.arch != "qwen3next" else lambda w, dim=0: w
    keys = 2 * groups * state

    def qkv(w):
        return torch.cat([w[:keys], turns(w[keys:])])
    if what == "in_proj_qkvz.weight":       # for each group: q, k, its v, its z
        w, z = r[b + "attn_qkv.weight"], r[b + "attn_gate.weight"]
        q, k, v = w[: keys // 2], w[keys // 2: keys], w[keys:]
        return torch.cat([part for g in range(groups) for part in (t.chunk(groups)[g] for t in (q, k, v, z))])
    return {
        "in_proj_qkv.weight": lambda: qkv(r[b + "attn_qkv.weight"]),
        "in_proj_z.weight": lambda: turns(r[b + "attn_gate.weight"]),
        "in_proj_ba.weight": lambda: r[b + "ssm_ba.weight"],
        "in_proj_b.weight": lambda: turns(r[b + "ssm_beta.weight"]),
        "in_proj_a.weight": lambda: turns(r[b + "ssm_alpha.weight"]),
        "conv1d.weight": lambda: qkv(r[b + "ssm_conv1d.weight"]),
        "dt_bias": lambda: turns(r[b + "ssm_dt.bias"]),
        "A_log": lambda: torch.log(-turns(r[b + "ssm_a"])),
        "norm.weight": lambda: r[b + "ssm_norm.weight"],
        "out_proj.weight": lambda: turns(r[b + "ssm_out.weight"], 1),
    }[what]()


def gate_up(r, b):
    if b + "ffn_gate_up_exps.weight" in r:
        return r[b + "ffn_gate_up_exps.weight"]
    return torch.cat([r[b + "ffn_gate_exps.weight"], r[b + "ffn_up_exps.weight"]], 1)


def part_of(r, b, name, tail):
    """q, k or v out of one tensor."""
    w = r[f"{b}attn_qkv.{tail}"]
    heads, kv = r.get("attention.head_count"), r.get("attention.head_count_kv")
    head = w.shape[0] // (heads + 2 * kv)
    return dict(zip(("attn_q", "attn_k", "attn_v"), w.split([heads * head, kv * head, kv * head])))[name]


def weight(r, parameter):
    """The published numbers of one parameter of transformers."""
    m = re.fullmatch(r"(?:model\.)?(?:layers\.(\d+)\.)?(.*)", parameter)
    b, what = (f"blk.{m[1]}." if m[1] else ""), m[2]
    if what.startswith("linear_attn."):
        return linear_attention(r, b, what.removeprefix("linear_attn."))
    if what.endswith("experts.gate_up_proj"):
        return gate_up(r, b)
    if what.startswith("altup_"):           # one module for each stream but the first
        module, stream, _ = what.split(".")
        return r[{"altup_projections": "altup_proj.weight", "altup_unembed_projections": "altup_unembd_proj.weight"}[module]][int(stream)]
    if what in EXACT:
        return r[b + EXACT[what]]
    stem, _, tail = what.rpartition(".")
    name = PLAIN.get(stem)
    if r.arch in ("gemma2", "gemma3", "gemma3n", "gemma4"):
        name = GEMMA_NORMS.get(stem, name)
    if r.arch in NEXT and stem == "post_attention_layernorm":
        name = "post_attention_norm"
    if name in ("attn_q", "attn_k", "attn_v") and f"{b}attn_qkv.{tail}" in r:
        return part_of(r, b, name, tail)
    if r.arch == "phi3" and b + "attn_q.weight" in r and name in ("attn_qkv", "ffn_up"):
        parts = ("attn_q", "attn_k", "attn_v") if name == "attn_qkv" else ("ffn_gate", "ffn_up")
        return torch.cat([r[f"{b}{part}.weight"] for part in parts])
    w = r[f"{b}{name}.{tail}"]
    if name in ("attn_q", "attn_k") and r.arch in ("llama", "smollm3", "granite"):
        w = neighbours_to_halves(w, r.get("attention.head_count" if name == "attn_q" else "attention.head_count_kv"))
    if "norm" in name and r.arch in {"gemma", "gemma2", "gemma3", *NEXT}:
        w = w - 1
    if f"{b}{name}.scale" in r and r.arch == "bitnet":
        w = w * r[f"{b}{name}.scale"]
    return w


# ---- what is computed ----

def check_derived(r, model):
    """Numbers of the row that a converter computes."""
    if r.name == "llama3":
        plain = 1 / r.get("rope.freq_base") ** (torch.arange(0, 16, 2).double() / 16)
        want = plain / model.model.rotary_emb.inv_freq.double()
        got = r["rope_freqs.weight"]
        assert torch.allclose(want, got, rtol=1e-6), f"rope_freqs.weight: {' '.join(f'{v:.9g}' for v in want)}"
    if r.arch == "gemma4":
        turned = r["rope_freqs.weight"] < 1e9
        assert ((model.model.rotary_emb.full_attention_inv_freq > 0) == turned).all()
    if r.arch == "phi3" and "rope.scaling.attn_factor" in r.keys:
        scale = model.model.rotary_emb.attention_scaling
        assert math.isclose(scale, r.get("rope.scaling.attn_factor"), rel_tol=1e-6), f"attn_factor: {scale:.9g}"


def watch_routers(r, model):
    """Fail where rounding could choose another expert."""
    used = r.get("expert_used_count")

    def look(module, args, out):
        logits = torch.nn.functional.linear(args[0].reshape(-1, args[0].shape[-1]), module.weight)
        best = logits.sort(descending=True).values
        least = (best[:, used - 1] - best[:, used]).min()
        if r.arch == "phimoe":
            for top in (logits, logits.masked_fill(logits == logits.max(-1, keepdim=True).values, -math.inf)):
                most = top.max(-1, keepdim=True).values
                far = (most - top) / logits.abs().clamp(min=most)
                least = min(least, (far - 0.02).abs().min())
                rivals.append(int(((far < 0.02).sum(-1) > 1).sum()))
        assert least > MARGIN, f"{r.name}: a choice of experts hangs on {least:.1e}"
    rivals = []
    for name, module in model.named_modules():
        if used and re.search(r"(mlp\.gate|mlp\.router|router\.proj)$", name):
            module.register_forward_hook(look)
    return rivals


def load(r):
    kind, words = CONFIGS.get(r.name) or CONFIGS[r.arch]
    config_class = getattr(transformers, f"{kind}TextConfig", None) or getattr(transformers, f"{kind}Config")
    config = config_class(**words(r))
    config._attn_implementation = config._experts_implementation = "eager"
    model = getattr(transformers, f"{kind}ForCausalLM")(config).double().eval()
    with torch.no_grad():
        for name, p in model.state_dict().items():
            if name == "lm_head.weight" and "output.weight" not in r:
                continue
            w = weight(r, name)
            assert w.numel() == p.numel(), f"{r.name}: {name} is {tuple(p.shape)}, the row has {tuple(w.shape)}"
            p.copy_(w.reshape(p.shape))
    check_derived(r, model)
    unused = sorted(n for n in r.spec.keys() - r.used if not (r.arch == "gemma3n" and re.match(r"blk\.[45]\.attn_[kv]", n)))
    assert not unused, f"{r.name}: unused: {' '.join(unused)}"
    return model


def logits(r):
    model = load(r)
    rivals = watch_routers(r, model)
    with torch.no_grad():
        out = model(torch.tensor([TOKENS])).logits[0]
    if r.arch == "phimoe":
        assert sum(rivals) > 0, "no expert has a rival"
    return out.double().numpy()


def qwen(r):
    """QWenLMHeadModel (Bai et al. 2023): RMS norm, q, k, v in one product with biases, rotation by halves."""
    def norm(x, w):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + r.get("attention.layer_norm_rms_epsilon")) * w

    def turn(x):  # [tokens, heads, head]
        t, _, d = x.shape
        a = np.arange(t)[:, None] * r.get("rope.freq_base") ** (-2 * np.arange(d // 2) / d)
        c, s = np.cos(a)[:, None], np.sin(a)[:, None]
        first, second = x[..., : d // 2], x[..., d // 2:]
        return np.concatenate([first * c - second * s, first * s + second * c], -1)
    x, n, heads = r["token_embd.weight"].numpy()[TOKENS], len(TOKENS), r.get("attention.head_count")
    for i in range(r.get("block_count")):
        def w(name):
            return r[f"blk.{i}.{name}"].numpy()
        h = norm(x, w("attn_norm.weight")) @ w("attn_qkv.weight").T + w("attn_qkv.bias")
        q, k, v = (p.reshape(n, heads, -1) for p in np.split(h, 3, -1))
        q, k = turn(q), turn(k)
        s = np.einsum("qhd,khd->hqk", q, k) / np.sqrt(q.shape[-1])
        s[:, np.triu(np.ones((n, n), bool), 1)] = -np.inf
        p = np.exp(s - s.max(-1, keepdims=True))
        mix = np.einsum("hqk,khd->qhd", p / p.sum(-1, keepdims=True), v)
        x = x + mix.reshape(n, -1) @ w("attn_output.weight").T
        h = norm(x, w("ffn_norm.weight"))
        gate, up = h @ w("ffn_gate.weight").T, h @ w("ffn_up.weight").T
        x = x + (gate / (1 + np.exp(-gate)) * up) @ w("ffn_down.weight").T
    return norm(x, r["output_norm.weight"].numpy()) @ r["output.weight"].numpy().T


def main():
    rows = read_rows()
    for name in sys.argv[1:] or rows:
        row = Row(rows, name)
        out = qwen(row) if row.arch == "qwen" else logits(row)
        for t in POSITIONS:
            print(name, t, *(f"{v:.6f}" for v in out[t]))


main()
