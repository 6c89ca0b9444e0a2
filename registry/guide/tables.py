"""What the program itself says: rows of the .def tables, and the commands as the program lists them."""
import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def cells(line):
    """Arguments of one row, cut at commas outside of strings."""
    parts = [p.strip() for p in re.findall(r'(?:"(?:[^"\\]|\\.)*"|[^,"])+', line)]
    return [p[1:-1] if p.startswith('"') else p for p in parts]


def rows(path, macro):
    """Arguments of every MACRO(...) row, strings unquoted."""
    file = ROOT / path
    if not file.exists():
        return []
    text = re.sub(r"/\*.*?\*/", "", file.read_text(), flags=re.S)
    found = []
    for line in re.findall(r"^%s\((.*)\)\s*$" % macro, text, flags=re.M):
        found.append(cells(line))
    return found


def settings():
    keys = ("section", "name", "kind", "default", "min", "max", "words", "env", "help")
    return [dict(zip(keys, r)) for r in rows("tui/setting.def", "SETTING")]


def commands():
    """The rows of struct cmd, as `minnow help --json` prints them; make.sh saves them."""
    out = []
    for c in json.loads((ROOT / "build/guide/commands.json").read_text()):
        options = [{"name": o["name"], "arg": o.get("argument", ""), "help": o["help"], "letter": o.get("letter", "")}
                   for o in c["options"]]
        out.append({"name": c["name"], "args": c["arguments"], "summary": c["summary"], "options": options})
    return out


def themes():
    """The themes compiled in, and the files of themes/."""
    names = {r[0] for r in rows("tui/theme.def", "THEME")} | {p.stem for p in (ROOT / "themes").glob("*.theme")}
    return sorted(names | {"default", "mono"})


def architectures():
    """As general.architecture spells them."""
    names = [re.search(r'\.name = "([^"]+)"', f.read_text()) for f in
             [ROOT / "core/arch" / (r[0] + ".c") for r in rows("core/arch/arch.def", "ARCH")] if f.exists()]
    return [m.group(1) for m in names if m]


def formats():
    return [r[0].upper() for r in rows("kernels/qtype.def", "QTYPE")]


def isas(machine):
    """Instruction sets with kernels of their own, weakest first, as MINNOW_ISA spells them."""
    return [r[0] for r in rows("kernels/%s/isa.def" % machine, "ISA")]


def pullable():
    """Models of the built-in registry that have a file to download."""
    entries = [json.loads(f.read_text()) for f in (ROOT / "registry/catalog").rglob("entry.json")]
    return {e["id"] for e in entries if e.get("files")}


def views():
    return [dict(zip(("id", "title", "help"), r)) for r in rows("tui/view.def", "VIEW")]


def actions():
    found = [dict(zip(("id", "name", "help"), r)) for r in rows("tui/action.def", "ACTION")]
    binds = [dict(zip(("context", "key", "action"), r)) for r in rows("tui/keys.def", "BIND")]
    for a in found:
        a["binds"] = [b for b in binds if b["action"] == a["id"]]
    return found


def contexts():
    return {r[0]: r[2] for r in rows("tui/context.def", "CONTEXT")}


def key_text(key):
    """"C-r" -> "Ctrl-R", as the screen writes it."""
    out = ""
    while len(key) > 2 and key[1] == "-" and key[0] in "CMS":
        out += {"C": "Ctrl-", "M": "Alt-", "S": "Shift-"}[key[0]]
        key = key[2:]
    return out + (key.upper() if out and len(key) == 1 else key)
