"""Write the conversations the guide learns from: corpus.py OUT.jsonl [COUNT] [SEED]

Questions come from hand-written phrase grammars (topics/*.txt), facts from the program's own tables (tables.py) and
from models.txt, families.txt and files.txt.  Nothing else goes in.  A question of dev.tsv or test.tsv is never used."""
import json
import random
import re
import sys
from pathlib import Path

import tables
from grammar import Grammar, casual, finish, gerund, passive, terse, typos, wordy

HERE = Path(__file__).resolve().parent
TOPICS = HERE / "topics"
SPOILT = 0.3			# share of questions with a typing error
SYSTEM = ["You are a helpful assistant.", "You are the guide.", "Answer briefly.", "You are minnow's guide.", "Be brief.",
          "You answer questions about minnow.", "You are a friendly assistant.", "Be concise and correct.",
          "You are an expert.", "Help the user."]

NOUN = """what is N|what's N|what are N|what is N|tell me about N|explain N|explain N to me|N|N|what does N mean|define N
describe N|what do you know about N|what is meant by N|can you explain N|could you explain what N is|i don't understand N
what is N for|what is N good for|what does N do|how does N work|help me understand N|what can you tell me about N
meaning of N|N meaning|give me an explanation of N|what exactly is N|i want to know about N|info on N|a word about N
what's the deal with N|why would i use N|say something about N|i have a question about N|teach me about N|and N
what about N|do you know N|i never heard of N|N, what is that|details on N|what is this N thing|clarify N|N in simple words|N explained|in short, what is N|what purpose has N|what would N be|whats N|could you say what N is
i'd like to hear about N|what is the use of N|how should i understand N|N for beginners|what is N about|what do people mean by N
N what is it|N - what is it|N: what is that|N please explain|i saw N, what is it|somebody told me about N|i read about N|N is what|N means what
please describe N|please explain N|give me info about N|some information about N|what is the meaning of N|i am curious about N|let's talk about N
i don't get N|no idea what N is|what the heck is N|what on earth is N|can you describe N|would you explain N|kindly explain N|short explanation of N
definition of N|basics of N|a summary of N|brief me on N|is N important|do i need N|when do i need N|what role does N play|why is there N|purpose of N
what can N be used for|in what way does N work|how is N to be understood|when would i use N|when should one use N|where does N come in
what sort of thing is N|what kind of thing is N|is N something good|who needs N|N - never heard of it|N? what does that mean|so what is N|and what is N
what was N again|remind me what N is|what is N in plain words|N in plain english|put N in simple terms|N for dummies|N in one sentence|N in a nutshell
i wonder what N is|i would like to know what N is|i'd like to understand N|i want to understand N|i try to understand N|i don't know what N is|not sure what N is|i am not familiar with N
i keep reading about N|i came across N|my colleague mentioned N|people keep talking about N|what do they mean with N|what should i know about N|what must i know about N
could you describe N|could you explain N please|would you mind explaining N|can you tell me what N is|can you say what N does|please tell me about N|do explain N
explain me N|explain me please N|tell what is N|say what is N|what means N|what mean N|what N is|what N does|what N do|what for is N|for what is N|what for a thing is N
the meaning of N please|N please|N, please explain|N, how does it work|N: meaning|N: explain|N - meaning|N wtf|N huh|N pls
a short description of N|a quick introduction to N|short info about N|overview of N|introduction to N|background on N|the idea of N|the point of N
how important is N|does N matter|why does N exist|why do people use N|why bother with N|what is so special about N|what good is N|is N useful
where is N used|where do i meet N|what happens with N|what is behind N|how would you explain N to a child|how would you define N|lecture me on N""".replace("\n", "|").split("|")

VERB = """how do i V|how do i V|how can i V|how to V|how do you V|i want to V|i would like to V|i'd like to V|can i V
is it possible to V|is there a way to V|what is the way to V|tell me how to V|show me how to V|help me V|i need to V
how would i V|how does one V|what do i do to V|what should i do to V|what must i type to V|what do i type to V|V
please V|steps to V|could you tell me how to V|can you explain how to V|i am trying to V|where can i V|let me V
what is the best way to V|how might i V|explain how to V|how could someone V|i wish to V|any way to V|how 2 V
do you know how to V|i don't know how to V|what if i want to V|whats the easiest way to V|can minnow V|can you V
i can't figure out how to V|ways to V|how should i V|and how do i V|and to V|is there an option to V|may i V
how am i supposed to V|what's the trick to V|lets V|trying to V|i have to V|procedure to V|i was wondering how to V|i'd like to know how to V|would you please tell me how to V|looking for a way to V|my goal is to V
what are the steps to V|what does one do to V|how would someone V|mind telling me how to V|it would be nice to V|what has to be done to V
which way is there to V|what should be typed to V|i'd love to V|could i V|gonna V|wanna V|i must V
i want V|how i can V|how i V|how do V|how can one V|how to V please|how do we V|how do people V|what's the command to V|what is needed to V
i'm looking to V|i am looking for how to V|i'd want to V|i need help to V|need to V|want to V|like to V|is it allowed to V|does minnow let me V
what do i need to V|where do i go to V|what is a good way to V|quickest way to V|simplest way to V|method to V|instructions to V|guide me to V
teach me to V|teach me how to V|kindly tell me how to V|would you help me V|can you help me V|i forgot how to V|remind me how to V|how again do i V
how on earth do i V|how the heck do i V|how in the world can i V|tell me, how do i V|so how do i V
how exactly do i V|how do i actually V|what on earth do i do to V|what is the trick to V|for goodness sake, how do i V|which key do i use to V
no idea how to V|i am unable to V|i cannot V|it should be possible to V|can one V|are there ways to V|say how to V|i am asking how to V
in what way can i V|by what means do i V|what would i do to V|what must be done to V|what is required to V|what do i have to do to V|what do i have to type to V|what have i to do to V
how would one V|how might one V|how is one supposed to V|how are you supposed to V|how does somebody V|how could one V|how would you V|how does a beginner V|how do beginners V
i'd be happy to V|i feel like i want to V|i plan to V|i intend to V|i mean to V|i hope to V|i wish i could V|if only i could V|i was told i can V|i heard one can V|i'd rather V
if i wanted to V, what would i do|if i want to V, what do i type|suppose i want to V|say i want to V|assume i need to V|what if i needed to V|in case i want to V
would you be so kind to tell me how to V|would you mind explaining how to V|could you please explain how i V|could you please show me how to V|i would be grateful to learn how to V|may i ask how to V|allow me to ask how to V|forgive me, but how do i V
which steps are needed to V|which step do i take to V|which way do i go to V|which is the way to V|which action do i need to V|which thing do i press or type to V
what about if i V|whats the way to V|whats the trick to V|hw do i V|howto V|how to i V|how can V|how do i do to V|how i make to V|how must i do to V|what i do to V|what i must do to V|where i can V|where can one V|is possible to V|it is possible to V
for me to V, what is needed|to V, what do i do|to V what should i type|to V i do what|in order to V, what do i do|to V: how|V: how|V, how|V - how|V how|V please, how|how V
any chance to V|any trick to V|any idea how to V|a way to V please|the way to V|recipe to V|trick to V|tutorial to V|help to V|hint how to V|advice how to V|tip how to V
does it allow me to V|does it offer a way to V|does the program let me V|am i able to V|are we able to V|will it let me V|would it be possible to V|is there any possibility to V|is there a trick to V|is it easy to V|is it hard to V|is it difficult to V
i still don't know how to V|i can't seem to V|i fail to V|i did not find out how to V|i could not find how to V|i don't get how to V|i struggle to V|it won't let me V|nobody told me how to V|i search a possibility to V|i look for a way to V|i was looking for how to V
tell me the way to V|tell me what to do to V|tell me what to type to V|show me the way to V|walk me through how to V|let us V|let's V|time to V|gotta V|must V|should V|just V""".replace("\n", "|").split("|")

