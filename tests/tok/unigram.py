#!/usr/bin/env python3
"""Writes tests/tok/unigram.gguf and unigram.jsonl: a small unigram vocabulary with a character map, and what the
sentencepiece library makes of texts with it.  Signs thrice in a row are left out: the library adds scores up in single
precision, and which of two cuts with equal sums it takes is a matter of rounding.
Needs: pip install sentencepiece.  Run from the repository's root."""
import json
import random
import re
import struct
import tempfile

import sentencepiece

OUT = "tests/tok/unigram"
RULES = [("9", "20"), ("A", "20"), ("A0", "20"), ("3000", "20"), ("200B", ""), ("FB01", "66 69"), ("A8", "20 308"),
         ("65 301", "E9"), ("2126", "3A9"), ("2460", "31"), ("3392", "4D 48 7A"), ("1F600", "3A 29"),
         ("1100 1161 11A8", "AC01"), ("1100 1161", "AC00"), ("FDFA", "635 644 649 20 627 644 644 647")]
RULES += [(f"{0xff01 + i:X}", f"{0x21 + i:X}") for i in range(94)]
POOLS = ["abc def ghi", "éàΩ e\u0301 \u0301", "\t\n\r\u00a0\u3000\u200b  ", "ＡＢｃ１２！～", "ﬁ①㎒Ω\u00a8 ﷺ",
         "\u1100\u1161\u11a8\u1100\u1161 가각", "😀🙂日本", "▁▁ ", "</s><unk>", "\x01\x7f"]


def fields(b):
    """The fields of a protobuf message."""
    i = 0

    def varint():
        nonlocal i
        v = shift = 0
        while True:
            c = b[i]
            i += 1
            v |= (c & 127) << shift
            shift += 7
            if c < 128:
                return v
    while i < len(b):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        elif key & 7 == 5:
            i += 4
            yield key >> 3, struct.unpack("<f", b[i - 4:i])[0]
        else:
            n = varint()
            i += n
            yield key >> 3, b[i - n:i]


def string(x):
    return struct.pack("<Q", len(x)) + x


def write_gguf(model):
    pieces = [dict(fields(v)) for k, v in fields(model) if k == 1]
    charsmap = dict(fields(next(v for k, v in fields(model) if k == 3)))[2]
    n = len(pieces)
    keys = [
        ("tokenizer.ggml.model", 8, string(b"t5")),
        ("tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, n) + b"".join(string(p[1]) for p in pieces)),
        ("tokenizer.ggml.scores", 9, struct.pack(f"<IQ{n}f", 6, n, *[p.get(2, 0) for p in pieces])),
        ("tokenizer.ggml.token_type", 9, struct.pack(f"<IQ{n}i", 5, n, *[p.get(3, 1) for p in pieces])),
        ("tokenizer.ggml.eos_token_id", 4, struct.pack("<I", 1)),
        ("tokenizer.ggml.unknown_token_id", 4, struct.pack("<I", 2)),
        ("tokenizer.ggml.add_eos_token", 7, b"\1"),
        ("tokenizer.ggml.add_space_prefix", 7, b"\1"),
        ("tokenizer.ggml.remove_extra_whitespaces", 7, b"\1"),
        ("tokenizer.ggml.precompiled_charsmap", 9, struct.pack("<IQ", 0, len(charsmap)) + charsmap),
    ]
    with open(OUT + ".gguf", "wb") as f:
        f.write(b"GGUF" + struct.pack("<IQQ", 3, 0, len(keys)))
        for name, kind, value in keys:
            f.write(string(name.encode()) + struct.pack("<I", kind) + value)


def texts(lines):
    r = random.Random(5)
    yield from ["", " ", "  a  ", "\u3000", "the the the", "\u200b", "e\u0301" * 3]
    for _ in range(350):
        t = ""
        for _ in range(r.randint(1, 4)):
            if r.random() < 0.4:
                t += r.choice(lines)[:r.randint(1, 60)]
            else:
                t += "".join(r.choice(r.choice(POOLS)) for _ in range(r.randint(1, 10)))
        yield t


def main():
    lines = [x.strip() for x in open("README.md") if x.strip()]
    lines = [x for x in lines if not re.search(r"([^\w ])\1\1", x)]
    with tempfile.TemporaryDirectory() as d:
        open(d + "/rules", "w").write("".join(f"{a}\t{b}\n" for a, b in RULES))
        open(d + "/text", "w").write("\n".join(lines))
        sentencepiece.SentencePieceTrainer.train(
            input=d + "/text", model_prefix=d + "/m", vocab_size=280, model_type="unigram", pad_id=0, eos_id=1, unk_id=2,
            bos_id=-1, character_coverage=1, normalization_rule_tsv=d + "/rules", minloglevel=2)
        model = open(d + "/m.model", "rb").read()
    write_gguf(model)
    sp = sentencepiece.SentencePieceProcessor(model_proto=model)
    with open(OUT + ".jsonl", "w") as f:
        for t in texts(lines):
            ids = sp.encode(t)
            print(json.dumps({"text": t, "add_special": True, "parse_special": False, "ids": ids + [1]}), file=f)
            if 2 in ids:
                continue
            text = sp.decode(ids)
            raw = "".join(sp.id_to_piece(i) for i in ids).replace("▁", " ").encode()
            print(json.dumps({"ids": ids, "render_special": False, "decoded": text, "bytes": raw.hex()}), file=f)


main()
