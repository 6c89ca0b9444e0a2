"""A small phrase grammar and the noise that makes phrases look typed.

    (a|b|c)   one of these        [x]   x or nothing        <name>   a macro from topics/macros.txt

A whole line may be an alternation too: "download it | fetch it".  Every choice is made by the random
generator the caller passes, so a seed fixes the corpus."""
import math
import re

SPACES = re.compile(r" +")
NEAR = {"q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok", "o": "ipl",
        "p": "ol", "a": "sqz", "s": "adw", "d": "sfe", "f": "dgr", "g": "fht", "h": "gjy", "j": "hku", "k": "jli",
        "l": "ko", "z": "xa", "x": "zcs", "c": "xvd", "v": "cbf", "b": "vng", "n": "bmh", "m": "nj"}


def parse(text, at=0, depth=0):
    """text -> list of alternatives, each a list of strings, ("alt", alternatives) or ("ref", name)."""
    alternatives, parts, plain = [], [], []

    def flush():
        if plain:
            parts.append("".join(plain))
            plain.clear()

    while at < len(text):
        c = text[at]
        if c in "([":
            flush()
            inner, at = parse(text, at + 1, depth + 1)
            if c == "[":
                inner = inner + [[]]
            parts.append(("alt", inner))
        elif c in ")]":
            if depth == 0:
                raise ValueError("unmatched %s in: %s" % (c, text))
            flush()
            alternatives.append(parts)
            return alternatives, at
        elif c == "|":
            flush()
            alternatives.append(parts)
            parts = []
        elif c == "<" and re.match(r"<[a-z_0-9]+>", text[at:]):
            flush()
            end = text.index(">", at)
            parts.append(("ref", text[at + 1:end]))
            at = end
        else:
            plain.append(c)
        at += 1
    if depth:
        raise ValueError("unclosed bracket in: %s" % text)
    flush()
    alternatives.append(parts)
    return alternatives, at


class Grammar:
    def __init__(self, macros):
        self.macros = {k: parse(v)[0] for k, v in macros.items()}
        self.cache = {}

    def expand(self, text, rng):
        tree = self.cache.get(text)
        if tree is None:
            tree = self.cache[text] = parse(text)[0]
        return SPACES.sub(" ", self.pick(tree, rng)).strip()

    def weight(self, text):
        """How often a phrase is drawn next to others: more when it holds many, but not by as much."""
        return 1 + math.log2(self.count(parse(text)[0]))

    def count(self, alternatives):
        """Phrases that may come out, each way of making one counted."""
        return sum(math.prod(1 if isinstance(part, str) else self.count(part[1]) if part[0] == "alt" else
                             self.count(self.macros[part[1]]) if part[1] in self.macros else 1 for part in parts)
                   for parts in alternatives)

    def pick(self, alternatives, rng):
        out = []
        for part in rng.choice(alternatives):
            if isinstance(part, str):
                out.append(part)
            elif part[0] == "alt":
                out.append(self.pick(part[1], rng))
            elif part[1] in self.macros:
                out.append(self.pick(self.macros[part[1]], rng))
            else:
                out.append("<%s>" % part[1])
        return "".join(out)


def misspell(word, rng):
    i = rng.randrange(len(word))
    kind = rng.random()
    if kind < 0.3 and i + 1 < len(word):
        return word[:i] + word[i + 1] + word[i] + word[i + 2:]
    if kind < 0.6:
        return word[:i] + word[i + 1:]
    if kind < 0.8:
        return word[:i] + word[i] + word[i:]
    near = NEAR.get(word[i].lower())
    if not near:
        return word
    return word[:i] + rng.choice(near) + (word[i + 1:] if kind < 0.93 else word[i:])


def typos(text, rng, share):
    """Spoil one or two plain words; words with digits, dashes or slashes carry facts and stay."""
    if rng.random() >= share:
        return text
    words = text.split(" ")
    plain = [i for i, w in enumerate(words) if len(w) >= 4 and w.isalpha() and w.isascii()]
    for i in rng.sample(plain, min(len(plain), 1 + (rng.random() < 0.35))):
        words[i] = misspell(words[i], rng)
    if rng.random() < 0.06 and len(words) > 2:
        i = rng.randrange(len(words) - 1)
        words[i:i + 2] = [words[i] + words[i + 1]]
    return " ".join(words)


