"""escapes.py MINNOW FOLDER: every command with hostile words, in a terminal of its own; TAP on standard output.

On that terminal only what minnow itself sends may be seen: lines, colours (SGR), and the line it takes away again."""
import json
import os
import pty
import re
import struct
import subprocess
import sys

minnow, folder = sys.argv[1:3]
os.environ.update(HOME=folder, XDG_CONFIG_HOME=folder + "/config", XDG_DATA_HOME=folder + "/data",
                  XDG_CACHE_HOME=folder + "/cache", TERM="xterm-256color", LC_ALL="C.UTF-8", COLUMNS="80",
                  MINNOW_OFFLINE="1")
for name in ("MINNOW_ISA", "MINNOW_THREADS", "NO_COLOR", "ACCESSIBLE"):
    os.environ.pop(name, None)

# Clipboard, title, hyperlink, a raw and an encoded CSI, backspace, a lone return, bidi override and isolate, DEL.
EVIL = (b"a\x1b]52;c;aGk=\x07\x1b]0;t\x07\x1b]8;;http://x\x1b\\b\xc2\x9b2J\x9b2J\x1b[2J\x08\r\xe2\x80\xae\xe2\x81\xa6\x7fz")
OURS = re.compile(rb"\x1b\[[0-9;]*m|\r\x1b\[K")
BAD = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae\x8e\x8f]|\xe2\x81[\xa6-\xa9]|\xd8\x9c")
count = bad = 0


