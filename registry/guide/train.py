"""Train the guide: train.py CORPUS.jsonl OUT.gguf [--steps N] [--minutes M]

One pass is a fixed number of steps over a fixed corpus with fixed seeds; --minutes only shortens the schedule when the
machine is too slow for it."""
import argparse
import collections
import itertools
import json
import math
import os
import random
import time

import torch
import torch.nn.functional as F

import export
import words
from model import Guide

BATCH_TOKENS, WARMUP, FLOOR = 896, 40, 2e-5		# tokens: of one worker
WORKERS = 2			# one thread each: two threads of one process wait for each other at every step of the network
AVERAGE = 0.998			# what is written is the mean of the last 500 steps or so
HALF = torch.ops.mkldnn._is_mkldnn_bf16_supported()	# else bfloat16 products are computed one by one, many times slower
COMMON, SHORTENED, SHORT = 250, 0.7, 8


def shorten(sample, rng):
    """A common answer teaches nothing new once it is known by heart, so it is mostly seen by its beginning only: the
    choice of topic lies in its first words."""
    ids, learn = sample
    last = len(learn)
    while last and learn[last - 1]:
        last -= 1
    if len(learn) - last < SHORT + 4 or rng.random() >= SHORTENED:
        return sample
    return ids[:last + SHORT], learn[:last + SHORT]


def prepare(path, tok, rng):
    talks = [json.loads(line) for line in open(path)]
    count = collections.Counter(t[-1]["content"] for t in talks)
    samples = words.Chat(tok).samples(talks)
    return [shorten(s, rng) if count[t[-1]["content"]] > COMMON else s for s, t in zip(samples, talks)]


def batches(samples, rng):
    """Forever: samples of like length, padded to the longest, at most BATCH_TOKENS of them."""
    while True:
        order = sorted(range(len(samples)), key=lambda i: (len(samples[i][0]) + rng.random() * 12))
        cut, batch, longest = [], [], 0
        for i in order:
            longest = max(longest, len(samples[i][0]))
            if batch and longest * (len(batch) + 1) > BATCH_TOKENS:
                cut.append(batch)
                batch, longest = [], len(samples[i][0])
            batch.append(i)
        rng.shuffle(cut)
        yield from cut


def tensors(samples, batch):
    width = max(len(samples[i][0]) for i in batch)
    ids = torch.zeros(len(batch), width, dtype=torch.long)
    learn = torch.zeros(len(batch), width, dtype=torch.bool)
    for row, i in enumerate(batch):
        n = len(samples[i][0])
        ids[row, :n] = torch.tensor(samples[i][0])
        learn[row, :n] = torch.tensor(samples[i][1], dtype=torch.bool)
    return ids, learn


def rate(done, peak):
    return FLOOR + (peak - FLOOR) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def loss_of(net, ids, learn):
    with torch.autocast("cpu", torch.bfloat16, enabled=HALF):
        h = net.hidden(ids[:, :-1])
        logits = net.logits(h[learn[:, 1:]])
    return F.cross_entropy(logits.float(), ids[:, 1:][learn[:, 1:]])


def flatten(net, gradient):
    """All parameters as one vector, and their gradients as views of GRADIENT."""
    params = list(net.parameters())
    flat = torch.cat([p.detach().reshape(-1) for p in params])
    at = 0
    for p in params:
        n = p.numel()
        p.data, p.grad = flat[at:at + n].view_as(p), gradient[at:at + n].view_as(p)
        at += n
    return torch.nn.Parameter(flat)


def work(rank, samples, share, barrier, o, tok):
    """One worker: every WORKERS-th batch.  share[r] is worker r's gradient and, last, how far the schedule is."""
    torch.set_num_threads(1)
    torch.manual_seed(1 + rank)
    os.setsid()
    net = (export.read(o.start, o.drop)[0] if o.start else Guide(words.SIZE, o.drop)).train()
    flat = flatten(net, share[rank])
    average = flat.detach().clone()
    flat.grad = torch.zeros_like(flat)
    opt = torch.optim.AdamW([flat], lr=o.peak, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    begun, seen, mean = time.time(), 0, None
    stream = itertools.islice(batches(samples, random.Random(2)), rank, None, WORKERS)
    for step, batch in enumerate(stream):
        ids, learn = tensors(samples, batch)
        loss = loss_of(net, ids, learn)
        loss.backward()
        share[rank][-1] = max(step / o.steps, (time.time() - begun) / 60 / o.minutes)
        barrier.wait()
        done = share[0, -1].item()
        torch.mean(share[:, :-1], 0, out=flat.grad)
        barrier.wait()
        share[rank].zero_()
        if done >= 1:
            break
        torch.nn.utils.clip_grad_norm_([flat], 1.0)
        opt.param_groups[0]["lr"] = rate(done, o.peak) * min(1.0, (step + 1) / WARMUP)
        opt.step()
        average.lerp_(flat.detach(), max(1 - AVERAGE, 1 / (step + 1)))
        seen += ids.numel() * WORKERS
        mean = loss.item() if mean is None else 0.98 * mean + 0.02 * loss.item()
        if rank == 0 and step % 50 == 0:
            spent = time.time() - begun
            print("step %5d  done %.3f  loss %.4f  %.0f tokens/s  %.0f s" % (step, done, mean, seen / spent, spent), flush=True)
        if rank == 0 and step % 250 == 249:
            export.write(net, tok, o.out + ".part")
    if rank == 0:
        flat.data.copy_(average)
        export.write(net, tok, o.out)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("corpus")
    p.add_argument("out")
    p.add_argument("--steps", type=int, default=8000)
    p.add_argument("--minutes", type=float, default=100)
    p.add_argument("--peak", type=float, default=2e-3, help="highest learning rate")
    p.add_argument("--drop", type=float, default=0.05, help="dropout")
    p.add_argument("--start", help="go on from this GGUF file, with its vocabulary")
    o = p.parse_args()
    tok = export.read(o.start)[1] if o.start else words.train(o.corpus)
    samples = prepare(o.corpus, tok, random.Random(3))
    print("%d conversations, %.1f tokens each" % (len(samples), sum(len(s[0]) for s in samples) / len(samples)), flush=True)
    size = sum(p.numel() for p in Guide(words.SIZE).parameters())
    print("%.2f million parameters" % (size / 1e6), flush=True)
    share = torch.zeros(WORKERS, size + 1).share_memory_()
    fork = torch.multiprocessing.get_context("fork")
    barrier = fork.Barrier(WORKERS)
    others = [fork.Process(target=work, args=(r, samples, share, barrier, o, tok)) for r in range(WORKERS)]
    for worker in others:
        worker.start()
    for worker in others:
        worker.join()
        if worker.exitcode:
            raise SystemExit("a worker ended with %d" % worker.exitcode)


if __name__ == "__main__":
    main()
