"""Ask the guide without minnow: ask.py FILE.gguf QUESTIONS.tsv [--wrong], or ask.py FILE.gguf -q "question" …

Greedy answers in PyTorch, for work on the corpus; `make test` asks the same questions through minnow itself."""
import argparse
import re

import torch

import export
import words


def answer(net, chat, messages, limit=96):
    ids = chat.prompt(messages)
    out = []
    with torch.no_grad():
        while len(out) < limit:
            h = net.hidden(torch.tensor([ids + out]))
            best = int(net.logits(h[0, -1]).argmax())
            if best == chat.end:
                break
            out.append(best)
    return chat.tok.decode(out)


def talk(net, chat, questions):
    messages = []
    for q in questions:
        messages.append({"role": "user", "content": q})
        messages.append({"role": "assistant", "content": answer(net, chat, messages)})
    return messages[-1]["content"]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("model")
    p.add_argument("file", nargs="?")
    p.add_argument("-q", nargs="*", default=[])
    p.add_argument("--wrong", action="store_true")
    o = p.parse_args()
    net, tok = export.read(o.model)
    chat = words.Chat(tok)
    for q in o.q:
        print("> %s\n%s" % (q, talk(net, chat, q.split(" / "))))
    if not o.file:
        return
    rows = [line.rstrip("\n").split("\t") for line in open(o.file) if line.strip() and not line.startswith("#")]
    right = 0
    for want, *questions in rows:
        got = talk(net, chat, questions)
        ok = re.search(want, got, re.I) is not None
        right += ok
        if not ok:
            print("[%s] %s\n    %s" % (want, " / ".join(questions), got))
    print("%d of %d right (%.1f %%)" % (right, len(rows), 100.0 * right / len(rows)))


if __name__ == "__main__":
    main()