GERUND = """G|G|G, how|G: how|how does G work|how is G done|is G possible|what about G|i am thinking of G|tips for G|help with G
tell me about G|explain G|ways of G|the command for G|what is the way of G|how to go about G|G in minnow|i need help G|i am interested in G
instructions for G|what does G take|can you help me with G|is there a way of G|any hints on G|G please|show me G|steps for G|how about G
what is needed for G|i have trouble G|problems with G|what do i do for G|how do people go about G|describe G|G is done how|need help with G""".replace("\n", "|").split("|")

KEY_GERUND = """key for G|the key for G|which key is for G|what is the key for G|what's the shortcut for G|shortcut for G|hotkey for G|keys for G
what do i press for G|which button is for G|the keyboard shortcut for G|is there a key for G|what key does G have|G by key|G with the keyboard
what is pressed for G|what should i hit for G|tell me the key for G|key binding for G|G: which key""".replace("\n", "|").split("|")

PASSIVE = """how is O P|how can O be P|how does O get P|how do i get O P|can O be P|where is O P|what gets O P|i want O P|i'd like O P
i need O P|i would like to have O P|how could O be P|how will O be P|is it possible to have O P|O should be P, how|O must be P
O has to be P|in which way is O P|how do i have O P|what must be done so that O is P|when is O P|could O be P|is there a way to get O P
O is to be P|how come O be P|want O P|please have O P|why is O not P|by what is O P|tell me how O is P|show me how O gets P""".replace("\n", "|").split("|")

LEAD = ["hi, ", "hello, ", "hey, ", "hey ", "hi ", "please, ", "ok, ", "so ", "so, ", "well, ", "sorry, ", "excuse me, ",
        "quick question: ", "question: ", "in minnow, ", "with minnow, ", "dear guide, ", "guide, ", "um, ", "now ",
        "good morning, ", "i wonder, ", "just curious, ", "tell me, ", "minnow: ", "one more thing: ", "also, ", "again, ",
        "good evening, ", "hello there, ", "hi guide, ", "hi there, ", "yo, ", "oh, ", "ah, ", "hmm, ", "hm ", "ok so ", "alright, ", "right, ",
        "next question: ", "another question: ", "last question: ", "short question: ", "stupid question, ", "silly question: ",
        "maybe a dumb question, but ", "i am new here, ", "i'm a beginner, ", "as a beginner: ", "for a friend: ", "help! ", "help, ",
        "pls ", "please tell me, ", "be so kind, ", "say, ", "listen, ", "look, ", "but ", "and ", "then ", "now then, ", "first, ",
        "by the way, ", "btw ", "seriously, ", "in short: ", "quickly: ", "forgive me, ", "pardon, ", "thanks. ", "thank you. ", "great. ",
        "no, ", "i see. ", "one question: ", "a question please: ", "about minnow: ", "for minnow: ", "in this program, ", "here, "]
TAIL = [" please", " in minnow", " with minnow", " here", " in this program", ", please", " exactly", " for me", " now",
        " thanks", " then", " actually", " with this", " in the chat", " today", ", thanks", " again", " in this tool",
        " pls", " plz", ", pls", " thx", " thank you", ", thank you", " if possible", ", if possible", " in short", " quickly",
        " as a beginner", " on linux", " on my laptop", " on my machine", " at all", " anyway", " by the way", ", i wonder", ", you know",
        ", any idea", ", do you know", ", tell me", ", help", " in the terminal", " on the command line", " from here", " right now",
        " once more", " my friend", ", guide", ", or not", ", or what", ", right", " i am new here", " step by step", " in simple words"]


def read_lines(path):
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            yield line


def read_macros():
    return {k.strip(): v.strip() for k, v in (line.split("=", 1) for line in read_lines(TOPICS / "macros.txt"))}


def read_columns(name):
    return [[c.strip() for c in line.split("|")] for line in read_lines(HERE / name)]


def read_topics(path):
    """`@ id weight`, then lines `kind: text`."""
    topics = []
    for line in read_lines(path):
        if line.startswith("@"):
            _, name, weight = line.split()
            topics.append({"id": name, "weight": float(weight), "n": [], "v": [], "q": [], "a": [], "if": []})
        else:
            kind, text = line.split(":", 1)
            topics[-1][kind].append(text.strip())
    return topics


def split_top(text):
    """Cut at the bars outside of brackets, so that every alternative weighs the same."""
    out, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c in "([") - (c in ")]")
        if c == "|" and depth == 0:
            out.append(text[start:i])
            start = i + 1
    return out + [text[start:]]


