"""Texts that people see and nobody can translate: literals given to functions that draw or say them, without _() or N_().

usage: python3 tests/lint/unmarked.py FILE...       prints FILE:LINE: TEXT; the marks are those of tui/po/extract.sh

A function of FORMATS looks up its format itself (the number is that of the argument); a second literal in its place, as in
c ? "a" : "b", is not found by xgettext and wants a mark of its own.
"""
import re
import sys

FORMATS = {"err_set": 2, "err_wrap": 1, "say": 1, "log_add": 1, "app_note": 2, "runs_add": 3}
MARKS = {"_", "N_", "ngettext", "i18n_text"}
SHOWS = {"draw_text", "draw_clean", "draw_wrapped", "draw_filter", "draw_part", "sheet_put", "sheet_wrap", "put_right",
         "put_wrapped", "put_count", "add_fact", "add_title", "add_figure", "add_pair", "add_text", "add_key", "note_title",
         "app_copy", "models_add_paragraph", "print_fact", "work_begin", "ask_yes", "puts", "print_line"} | set(FORMATS)
WRITES = {"printf", "fprintf", "snprintf", "buf_printf", "buf_add_str"}	# in the files that only people read
PEOPLE = re.compile(r"tui/(view|widget|term/linear|term/term_linear)")
ROW = re.compile(r"\.(help|summary|details|label) = $|OPT_[A-Z]+, (NULL|\"[^\"]*\"),\s*$")
RETURN = re.compile(r"(\breturn |[?:] )$")

# What stands for itself in every language: units, file names, addresses, markup, names of things.
SAME = re.compile(r"""
    (%[^ ]*|[ :/]*)*(ms|kB|MB|GB|TB|s|min|J|tok|nats?|GB/s)? |
    .*(\\t|\\033|PRI[ux]64|PRId64|https?://|file://|XXXX|\.(md|json|screen|gguf|db|jinja)).* |
    sha256\ ? | hf:.* | %s[/.&].* | (temp|max-tokens|ctx|kv|think|system|&.*|[a-z_]+)=.* |
    true | false | null | auto | on | off | yes | no | none | main | minnow | guide | any | [a-z]+_[a-z_]+ |
    dump | path | forget | copy | system | tools | temp | params | context | arch | think | thinking | languages | template | license | released | cpu |
    closed | convert | unconfirmed | unavailable | \\"?[ox]\ \\"? | <.*> | &[a-z]+; | --[a-z]+""", re.X)
DIRECTIVE = re.compile(r"%[-+ 0#]*[0-9*]*(\.[0-9*]+)?(hh|h|ll|l|z|j|t)?[a-zA-Z%]")


def tokens(text):
    """(kind, text, line, offset): s string, i identifier, p punctuation; comments and preprocessor lines are skipped."""
    at, line = 0, 1
    while at < len(text):
        c = text[at]
        end = at + 1
        kind = None
        if c == "/" and text.startswith("/*", at):
            end = text.index("*/", at + 2) + 2
        elif c in "\"'":
            while text[end] != c:
                end += 2 if text[end] == "\\" else 1
            end += 1
            kind = "s" if c == '"' else "c"
        elif c.isalpha() or c == "_":
            while text[end].isalnum() or text[end] == "_":
                end += 1
            kind = "i"
        elif c == "#" and (at == 0 or text[at - 1] == "\n"):
            end = text.index("\n", at)
            while text[end - 1] == "\\":
                end = text.index("\n", end + 1)
        elif not c.isspace():
            kind = "p"
        if kind:
            yield kind, text[at:end], line, at
        line += text.count("\n", at, end)
        at = end


def is_shown(path, text, offset, stack):
    names = [entry[0] for entry in stack]
    if any(n in MARKS for n in names):
        return False
    inner = stack[-1] if stack else ["", 0, 0]
    if inner[0] in FORMATS and inner[1] == FORMATS[inner[0]]:
        return inner[2] > 0			# the first literal there is the format
    if inner[0] == "say" and inner[1] == 0:
        return False				# the name of a command
    before = text[max(0, offset - 60):offset]
    return (inner[0] in SHOWS or (inner[0] in WRITES and PEOPLE.match(path)) or ROW.search(before) is not None or
            (inner[0] == "" and PEOPLE.match(path) and RETURN.search(before) is not None and "strcmp" not in before))


def look(path):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    found = list(tokens(text))
    stack = []				# [function or "", number of the argument, literals in it so far]
    i = 0
    while i < len(found):
        kind, word, line, offset = found[i]
        if kind == "p" and word in "([{":
            called = word == "(" and i and found[i - 1][0] == "i"
            stack.append([found[i - 1][1] if called else stack[-1][0] if word == "(" and stack else "", 0, 0])
        elif kind == "p" and word in ")]}":
            if stack:
                stack.pop()
        elif kind == "p" and word == "," and stack:
            stack[-1][1:] = [stack[-1][1] + 1, 0]
        elif kind == "s":
            whole = word[1:-1]
            while i + 1 < len(found) and (found[i + 1][0] == "s" or found[i + 1][1].startswith("PRI")):
                i += 1
                whole += found[i][1].strip('"')
            bare = re.sub(r"\\[a-z0-9]+", "", DIRECTIVE.sub("", whole))
            if re.search("[A-Za-z]{2}", bare) and not SAME.fullmatch(whole) and is_shown(path, text, offset, stack):
                print(f"{path}:{line}: \"{whole[:90]}\" has no mark: _(\"…\")")
            if stack:
                stack[-1][2] += 1
        i += 1


for name in sys.argv[1:]:
    look(name)