def terminal(arguments):
    """All that the command sends to its terminal, and how it ends."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(minnow, [minnow.encode()] + arguments)
    said = b""
    while True:
        try:
            more = os.read(fd, 65536)
        except OSError:
            break
        if not more:
            break
        said += more
        if said.endswith(b"[N]o: "):		# whether to use a file that nobody verified
            os.write(fd, b"y\n")
    os.close(fd)
    return said, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def check(name, arguments, says=None):
    global count, bad
    said, status = terminal(arguments)
    left = OURS.sub(b"", said).replace(b"\r\n", b"\n")
    why = []
    if BAD.search(left):
        why.append("a control character at byte %d: %r" % (BAD.search(left).start(), left[:400]))
    try:
        left.decode()
    except UnicodeDecodeError as e:
        why.append("no UTF-8: %s" % e)
    if status < 0 or status > 130 or not said:
        why.append("ends with %d" % status)
    if says and says not in left:
        why.append("does not say %r: %r" % (says, left[:400]))
    count += 1
    bad += bool(why)
    print("%sok %d - %s" % ("not " if why else "", count, name))
    for line in why:
        print("#", line)


def string(s):
    return struct.pack("<Q", len(s)) + s


def model(path, piece, name, template, tensor=b"output_norm.weight"):
    """A llama of zeros that always answers with its first token, as gguf_tiny() in tests/data/gguf.sh."""
    def u32(key, value):
        return string(key) + struct.pack("<II", 4, value)

    def text(key, value):
        return string(key) + struct.pack("<I", 8) + string(value)

    tokens = [piece, b"h", b"e", b"l", b"o", "\u010a".encode(), "\u0120".encode(), b"<end>"]
    entries = [text(b"general.architecture", b"llama"), text(b"general.name", name), text(b"general." + name, name),
               text(b"tokenizer.ggml.model", b"gpt2"), text(b"tokenizer.ggml.pre", b"gpt-2"),
               string(b"tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 8) + b"".join(map(string, tokens)),
               string(b"tokenizer.ggml.merges") + struct.pack("<IIQ", 9, 8, 0),
               string(b"tokenizer.ggml.token_type") + struct.pack("<IIQ8i", 9, 5, 8, 1, 1, 1, 1, 1, 1, 1, 3),
               u32(b"tokenizer.ggml.eos_token_id", 7), text(b"tokenizer.chat_template", template),
               string(b"llama.attention.layer_norm_rms_epsilon") + struct.pack("<If", 6, 1e-5)]
    for key, value in dict(block_count=1, context_length=64, embedding_length=32, feed_forward_length=32).items():
        entries.append(u32(b"llama." + key.encode(), value))
    entries += [u32(b"llama.attention.head_count", 1), u32(b"llama.attention.head_count_kv", 1),
                u32(b"llama.rope.dimension_count", 32)]
    matrices = [(b"token_embd", 8), (b"output", 8)] + [
        (b"blk.0." + w, 32) for w in (b"attn_q", b"attn_k", b"attn_v", b"attn_output", b"ffn_gate", b"ffn_up", b"ffn_down")]
    tensors, at = [], 0
    for title, rows in matrices:
        tensors.append(string(title + b".weight") + struct.pack("<IQQIQ", 2, 32, rows, 0, at))
        at += 128 * rows
    for title in (b"blk.0.attn_norm.weight", b"blk.0.ffn_norm.weight", tensor):
        tensors.append(string(title) + struct.pack("<IQIQ", 1, 32, 0, at))
        at += 128
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(entries)) + b"".join(entries) + b"".join(tensors)
    with open(path, "wb") as f:
        f.write(head + b"\0" * (-len(head) % 32 + at))


def byte_level(data):
    """DATA as the GPT-2 vocabulary writes bytes."""
    plain = [*range(0x21, 0x7f), *range(0xa1, 0xad), *range(0xae, 0x100)]
    others = [b for b in range(256) if b not in plain]
    return "".join(chr(b) if b in plain else chr(256 + others.index(b)) for b in data).encode()


names = [c["name"] for c in json.loads(subprocess.run([minnow, "help", "--json"], capture_output=True, check=True).stdout)]
nameless = EVIL.replace(b"/", b"")
path = folder.encode() + b"/" + nameless + b".gguf"

check("no such command", [EVIL])
for name in names:
    command = name.encode()
    check(name + ": an option that is not there", [command, b"--" + EVIL])
    check(name + ": help", [b"help", command])
    if name not in ("chat", "gc", "ls", "import", "registry", "config"):
        check(name + ": a word", [command] + [EVIL] * {"quantize": 3, "convert": 2}.get(name, 1))
        check(name + ": a path", [command] + [path] * {"quantize": 3, "convert": 2}.get(name, 1))
    elif name != "chat":
        check(name + ": a word", [command, EVIL])

# A file whose name is hostile and whose content is none, then one whose every text is.
with open(path, "wb") as f:
    f.write(b"\x1b]0;t\x07 no model")
for name in ("run", "inspect", "tokenize", "render", "bench", "verify", "import"):
    if name in names:
        check(name + ": a hostile file name", [name.encode(), path])
text = EVIL.replace(b"\x9b2J\x1b", b"\x1b")		# templates and names are read as UTF-8
model(path, byte_level(EVIL), text, b"{% for m in messages %}" + text + b"{{ m.content }}{% endfor %}")
check("inspect: hostile metadata", [b"inspect", path], "␛]52".encode())
check("inspect: the template", [b"inspect", b"--template", path], "␛]52".encode())
check("tokenize: hostile pieces", [b"tokenize", path, EVIL])
check("render: a hostile template", [b"render", path, b"hello"])
check("run: a model that writes escapes", [b"run", path, b"--raw", b"-n", b"4", b"--temp", b"0", b"hello"], "␛]52".encode())
check("bench: a hostile name", [b"bench", path, b"-p", b"4", b"-n", b"1", b"-r", b"1"])
check("quantize: hostile names", [b"quantize", path, path + b"2.gguf", b"Q8_0"])
with open(folder + "/words", "w") as f:
    f.write("hello " * 80)
check("perplexity: a hostile name", [b"perplexity", path, folder.encode() + b"/words"])
model(path, b"x", text, b"{{ raise_exception('" + text.replace(b"\r", b"") + b"') }}")
check("compare: a template that raises, and a hostile name", [b"compare", path, path, b"-p", b"hello"])
check("run: a template that raises", [b"run", path, b"hello"])
model(path, b"x", text, b"{% " + text + b" %}")
check("run: a template that is none", [b"run", path, b"-n", b"2", b"hello"])
model(path, b"x", text, b"", text)
check("run: a hostile tensor", [b"run", path, b"hello"])

# The settings.
os.makedirs(folder + "/config/minnow", exist_ok=True)
with open(folder + "/config/minnow/config", "wb") as f:
    f.write(b"[ui]\n\ttheme = \"" + text.replace(b"\\", b"").replace(b"\r", b"") + b"\"\n[keys]\n\tx" + b" = \"\x1b]0;t\x07\"\n[evil]\n\tx = 1\n")
check("run: hostile settings", [b"run", b"guide", b"-n", b"2", b"hello"])
check("doctor: hostile settings", [b"doctor"])
if "config" in names:
    check("config: hostile settings", [b"config"])
    check("config: one of them", [b"config", b"ui.theme"])

# A pipe gets the bytes of the answer as they are.
model(path, byte_level(EVIL), text, b"")
os.remove(folder + "/config/minnow/config")
out = subprocess.run([minnow.encode(), b"run", path, b"--raw", b"-n", b"1", b"--temp", b"0", b"hello"], capture_output=True).stdout
count += 1
exact = out.startswith(EVIL.split(b"\x9b2J")[0])
bad += not exact
print("%sok %d - a pipe gets what the model wrote" % ("" if exact else "not ", count))
if not exact:
    print("#", out)
print("1..%d" % count)
sys.exit(bad != 0)
