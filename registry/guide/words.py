"""The guide's vocabulary: byte-level BPE with the `qwen2` split, trained on the corpus."""
import json
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

SIZE = 3072
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]	# the last ids
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
         r"|\s+(?!\S)|\s+")
TEMPLATE = ("{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
            "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")


def train(corpus):
    tok = Tokenizer(models.BPE())
    tok.normalizer = normalizers.NFC()
    tok.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(SPLIT), "isolated"),
                                                 pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tok.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=SIZE - len(SPECIAL), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                                  special_tokens=[], show_progress=False)
    texts = (m["content"] for line in Path(corpus).open() for m in json.loads(line))
    tok.train_from_iterator(texts, trainer)
    if tok.get_vocab_size() != SIZE - len(SPECIAL):
        raise SystemExit("the corpus yields only %d words" % tok.get_vocab_size())
    tok.add_special_tokens(SPECIAL)
    return tok


class Chat:
    """Conversations as ids, exactly as the template writes them."""

    def __init__(self, tok):
        self.tok = tok
        self.begin, self.end = tok.token_to_id("<|im_start|>"), tok.token_to_id("<|im_end|>")
        self.newline = tok.encode("\n").ids

    def turn(self, role, content):
        return [self.begin] + self.tok.encode(role + "\n" + content).ids + [self.end] + self.newline

    def prompt(self, messages):
        ids = [i for m in messages for i in self.turn(m["role"], m["content"])]
        return ids + [self.begin] + self.tok.encode("assistant\n").ids

    def samples(self, conversations):
        """(ids, learn) of each: learn marks the answers and the token that ends them."""
        texts = ["".join("<|im_start|>%s\n%s<|im_end|>\n" % (m["role"], m["content"]) for m in c)[:-1] for c in conversations]
        head = [self.begin] + self.tok.encode("assistant\n").ids
        for encoded in self.tok.encode_batch(texts):
            ids, learn, at = encoded.ids, [0] * len(encoded.ids), 0
            while at < len(ids):
                if ids[at:at + len(head)] == head:
                    at += len(head)
                    stop = ids.index(self.end, at) + 1
                    learn[at:stop] = [1] * (stop - at)
                    at = stop
                else:
                    at += 1
            yield ids, learn