class World:
    """Everything the guide may say, gathered once."""

    def __init__(self):
        self.grammar = Grammar(read_macros())
        self.commands = tables.commands()
        self.actions = tables.actions()
        self.settings = tables.settings()
        self.contexts = tables.contexts()
        self.models = [self.model(row) for row in read_columns("models.txt")]
        self.families = [dict(zip(("id", "name", "maker", "year", "members", "idea"), r)) for r in
                         read_columns("families.txt")]
        self.files = {r[0]: r[1:] for r in read_columns("files.txt")}
        self.pullable = tables.pullable()
        self.words = self.read_rows()
        self.vars = self.variables()
        self.groups = self.gather()

    def model(self, row):
        keys = ("name", "alias", "family", "year", "params", "context", "licence", "arch", "marks", "special")
        m = dict(zip(keys, row))
        m["runs"] = m["arch"] in tables.architectures() and "e" not in m["marks"]
        return m

    def read_rows(self):
        words = {}
        for line in read_lines(TOPICS / "rows.txt"):
            head, text = line.split(":", 1)
            words[tuple(head.split(" ", 1))] = split_top(text.strip())
        return words

    # ---- facts as text ----

    def keys_of(self, action, most=2):
        seen = []
        for b in action["binds"]:
            text = tables.key_text(b["key"])
            if text not in seen and b["context"] != "line":
                seen.append(text)
        return seen[:most]

    def action_answer(self, action):
        keys = self.keys_of(action, 3)
        what = action["help"][0].lower() + action["help"][1:]
        if not keys:
            return "Type `:` on an empty prompt, then `%s`: %s." % (action["name"], what)
        where = {b["context"] for b in action["binds"]}
        place = " in the transcript" if where == {"transcript"} else ""
        return "%s%s: %s. Its command is `:%s`." % (" or ".join(keys), place, what, action["name"])

    def key_answer(self, key):
        """What KEY does, context by context, the same meaning said once."""
        meaning = {}
        order = [c for c in self.contexts if c not in ("line", "help")]
        for action in self.actions:
            for b in action["binds"]:
                if b["key"] == key and b["context"] in order:
                    meaning.setdefault(action["help"], []).append(b["context"])
        parts = []
        for what, where in sorted(meaning.items(), key=lambda kv: min(order.index(c) for c in kv[1])):
            place = self.contexts[where[0]]
            what = what[0].lower() + what[1:]
            parts.append(what if len(meaning) == 1 else "%s: %s" % (place, what))
        return "%s: %s." % (tables.key_text(key), "; ".join(parts)) if parts else None

    def command_answer(self, c):
        usage = ("minnow %s %s" % (c["name"], c["args"])).strip()
        return "`%s`: %s. See `minnow help %s`." % (usage, c["summary"], c["name"])

    def setting_answer(self, s):
        choice = " One of %s." % s["words"].replace(" ", ", ") if s["kind"] == "CHOICE" else ""
        return "`%s` under [%s] in ~/.config/minnow/config: %s. Default: %s.%s%s" % (
            s["name"], s["section"], s["help"].replace(", …", ""), s["default"] or "empty", choice,
            " Or set %s." % s["env"] if s["env"] else "")

    def variables(self):
        by_id = {a["id"]: a for a in self.actions}
        first = {a: (self.keys_of(by_id[a], 1) or [":" + by_id[a]["name"]])[0] for a in by_id}
        names = [c["name"] for c in self.commands]
        starter = next(iter(self.files.items()))
        main = [(a, w) for a, w in (("send", "send"), ("newline", "new line"), ("interrupt", "stop"), ("regenerate", "answer again"),
                                    ("copy", "copy"), ("focus", "transcript"), ("quit", "quit")) if a in by_id]
        envs = ["%s (%s)" % (s["env"], s["name"].replace("_", "-")) for s in self.settings if s["env"]]
        v = {"commands": ", ".join(names), "views": " and ".join("%s (%s)" % (w["title"], w["help"].split(":")[0])
                                                                  for w in tables.views()),
             "archs": join_and(tables.architectures()), "formats": join_and(tables.formats()),
             "isas": ", ".join(tables.isas("x86")) + ", on ARM " + join_and(tables.isas("arm")),
             "themes": join_and(tables.themes()), "settings": ", ".join(s["name"] for s in self.settings),
             "starter": "%s (%s)" % (starter[0], starter[1][0]),
             "mainkeys": ", ".join("%s %s" % (first[a], w) for a, w in main),
             "envs": "Environment variables: " + ", ".join(envs) + ", and NO_COLOR.",
             "remap": "Change one in the configuration file: a line ACTION = KEY under [keys \"chat\"].",
             "download": self.download_text(*starter)}
        for a, key in first.items():
            v["k:" + a] = key
        v.update(("act:" + a, self.action_answer(by_id[a])) for a in by_id)
        v.update(("cmd:" + c["name"], self.command_answer(c)) for c in self.commands)
        v.update(("set:" + s["name"], self.setting_answer(s)) for s in self.settings)
        archs, folders = tables.architectures(), "convert" in names
        v["safetensors"] = "minnow opens a folder of them like a GGUF file: `minnow chat DIR`." if folders else \
            "This version of minnow opens GGUF files only."
        v["fileform"] = "The file is GGUF, or a folder of safetensors." if folders else "The file itself must be GGUF."
        v["bitnet"] = "minnow runs it" if "bitnet" in archs else "this version of minnow cannot run it"
        v["gemma3"] = "" if "gemma3" in archs else ", but this version cannot run it"
        v["tools"] = " `--tools FILE` tells the model which there are." if any(
            o["name"] == "tools" for c in self.commands for o in c["options"]) else ""
        v["k:theme"] = "Type `:theme` for the next one. " if "theme" in by_id else ""
        return v

    def download_text(self, name, row):
        """The one place that says how a model gets here."""
        size, repo, file = row
        pulled = self.pull_name(name)
        if pulled:
            return "Type `minnow pull %s` and then `minnow chat %s`. `minnow search` finds more models." % (pulled, pulled)
        return ("Get a GGUF file, for example %s (%s): `curl -L -O https://huggingface.co/%s/resolve/main/%s`. "
                "Then start `minnow chat %s`." % (name, size, repo, file, file))

    def pull_name(self, name):
        """What `minnow pull` calls a model; None when it cannot: no such command, or no file in the built-in registry."""
        short = {"Phi-3 mini": "phi-3-mini-4k"}.get(name, slug(name))
        return short if short in self.pullable and any(c["name"] == "pull" for c in self.commands) else None

    def fill(self, text):
        return re.sub(r"\{([a-z0-9_:]+)\}", lambda m: self.vars[m.group(1)], text)

    # ---- questions ----

    def gather(self):
        """group -> (share of the corpus, list of (weight, make(rng) -> (question, answer)))."""
        minnow = [(t["weight"], self.topic_maker(t)) for t in read_topics(TOPICS / "minnow.txt") if self.holds(t)]
        concepts = [(t["weight"], self.topic_maker(t)) for t in read_topics(TOPICS / "concepts.txt") if self.holds(t)]
        return {"minnow": (33, minnow), "concepts": (14, concepts), "commands": (14, self.command_makers()),
                "actions": (30, self.action_makers()), "settings": (6, self.setting_makers()),
                "models": (14, [(1, self.ask_model)]), "families": (5, self.family_makers()),
                "decline": (12, self.decline_makers())}

    def holds(self, topic):
        have = {("cmd", c["name"]) for c in self.commands} | {("action", a["id"]) for a in self.actions}
        have |= {("setting", s["name"]) for s in self.settings} | {("arch", a) for a in tables.architectures()}
        have |= {("option", o["name"]) for c in self.commands for o in c["options"]}
        for rule in topic["if"]:
            words = rule.split()
            if words[0] == "no" and tuple(words[1:]) in have or words[0] != "no" and tuple(words) not in have:
                return False
        return True

    def topic_maker(self, t):
        answers = [self.fill(a) for a in t["a"]]
        nouns = [s for line in t["n"] for s in split_top(line)]
        verbs = [s for line in t["v"] for s in split_top(line)]
        asked = [s for line in t["q"] for s in split_top(line)]
        kinds = [("n", nouns)] * min(3, len(nouns)) + [("v", verbs)] * min(5, len(verbs)) + \
            [("q", asked)] * max(1, min(6, len(asked) // 3)) if asked else [("n", nouns)] * len(nouns) + [("v", verbs)] * len(verbs)
        kinds = [k for k in kinds if k[1]]

        weights = {kind: [self.grammar.weight(p) for p in phrases] for kind, phrases in kinds}

        def make(rng):
            kind, phrases = rng.choice(kinds)
            phrase = self.grammar.expand(rng.choices(phrases, weights[kind])[0], rng)
            return self.framed(kind, phrase, rng), rng.choice(answers)
        return make

    def framed(self, kind, phrase, rng):
        if kind == "n":
            return rng.choice(NOUN).replace("N", phrase)
        if kind == "v":
            return self.verb_frame(phrase, rng)
        return phrase

    def verb_frame(self, phrase, rng):
        """The deed in a sentence: "how do i V", now and then "V-ing" or "how is it V-ed"."""
        r, doing, done = rng.random(), gerund(phrase), passive(phrase)
        if done and r < 0.3:
            return rng.choice(PASSIVE).replace("O", done[0], 1).replace("P", done[1])
        if doing and r < (0.3 if done is None else 0.42):
            return rng.choice(GERUND).replace("G", doing, 1)
        return rng.choice(VERB).replace("V", phrase)

    def by_key(self, wishes, answer):
        """ "Which key is for V-ing." """
        doing = [w for w in wishes if not w.startswith("(")] or wishes

        def make(rng):
            phrase = self.grammar.expand(rng.choice(doing), rng)
            return rng.choice(KEY_GERUND).replace("G", gerund(phrase) or phrase, 1), answer
        return make

    def simple(self, questions, answer):
        """Questions in the grammar's notation, one answer."""
        alternatives = [s for q in questions for s in split_top(q)]
        weights = [self.grammar.weight(s) for s in alternatives]
        return lambda rng: (self.grammar.expand(rng.choices(alternatives, weights)[0], rng), answer)

    def command_makers(self):
        out = []
        options = {}
        for c in self.commands:
            name = c["name"]
            answer = self.command_answer(c)
            nouns = ["minnow %s" % name, "the %s command" % name, "the command %s" % name, "`minnow %s`" % name,
                     "the minnow %s command" % name, "%s command" % name, "the subcommand %s" % name, "minnow's %s" % name]
            topic = {"n": nouns, "v": self.words.get(("cmd", name), [c["summary"].split(",")[0]]), "a": [answer],
                     "q": ["how do i use [minnow|the] %s [command]|usage of %s|what does %s do|syntax of [minnow] %s|when do i use %s|"
                           "how do i (run|call|invoke) (the %s command|minnow %s)|what can i do with %s|example of %s|"
                           "show [me] an example of %s" % ((name,) * 10)]}
            out.append((3, self.topic_maker(topic)))
            command_for = [s for p in topic["v"] for s in ["(which|what) command (lets me|is there to|do i use to|can|helps to|is used to) " + p,
                                                           "command to " + p, "is there a command to " + p,
                                                           "what is the command to " + p, "minnow command that can " + p]]
            out.append((2, self.simple(command_for, answer)))
            flags = ", ".join("--" + o["name"] for o in c["options"][:12])
            has = "`minnow %s` takes %s; `minnow help %s` explains them." % (name, flags or "no options of its own", name)
            out.append((1, self.simple(["(which|what) (options|flags|switches|arguments|parameters) does [minnow] %s (take|have|know|accept)|"
                                        "options (of|for) [minnow] %s|flags of %s|%s options|list the options of %s|"
                                        "how do i see the options of %s" % ((name,) * 6)], has)))
            for o in c["options"]:
                options.setdefault(o["name"], (o, []))[1].append(name)
        for name, (o, used_by) in options.items():
            head = ("--%s %s" % (name, o["arg"])).strip() + (" or -" + o["letter"] if o["letter"] else "")
            answer = "`%s` (%s): %s." % (head, ", ".join(used_by[:6]), o["help"])
            nouns = ["--" + name, "the --%s option" % name, "the option --%s" % name, "--%s" % name, "the flag --%s" % name,
                     "the %s option" % name, "minnow %s --%s" % (used_by[0], name)]
            out.append((0.6, self.topic_maker({"n": nouns, "v": [], "a": [answer], "q": [
                "what does --%s do|how do i use --%s|when do i need --%s|meaning of --%s|can i use --%s" % ((name,) * 5)]})))
            wish = self.words.get(("option", "--" + name))
            if wish:
                asks = ["which option (lets me|is there to|do i use to) " + w for w in wish] + ["option to " + w for w in wish] + \
                       ["is there (a flag|an option|a switch) to " + w for w in wish] + ["flag to " + w for w in wish]
                out.append((0.6, self.simple(asks, answer)))
        bad = "There is no such command. `minnow help` lists the commands."
        out.append((3, lambda rng: (rng.choice(["what does minnow %s do", "minnow %s", "how do i use minnow %s", "the %s command",
                                                "what is minnow %s", "minnow %s does not work"]) % self.invented(rng), bad)))
        none = "I know no such option. `minnow help COMMAND` lists the options of a command."
        known = set(options)

        def bad_option(rng):
            word = self.invented(rng)
            return rng.choice(["what does --%s do", "--%s", "the --%s option", "how do i use --%s"]) % \
                (word if word not in known else word + "x"), none
        out.append((2, bad_option))
        return out

    def invented(self, rng):
        """A word that is no row of any table."""
        taken = {c["name"] for c in self.commands} | {"ls", "search", "show", "pull", "rm", "verify", "gc", "import", "sync", "log",
                                                      "diff", "blame", "registry", "compare", "perplexity", "quantize",
                                                      "config"}
        while True:
            if rng.random() < 0.5:
                word = rng.choice("fly dance print cook paint upgrade deploy commit mail sing fetchall zip edit sort play stop "
                                  "login logout status watch debug trace export merge split reset rename backup restore".split())
            else:
                word = "".join(rng.choice(["ba", "zo", "ki", "fru", "ple", "gor", "tam", "nix", "vel", "wob"]) for _ in range(rng.randint(2, 3)))
            if word not in taken:
                return word

    def key_forms(self, key):
        text = tables.key_text(key)
        forms = [text, text.lower()]
        m = re.match(r"(Ctrl|Alt|Shift)-(.+)$", text)
        if m:
            mod, rest = m.group(1), m.group(2)
            long = {"Ctrl": "control", "Alt": "meta", "Shift": "shift"}[mod]
            forms += ["%s+%s" % (mod.lower(), rest.lower()), "%s %s" % (mod.lower(), rest.lower()), "%s %s" % (long, rest.lower()),
                      "%s-%s" % (long, rest.lower()), "%s+%s" % (mod, rest), "%s-%s" % (mod.lower(), rest.lower())]
            if mod == "Ctrl" and len(rest) == 1:
                forms += ["^" + rest, "^" + rest.lower(), "C-" + rest.lower()]
            if mod == "Alt":
                forms += ["M-" + rest.lower()]
        forms += {"Esc": ["escape", "the escape key"], "Enter": ["return", "the enter key", "the return key"], "PgUp": ["page up", "pageup"],
                  "PgDn": ["page down", "pagedown"], "?": ["the question mark", "the ? key"], ":": ["the colon", "the : key"],
                  "Backspace": ["the backspace key"], "Delete": ["del", "the delete key"], "Tab": ["the tab key"],
                  "Space": ["the space bar", "the space key"]}.get(text, [])
        if len(text) == 1:
            forms = ["the %s key" % text, "the key %s" % text, text, "the letter %s" % text] if text.isalpha() else forms
        return forms

    def action_makers(self):
        out = []
        for a in self.actions:
            wish = self.words.get(("action", a["id"]), [a["help"].split(";")[0].split(":")[0].lower()])
            topic = {"n": ["the %s action" % a["name"], "the action %s" % a["name"], ":" + a["name"], "the command :" + a["name"]],
                     "v": wish, "a": [self.action_answer(a)], "q": []}
            asks = [s for w in wish for s in ["(which|what) (key|keys|button|shortcut) (do i press|do i use|should i press|is there|lets me) to " + w,
                                              "(key|shortcut|hotkey|keyboard shortcut) (to|for) " + w, "what do i press to " + w,
                                              "(key|shortcut) " + w, "what (key|button) do i hit to " + w, "is there a (key|shortcut) to " + w]]
            out += [(2, self.topic_maker(dict(topic, n=[]))), (1.2, self.simple(asks, self.action_answer(a))),
                    (0.5, self.by_key(wish, self.action_answer(a))),
                    (0.8, self.topic_maker(dict(topic, v=[])))]
        keys = {b["key"] for a in self.actions for b in a["binds"]}
        for key in sorted(keys):
            answer = self.key_answer(key)
            if answer:
                asks = "what does %s do|what is %s for|what happens (when|if) i press %s|%s|what does pressing %s do|%s key|i pressed %s|" \
                       "function of %s|explain %s|what do i use %s for|meaning of %s|is %s bound|does %s do anything"
                out.append((2.2, self.simple([asks.replace("%s", "(" + "|".join(plain(f) for f in self.key_forms(key)) + ")")], answer)))
        for letter in "abcdefghijklmnopqrstuvwxyz":
            for mod, name in (("C-", "Ctrl-"), ("M-", "Alt-")):
                if mod + letter not in keys:
                    asks = "what does %s do|what is %s for|what happens when i press %s|%s|explain %s"
                    forms = "(" + "|".join(plain(f) for f in self.key_forms(mod + letter)) + ")"
                    out.append((0.25, self.simple([asks.replace("%s", forms)], "%s%s does nothing in minnow. %s lists the keys." %
                                                  (name, letter.upper(), self.vars["k:help"]))))
        for view in tables.views():
            answer = "%s: %s." % (view["title"], view["help"])
            out.append((6, self.topic_maker({"n": ["the %s view" % view["id"], "the view %s" % view["id"], "the %s screen" % view["id"],
                                                   "the %s tab" % view["id"], "%s view" % view["id"]], "v": [], "a": [answer],
                                             "q": ["what does the %s view show|what do i see in the %s view|what is (shown|displayed|to be seen) in the %s view" % ((view["id"],) * 3)]})))
        return out

    def setting_makers(self):
        out = []
        for s in self.settings:
            name = s["name"]
            answer = self.setting_answer(s)
            word = name.replace("_", "(_|-| )")
            topic = {"n": ["the %s setting" % word, "the setting %s" % word, "the %s option in the config" % word,
                           "%s.%s" % (s["section"], name), "the setting called %s" % word],
                     "v": self.words.get(("setting", name), []), "a": [answer],
                     "q": ["what is the default (of|for) %s|default %s|how do i (set|change) (the %s setting|the setting %s)|where do i set %s|"
                           "what values can %s have|what does the %s setting do|what can i set %s to|%s in the config file" % ((word,) * 9)]}
            out.append((1, self.topic_maker(topic)))
        return out

    # ---- models and families ----

    def model_name(self, m, rng):
        names = [m["name"]] * 2 + ([a.strip() for a in m["alias"].split(",")] if m["alias"] != "-" else [])
        name = rng.choice(names)
        r = rng.random()
        if r < 0.45:
            name = name.lower()
        if rng.random() < 0.18:
            name = name.replace(" ", "-")
        elif rng.random() < 0.15:
            name = name.replace("-", " ")
        elif rng.random() < 0.12:
            name = re.sub(r"^([A-Za-z]+)[ -](?=\d)", r"\1", name)
        elif rng.random() < 0.1:
            name = re.sub(r"^(Qwen|Gemma|Phi|Llama|Granite|SmolLM|LFM|qwen|gemma|phi|llama|granite|smollm|lfm)[ -]?(?=\d)", r"\1 ", name)
        if rng.random() < 0.05:
            name += rng.choice([" instruct", " it", "-instruct", " chat", " model", " gguf"])
        return name

    ATTR = {
        "overview": "what is M|tell me about M|M|what do you know about M|describe M|what is special about M|what kind of model is M|"
                    "explain M|info about M|anything on M|what is M good for|what can M do|is M good|do you know M|introduce M|what's M|"
                    "summary of M|M please|should i use M|what is M used for|facts about M|give me the facts of M|have you heard of M"
            "|details on M|details about M|more about M|what about M|i read about M|what does M do|is M any good|is M worth it"
            "|strengths of M|what is M known for|M overview|M info|give me an overview of M|what sort of model is M|say something about M"
            "|what makes M special|who needs M|i am curious about M|present M",
        "maker": "who (made|makes|built|created|released|published|developed|trained|is behind) M|<who> (made|created|released) M|maker of M|"
                 "(whose|what company's) model is M|which company is M from|where does M come from|M maker|who owns M|M is by whom|creator of M"
            "|(which|what) (firm|lab|company|team|organization|group|vendor) (develops|makes|built|made|created|trained|released|is behind) M"
            "|who develops M|developer of M|author of M|who wrote M|who invented M|who is responsible for M|origin of M|what lab is M from"
            "|M by|M developer|M company|vendor of M|tell me who made M|who are the creators of M|who stands behind M|which firm is behind M",
        "year": "when was M (released|published|made|announced|launched)|when did M (come out|appear)|how old is M|release date of M|"
                "what year is M from|how (new|recent) is M|M release date|(age|date) of M|in which year did M appear|since when is M available"
            "|M year|year of M|when M came out|when was M born|when was M trained|when was M created|what is the date of M|is M (new|old|recent)"
            "|from when is M|when did they release M|when did M arrive|how long has M been around|how long has M been out|which year is M"
            "|tell me when M was released|since when does M exist|launch date of M|M launch",
        "params": "how many parameters (does M have|has M|are in M)|how (big|large|small) is M|size of M|parameter count of M|M size|"
                  "number of parameters of M|M parameters|how many weights does M have|is M (big|small|large)|what size is M"
            "|how many billion parameters has M|how many billions is M|M param count|params of M|M params|how heavy is M|dimensions of M"
            "|tell me the size of M|how many weights has M|parameters in M|M how big|number of weights in M|what is the parameter count of M"
            "|parameter number of M|how many b is M|is M a (big|small|tiny|large) model|count of parameters in M|how much parameters has M",
        "context": "what is the context [length|window|size] of M|how (long|big|large) is the context of M|how many tokens (can|does) M (take|read|"
                   "handle|accept|remember)|context [length|window|size] of M|M context [length|window|size]|how much text can M read|maximum context of M|"
                   "context limit of M|how long can a prompt for M be|does M have a long context|M max tokens|how far can M look back"
            "|M ctx|ctx of M|ctx size of M|ctx length of M|how far back does M remember|how far does the context of M go|how many tokens fit [in|into] M"
            "|how much context (does M have|has M|does M support)|what context (does M have|has M|does M support)|how much can M remember"
            "|memory of M|how long a text can M take|longest prompt for M|token limit of M|how long may my text be for M|how much text fits in M"
            "|n_ctx of M|what window does M have|input length of M|largest context of M|max context M|tell me the context of M"
            "|how long is M's memory",
        "licence": "what (license|licence) does M have|(license|licence) of M|is M (open source|free|open)|(can|may) i use M (commercially|at work|in a product|"
                   "for business|in my company)|under (which|what) (license|licence) is M|M (license|licence)|what are the terms of M|is M free to use"
            "|am i allowed to use M|is M (gpl|apache|mit)|can i sell something with M|is commercial use of M allowed|legal terms of M"
            "|conditions of M|does M cost (anything|money)|is M freely usable|how is M licensed|M licensing|what licence is M under"
            "|rights to use M|may i ship M|do i have to pay for M|usage terms of M|is M proprietary|licensing of M|M open source"
            "|are the weights of M open",
        "run": "can minnow run M|does minnow support M|does M (work|run) (here|in minnow|with minnow)|is M supported|will M run [here]|can i run M|"
               "how do i (run|use|start|chat with|talk to|open) M|run M|is M possible here|support for M|i want to (use|run|try) M|can you run M"
            "|is M compatible [with minnow]|compatibility of M|is M usable [here]|can M be (used|run|opened) [here]|load M|start M"
            "|open M|use M|chat with M|talk to M|is it possible to run M|does M go with minnow|M in minnow|M supported|does this program run M"
            "|will M work|can minnow (open|load|handle|use) M|launch M|is M runnable|try M",
        "get": "how do i (download|get|install|fetch|pull|obtain) M|where (can|do) i (get|find|download) M|(download|get|fetch|pull|install) M|"
               "download link (of|for) M|M (gguf|download)|which file is M|where is M|i want M|get me M|url of M|file size of M|how big is the file of M"
            "|where to (get|find|download) M|how to (get|download|install) M|i need M|i would like M|give me M|give me a link to M"
            "|M link|M url|M file|M weights|weights of M|gguf of M|i want to download M|source of M|where are the weights of M"
            "|from where do i get M|how many gb is M|disk size of M|can i download M|save M to disk|where is M hosted|let me have M"
            "|add M|acquire M|huggingface M",
        "think": "does M (think|reason)|is M a (thinking|reasoning) model|can M (think|reason)|thinking in M|can i turn off thinking in M|M thinking"
            "|does M use chain of thought|has M a thinking mode|is thinking possible with M|does M think before answering|M reasoning"
            "|reasoning in M|M think mode|does M show its thoughts|is M able to reason|switch off thinking in M|does M have reasoning"
            "|does M write its thoughts|thinking mode of M|is there thinking in M|can the thinking of M be disabled",
        "images": "can M (see|read|understand) (images|pictures|photos)|is M multimodal|does M (support|have|do) (images|vision|audio)|M vision|can M hear|"
                  "does M understand (pictures|images|speech)"
            "|can M look at (images|pictures|photos)|is M a vision model|can i show M (a picture|an image|a photo)|images in M"
            "|pictures with M|image input of M|has M vision|does M accept images|is M text only|can M listen to (audio|sound|speech)"
            "|does M take photos|M multimodal|M images|does M see|is M able to see|can M describe a picture|audio in M",
    }
    FOLLOW = {
        "maker": "who made it|who is behind it|and who made it|maker|which company|whose is it|by whom|and the maker"
            "|who develops it|which firm|which firm makes it|what lab is it from|which lab|who built it|who created it|who trained it"
            "|who released it|its maker|and who develops it|what company is behind it|where does it come from|developer|who wrote it"
            "|who owns it",
        "year": "when did it come out|how old is it|when|since when|and when was it released|release date|what year|is it new"
            "|its age|when was it made|when was it released|when did they release it|how recent is it|is it old|how long has it been out"
            "|and the year|which year|what is its release date|in which year was it made|its release date|when was it published"
            "|and when",
        "params": "how big is it|how many parameters|size|and its size|and the size|how large is it|parameters|how many parameters does it have|is it big"
            "|what is its size|how many params|params|its parameters|how many weights does it have|how many billions|and how big is it"
            "|parameter count|how heavy is it|how small is it|is it small|is it large|number of parameters|what size does it have"
            "|its parameter count|how many parameters has it",
        "context": "and its context|what about its context|context|how long is its context|how many tokens can it take|context length|and the context [window|length]|"
                   "how much can it read|its context|what is its context"
            "|how much context does it have|how far does its context go|how far back does it remember|how many tokens fit|ctx"
            "|its ctx|context window|its context window|how big is its context|what is its context length|how much can it remember"
            "|how long can my prompt be|how much text fits|and its context length|max tokens|how far can it look back|token limit"
            "|how long a text can it take|does it have a long context",
        "licence": "and its (license|licence)|is it free|is it open source|(license|licence)|can i use it commercially|may i use it at work|and the (license|licence)|"
                   "what about the (license|licence)|which licence"
            "|am i allowed to use it|is it apache|can i sell it|under which licence is it|how is it licensed|what licence does it have"
            "|is it free to use|does it cost anything|what are its terms|can i use it in a product|its (license|licence)|is it open"
            "|are its weights open|may i use it for business|licensing",
        "run": "can minnow run it|does it run here|can i run it|is it supported|how do i run it|does minnow support it|will it work here|can i use it here"
            "|is it compatible|will it run|will minnow run it|can i use it in minnow|can it be run here|does it work with minnow"
            "|can minnow open it|how do i start it|how do i chat with it|how do i use it|run it|start it|does it work|and can i run it"
            "|is it possible to run it|can i chat with it",
        "get": "how do i get it|where can i download it|download it|how do i download it|where do i get it|and how do i get it|get it|link|i want it|where is the file"
            "|where to get it|where to find it|give me the link|its link|can i download it|get me it|i need it|how do i install it"
            "|install it|fetch it|where are its weights|how big is its file|url|file size|which file is it|where is it hosted"
            "|download",
        "think": "does it think|is it a reasoning model|can it reason"
            "|does it reason|is it a thinking model|can it think|thinking|reasoning|has it a thinking mode|does it think before answering"
            "|can i turn its thinking off|and does it think|does it show its thoughts|what about thinking|is it able to reason",
        "images": "can it see images|does it read pictures|is it multimodal|vision"
            "|can it see|does it see pictures|can it read images|images|pictures|does it have vision|is it a vision model|can it hear"
            "|does it take photos|can i show it a picture|is it text only|and images|what about images|does it understand audio",
        "overview": "what is it good for|what is special about it|what is it"
            "|tell me more about it|what can it do|is it good|describe it|what is it used for|what is it known for|should i use it"
            "|and what is special|what kind of model is it|is it any good|more about it|explain it|its strengths|facts about it",
    }

    def ask_model(self, rng):
        if rng.random() < 0.06:
            return self.compare_models(rng)
        m = self.some_model(rng)
        attr = rng.choices(list(self.ATTR), (26, 8, 8, 10, 11, 9, 12, 8, 4, 4))[0]
        ask = self.grammar.expand(rng.choice(split_top(self.ATTR[attr])), rng)
        return ask.replace("M", self.model_name(m, rng)) if "M" in ask else ask, self.model_answer(m, attr)

    def some_model(self, rng):
        m = rng.choice(self.models)
        if m["name"] not in self.files and rng.random() < 0.15:
            m = rng.choice([x for x in self.models if x["name"] in self.files])
        return m

    def maker(self, m):
        if m["name"] == "TinyLlama 1.1B":
            return "an independent team"
        if m["name"] == "Llama3 8B 1.58":
            return "the community, from Meta's Llama 3"
        if m["name"].startswith("BitNet b1.58") and "2B" not in m["name"]:
            return "the community"
        if m["family"] == "bitnet" and m["name"].startswith("Falcon"):
            return "Technology Innovation Institute"
        if m["name"].startswith(("Phi Silica", "Mu")):
            return "Microsoft"
        return next(f["maker"] for f in self.families if f["id"] == m["family"])

    def model_answer(self, m, attr):
        name = m["name"]
        if attr == "overview":
            return "%s, by %s, %s: %s parameters. %s" % (name, self.maker(m), m["year"], m["params"], m["special"])
        if attr == "maker":
            return "%s was made by %s." % (name, self.maker(m))
        if attr == "year":
            return "%s came out in %s." % (name, m["year"])
        if attr == "params":
            return "%s has %s parameters." % (name, m["params"])
        if attr == "context":
            return "%s takes a context of %s tokens." % (name, m["context"]) if m["context"] != "-" else \
                "I do not know the context length of %s." % name
        if attr == "licence":
            return "The weights of %s are closed." % name if m["licence"] == "closed" else "%s is under %s." % (name, m["licence"])
        if attr == "think":
            return {"t": "%s always thinks before it answers.", "s": "%s can think before it answers; the thinking can be switched off."}.get(
                (set(m["marks"]) & set("ts") or {"-"}).pop(), "%s answers at once; it is no thinking model.") % name
        if attr == "images":
            if "i" in m["marks"]:
                return "%s reads text and images%s; minnow gives it text only." % (name, ", and hears sound" if "a" in m["marks"] else "")
            return "%s works with text only." % name
        return self.get_answer(m)

    def get_answer(self, m):
        name = m["name"]
        if "c" in m["marks"]:
            return "The weights of %s are closed, so it cannot be downloaded or run here." % name
        if "e" in m["marks"]:
            return "%s makes embeddings for search; this version of minnow only chats." % name
        if not m["runs"]:
            return "This version cannot run %s yet. Ask me which architectures it runs." % name
        pulled = self.pull_name(name)
        if pulled:
            return "minnow runs %s: `minnow pull %s`, then `minnow chat %s`." % (name, pulled, pulled)
        if name in self.files:
            size, repo, file = self.files[name]
            return "Get %s (%s): `curl -L -O https://huggingface.co/%s/resolve/main/%s`, then `minnow chat %s`." % (name, size, repo, file, file)
        return "minnow runs %s: get a GGUF file of it from Hugging Face and open it with `minnow chat FILE.gguf`." % name

    def compare_models(self, rng):
        a, b = rng.sample(self.models, 2)
        ask = rng.choice(["A or B", "A vs B", "difference between A and B", "compare A and B", "which is bigger, A or B", "is A better than B",
                          "should i take A or B", "A versus B", "what is the difference between A and B", "A against B"])
        names = {"A": self.model_name(a, rng), "B": self.model_name(b, rng)}
        ask = re.sub(r"\b[AB]\b", lambda k: names[k.group()], ask)
        return ask, "%s has %s parameters, %s has %s." % (a["name"], a["params"], b["name"], b["params"])

    def family_makers(self):
        out = []
        for f in self.families:
            name, low = f["name"], f["name"].lower()
            about = "%s is by %s, since %s: %s. Members: %s." % (name, f["maker"], f["year"], f["idea"], f["members"])
            if f["members"] == name:
                m = next(x for x in self.models if x["name"] == name)
                about = self.model_answer(m, "overview")
            nouns = [name, low, low + " models", "the %s family" % low, "the %s models" % low, name + " family", "a %s model" % low]
            if f["id"] in ("bitnet",):
                nouns += ["bitnet models", "bit net", "b1.58"]
            if f["id"] == "deepseek":
                nouns += ["deepseek", "deepseek r1", "the deepseek distills", "deepseek models", "r1 distill"]
            if f["id"] == "llama":
                nouns += ["llama 3", "llama 3.2", "meta llama"]
            out.append((3, self.topic_maker({"n": nouns, "v": [], "a": [about], "q": [
                "(which|what) %s models (are there|exist|do you know)|list [the] %s models|members of [the] %s [family]|how many %s models are there|"
                "%s models|who is in the %s family|what sizes does %s come in|give me an overview of %s|name the %s models|%s family tree|"
                "what generations of %s are there|latest %s|newest %s model|tell me about %s|"
                                "(which|what) sizes of %s are there|show [me] the %s models|all %s models|what is in the %s family|what belongs to %s|which %s is there|how many %s are there|give me the list of %s models|%s lineup|%s versions|%s sizes|which %s versions exist|what is %s about|the whole %s family|what do you know about %s models|enumerate the %s models|describe the %s family|%s overview" % ((low,) * 32)]})))
            out.append((1, self.simple(["who (makes|made|develops|is behind|publishes) [the] %s [models|family]|which company makes %s|maker of %s|who invented %s|"
                                        "%s is made by whom|what company is %s from|"
                                "(which|what) (firm|lab|company|team) (develops|makes|made|builds|created|is behind) [the] %s [models|family]|tell me who (makes|develops|made) %s|who are the makers of %s|who built %s|who created %s|who trains %s|who owns %s|where does %s come from|%s developer|%s maker|developer of %s|which country or company is %s from|tell me the maker of %s|who releases %s models|%s by whom|origin of %s" % ((low,) * 22)], "%s is made by %s." % (name, f["maker"]))))
            runs = [m["name"] for m in self.models if m["family"] == f["id"] and m["runs"]]
            closed = f["id"] in ("silica", "mu")
            answer = ("The weights of %s are closed, so it cannot be downloaded or run here." % name) if closed else \
                ("Of the %s family this version runs %s." % (name, join_and(runs[:5])) if runs else
                 "This version cannot run %s models yet. Ask me which architectures it runs." % name)
            out.append((1.5, self.simple(["can minnow run [a] %s [models|model]|does minnow support %s [models]|is %s supported|can i (run|use|download|get) [a] %s [model|models]|"
                                          "how do i (run|use|download|get) [a] %s [model|models]|does %s work [here|with minnow]|will %s run|run %s|download %s|"
                                          "i want to (run|try) [a] %s [model]|"
                                "is [a] %s [model] compatible|are %s models supported|do %s models (work|run) [here]|will minnow (run|load|open) %s|%s support|support for %s|use %s|open [a] %s [model]|start [a] %s [model]|chat with %s|is it possible to run %s|%s in minnow|which %s models can (minnow|i) run|which %s runs here|can %s be used|try %s|does minnow know %s|get %s" % ((low,) * 28)], answer)))
        return out

    # ---- what it does not know ----

    def decline_makers(self):
        lists, frames, answers = {}, {}, {}
        for line in read_lines(TOPICS / "decline.txt"):
            key, text = line.split(":", 1)
            (lists if key.startswith("w_") else answers if key in ("a", "code", "maths", "write", "model") else frames)[key] = text.strip()
        grammar = Grammar(dict(read_macros(), **lists))
        kind = {"oscode": "code", "osmaths": "maths", "oswrite": "write", "osmodel": "model"}
        share = {"is": 4, "place": 2, "person": 2, "news": 1.2, "life": 3, "tool": 2.5, "oscode": 2, "osmaths": 1.8, "oswrite": 2, "osmodel": 2.6}

        def maker(alternatives, answer):
            return lambda rng: (self.scramble(grammar.expand(rng.choice(alternatives), rng), rng), answer)
        out = [(share[key], maker(split_top(text), self.fill(answers[kind.get(key, "a")]))) for key, text in frames.items()]
        unclear = "I did not understand that. Ask me how to get a model, what a command, key or setting does, or about a model family."
        out.append((1.2, self.simple(["what|huh|hm|hmm|why|how|eh|??|...|so what|and|and now|who|when|which|maybe|no|yes|sure|not really|lol|haha|bla bla|blah|uh|"
                                      "i don't understand|what do you mean|explain|tell me|say something|anything|something|do it|go|again|please|nothing"], unclear)))
        out.append((1, lambda rng: ("".join(rng.choice("asdfghjklqwertzxcvbnm") for _ in range(rng.randint(3, 12))), unclear)))
        out.append((0.5, self.simple(["tell me more|more|go on|continue|what else|anything else|more details|more please|and what else|keep going|elaborate|"
                                      "is that all|can you say more"], "That is all I know about it. `minnow help` has more.")))
        return out

    def scramble(self, text, rng):
        """Now and then an unknown word instead of a known one: what is foreign must be declined, not guessed."""
        if rng.random() < 0.12:
            words = text.split(" ")
            i = rng.randrange(len(words))
            if len(words[i]) > 4:
                words[i] = "".join(rng.choice(["ba", "zo", "ki", "ru", "ple", "go", "ta", "ni", "ve", "mo", "sha", "lin"]) for _ in range(rng.randint(2, 4)))
            return " ".join(words)
        return text

    # ---- conversations ----

    def pick(self, rng):
        names = list(self.groups)
        share, makers = self.groups[rng.choices(names, [self.groups[n][0] for n in names])[0]]
        return rng.choices([m for _, m in makers], [w for w, _ in makers])[0](rng)

    def typed(self, question, rng):
        r = rng.random()
        if r < 0.15:
            question = terse(question, rng)
        elif r < 0.23:
            question = wordy(question, rng)
        if rng.random() < 0.10:
            question = rng.choice(LEAD) + question
        if rng.random() < 0.09 and not question.startswith("-"):
            question += rng.choice(TAIL)
        return finish(typos(casual(question, rng), rng, SPOILT), rng)

    def model_talk(self, rng):
        """A model, then questions that say "it", or the same question of another model."""
        m = self.some_model(rng)
        attr = rng.choice(list(self.ATTR))
        ask = self.grammar.expand(rng.choice(split_top(self.ATTR[attr])), rng)
        turns = [(ask.replace("M", self.model_name(m, rng)), self.model_answer(m, attr))]
        for _ in range(rng.choice((1, 1, 2))):
            if rng.random() < 0.25:
                m = self.some_model(rng)
                ask = rng.choice(["and M", "what about M", "and for M", "M", "how about M", "and of M", "the same for M"])
                turns.append((ask.replace("M", self.model_name(m, rng)), self.model_answer(m, attr)))
            else:
                attr = rng.choice(list(self.FOLLOW))
                turns.append((self.grammar.expand(rng.choice(split_top(self.FOLLOW[attr])), rng), self.model_answer(m, attr)))
        return turns

    def conversation(self, rng):
        r = rng.random()
        if r < 0.08:
            turns = self.model_talk(rng)
        elif r < 0.16:
            turns = [self.pick(rng) for _ in range(rng.choice((2, 2, 3)))]
        else:
            turns = [self.pick(rng)]
        messages = []
        if rng.random() < 0.05:
            messages.append({"role": "system", "content": rng.choice(SYSTEM)})
        for question, answer in turns:
            messages.append({"role": "user", "content": self.typed(question, rng)})
            messages.append({"role": "assistant", "content": answer})
        return messages


def join_and(words):
    return words[0] if len(words) < 2 else ", ".join(words[:-1]) + " and " + words[-1]


def slug(name):
    return name.lower().replace(" ", "-")


def plain(text):
    """A literal inside the grammar's notation."""
    return re.sub(r"[|()\[\]]", "", text)


def normal(question):
    return re.sub(r"[^\w가-힣一-鿿ぁ-ん+*/:-]+", " ", question.lower()).strip()


def held_out():
    """The judged questions of dev.tsv and test.tsv.  Lines: expectation <tab> question [<tab> question]..., the last is judged."""
    return {normal(line.split("\t")[-1]) for name in ("dev.tsv", "test.tsv") for line in read_lines(HERE / name)}


def main():
    out, count, seed = Path(sys.argv[1]), int(sys.argv[2] if len(sys.argv) > 2 else 160000), int(sys.argv[3] if len(sys.argv) > 3 else 1)
    rng = random.Random(seed)
    world = World()
    secret = held_out()
    out.parent.mkdir(parents=True, exist_ok=True)
    written = dropped = 0
    with out.open("w") as f:
        while written < count:
            messages = world.conversation(rng)
            if any(m["role"] == "user" and normal(m["content"]) in secret for m in messages):
                dropped += 1
                continue
            f.write(json.dumps(messages, ensure_ascii=False) + "\n")
            written += 1
    print("%d conversations, %d held-out questions avoided %d times" % (written, len(secret), dropped))


if __name__ == "__main__":
    main()