DOUBLED = set("get put set stop cut run begin quit shut let scan plan chat sum plug drop skip wrap zip tap dim grab spot "
              "swap trim undo".split()) - {"undo"}
PAST = dict(pair.split(":") for pair in (
    "get:got put:put set:set cut:cut run:run begin:begun quit:quit shut:shut let:let take:taken make:made give:given go:gone "
    "see:seen find:found bring:brought buy:bought build:built send:sent write:written read:read leave:left keep:kept tell:told "
    "say:said show:shown choose:chosen draw:drawn throw:thrown hold:held hide:hidden put:put know:known think:thought undo:undone "
    "redo:redone rerun:rerun rewrite:rewritten do:done eat:eaten break:broken speak:spoken understand:understood teach:taught "
    "feed:fed lay:laid pay:paid meet:met win:won wipe:wiped have:had stick:stuck split:split paste:pasted").split())
NO_VERB = set("not no a an the more another back only just it all my be can could with without in on at for from to of so one".split())


def ing(verb):
    if verb in DOUBLED:
        return verb + verb[-1] + "ing"
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    return (verb[:-1] if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")) else verb) + "ing"


def participle(verb):
    if verb in PAST:
        return PAST[verb]
    if verb in DOUBLED:
        return verb + verb[-1] + "ed"
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return verb[:-1] + "ied"
    return verb + ("d" if verb.endswith("e") else "ed")


def gerund(phrase):
    """"stop the answer" -> "stopping the answer"; None when it does not begin with a verb."""
    verb, _, rest = phrase.partition(" ")
    if not verb.isalpha() or verb in NO_VERB or len(verb) < 2:
        return None
    return (ing(verb) + " " + rest).strip()


def passive(phrase):
    """"stop the answer" -> ("the answer", "stopped"); None for other shapes."""
    m = re.fullmatch(r"([a-z]{3,}) ((?:the|my|a|an|this|another|some) (?:[a-z]+ ){0,2}[a-z]+)", phrase)
    if not m or m.group(1) in NO_VERB:
        return None
    return m.group(2), participle(m.group(1))


DROPPED = set("the a an do does is are to of in on my i me you can could would please it this that for with be am one".split())
FILLERS = "just actually really maybe somehow perhaps even kindly simply quickly like basically well ever again still".split()


def terse(text, rng):
    """As typed into a search box: most of the small words left out, as long as two others stay."""
    words = text.split(" ")
    kept = [w for w in words if w.lower() not in DROPPED or rng.random() < 0.35]
    return " ".join(kept) if sum(w.lower() not in DROPPED for w in kept) >= 2 else text


def wordy(text, rng):
    """One or two words that mean nothing, anywhere."""
    words = text.split(" ")
    for _ in range(rng.choice((1, 1, 2))):
        words.insert(rng.randrange(len(words) + 1), rng.choice(FILLERS))
    return " ".join(words)


SHORT = {"you": "u", "please": "pls", "are": "r", "what is": "whats", "how do i": "how 2", "the ": ""}


def casual(text, rng):
    if "'" in text and rng.random() < 0.4:
        text = text.replace("'", "")
    if rng.random() < 0.05:
        k = rng.choice(list(SHORT))
        text = re.sub(r"\b" + k, SHORT[k], text, count=1)
    return text


def finish(text, rng):
    """Case and closing punctuation as people type them."""
    r = rng.random()
    if r < 0.42:
        text = text[:1].upper() + text[1:]
        text = re.sub(r"\bi\b", "I", text)
    elif r < 0.43:
        text = text.upper() if not re.search(r"[-/_.\d]", text) else text
    elif r < 0.80:
        text = text.lower() if not re.search(r"--|\.gguf|\b[B-HJ-Z]\b", text) else text
    end = rng.random()
    return text + ("?" if end < 0.48 else "" if end < 0.86 else " ?" if end < 0.89 else "." if end < 0.95
                   else "!" if end < 0.97 else "??")
