"""Kills the real program at every step of what it does to the disk (tests/data/fault.c), one step later each time, until it
gets through.  After each kill: no file bears a name in the store whose bytes are not its own; the same command then
works; all is verified; and nothing is left over.

usage: kill.py MINNOW FAULT.SO STORE_PROGRAM FOLDER store|registry [SCENARIO...]      prints TAP"""
import glob
import hashlib
import json
import os
import shutil
import subprocess
import sys

minnow, fault, store_program, work = (os.path.abspath(p) for p in sys.argv[1:5])
env = {"PATH": os.environ["PATH"], "HOME": work + "/home", "LC_ALL": "C.UTF-8", "GIT_CONFIG_NOSYSTEM": "1",
       "GIT_AUTHOR_NAME": "T", "GIT_AUTHOR_EMAIL": "t@example.org", "GIT_COMMITTER_NAME": "T",
       "GIT_COMMITTER_EMAIL": "t@example.org"}
home, data = work + "/home", work + "/home/.local/share/minnow"
store = data + "/store"
n_cases = n_bad = 0


def run(*command, **more):
    return subprocess.run(command, env=env | more, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60, text=True)


def must(*command):
    r = run(*command)
    if r.returncode:
        raise Failed(f"{' '.join(command)}: exit {r.returncode}: {r.stderr.strip()}")
    return r.stdout


def m(*args):
    return must(minnow, *args)


class Failed(Exception):
    pass


def want(is_so, what):
    if not is_so:
        raise Failed(what)


def put(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb" if isinstance(content, bytes) else "w") as f:
        f.write(content)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def fresh():
    shutil.rmtree(home, ignore_errors=True)
    os.makedirs(home)


def store_put(model, name, path):
    must(store_program, store, model, name, path)


# ---- what is in the store ----

FILES = {name: hashlib.sha512(name.encode()).digest() * 100 for name in ("a", "b")}
for name, content in FILES.items():
    put(f"{work}/{name}.gguf", content)


def is_honest(damaged=()):
    """Whatever has a name of a model, or of bytes, has these bytes."""
    for path in glob.glob(store + "/models/*/*.gguf"):
        want(path in damaged or read(path) in FILES.values(), f"{path} has bytes that nobody asked for")
    for path in glob.glob(store + "/blobs/sha256/*"):
        if not path.endswith(".new") and not damaged:
            want(hashlib.sha256(read(path)).hexdigest() == os.path.basename(path), f"{path} is not what it is called")


def has(model, name, content):
    path = f"{store}/models/{model}/{name}"
    want(os.path.exists(path) and read(path) == content, f"{path} is not as it should be")


def has_not(path):
    want(not os.path.exists(path), f"{path} is there")


def is_clean():
    m("verify", "--deep")
    m("gc", "--yes")
    left = [p for p in glob.glob(store + "/**", recursive=True) if p.endswith(".new") or "/parts/" in p[len(store):-1]]
    want(not left, f"left over: {left}")


# ---- the scenarios: what is there before, the command, what is there after ----

ENTRY = work + "/toy.json"
put(ENTRY, json.dumps({
    "format": 1, "id": "toy", "name": "Toy", "summary": "One.", "family": "toy", "license": "MIT",
    "files": [{"name": f"toy-{n}.gguf", "quant": "Q8_0" if n == "a" else "Q4_0", "size": len(c),
               "sha256": hashlib.sha256(c).hexdigest(), "sources": [{"url": f"file://{work}/{n}.gguf"}]}
              for n, c in FILES.items()]}))


class Pull:
    """A file comes into an empty store."""
    command = ("pull", "--entry", ENTRY, "--yes", "--parallel", "1")

    def before(self):
        fresh()

    def after(self):
        has("local--toy", "toy-a.gguf", FILES["a"])
        want("local/toy" in m("ls"), "it is not listed")


class Rm:
    """One of two models with the same bytes goes."""
    command = ("rm", "one", "--yes")
    again = 3			# gone before the kill: "not on this machine"

    def before(self):
        fresh()
        store_put("one", "one.gguf", work + "/a.gguf")
        store_put("two", "two.gguf", work + "/a.gguf")

    def after(self):
        has("two", "two.gguf", FILES["a"])
        has_not(store + "/models/one/one.gguf")


class RmLast(Rm):
    """The only model with these bytes goes."""
    def before(self):
        fresh()
        store_put("one", "one.gguf", work + "/a.gguf")
        store_put("two", "two.gguf", work + "/b.gguf")

    def after(self):
        m("gc", "--yes")
        has("two", "two.gguf", FILES["b"])
        has_not(store + "/models/one/one.gguf")
        want(len(os.listdir(store + "/blobs/sha256")) == 1, "its bytes are still there")


class Gc:
    """Bytes that no model uses go, and a download that was not finished."""
    command = ("gc", "--yes")

    def before(self):
        fresh()
        store_put("one", "one.gguf", work + "/a.gguf")
        store_put("two", "two.gguf", work + "/b.gguf")
        shutil.rmtree(store + "/models/one")
        os.makedirs(store + "/parts", exist_ok=True)
        put(store + "/parts/0123.part", b"x")

    def after(self):
        has("two", "two.gguf", FILES["b"])
        want(len(os.listdir(store + "/blobs/sha256")) == 1, "bytes that nobody uses are there")


class Repair:
    """Damage is fetched again."""
    command = ("verify", "--deep", "--repair", "--parallel", "1")

    def before(self):
        fresh()
        m("pull", f"file://{work}/a.gguf#sha256={hashlib.sha256(FILES['a']).hexdigest()}", "--yes")
        self.path = glob.glob(store + "/models/*/a.gguf")[0]
        seen = os.stat(self.path)
        os.chmod(self.path, 0o600)
        with open(self.path, "r+b") as f:
            f.seek(3000)
            f.write(b"damage")
        os.utime(self.path, ns=(seen.st_atime_ns, seen.st_mtime_ns))

    def after_kill(self):
        is_honest(damaged=[self.path])

    def after(self):
        want(read(self.path) == FILES["a"], "it is not repaired")


GUIDE = os.path.abspath("registry/guide/guide.gguf")


class Import:
    """A file is used where it is."""
    command = ("import", work + "/guide.gguf")

    def before(self):
        fresh()
        store_put("two", "two.gguf", work + "/b.gguf")
        if not os.path.exists(self.command[-1]):
            os.symlink(GUIDE, self.command[-1])

    def after(self):
        want("guide.gguf" in m("ls"), "it is not listed")
        want(os.path.islink(self.command[-1]), "the file is not as it was")


class Copy(Import):
    """A file is copied into the store."""
    command = ("import", "--copy", work + "/tiny.gguf")

    def before(self):
        fresh()
        FILES.setdefault("tiny", read(self.command[-1]))

    def after(self):
        want(len(glob.glob(store + "/models/*/*.gguf")) == 1, "it is not there")


# ---- registries ----

reg, key = work + "/reg", work + "/alice.key"
registries = data + "/registries"


def version_of_index():
    return int(next(line for line in read(reg + "/index").decode().splitlines() if line.startswith("version ")).split()[1])


def publish(name, message):
    put(f"{reg}/models/toy/{name}/entry.json", json.dumps(
        {"family": "toy", "files": [], "format": 1, "id": name, "name": name, "summary": "One.", "weights": "closed"},
        indent=2) + "\n")
    m("registry", "sign", reg, "--key", key)
    must("git", "-C", reg, "add", "-A")
    must("git", "-C", reg, "commit", "-qm", message)


def trust_of(name):
    return json.loads(m("registry", "trust", name, "--json"))


class Sync:
    """A registry is met for the first time."""
    command = ("sync", "core")
    registry = "core"

    def before(self):
        fresh()
        m("registry", "add", self.registry, f"file://{reg}")

    def after(self):
        want(f"{self.registry}/toy-two" in m("search", "toy-two"), "its models are not there")
        want(trust_of(self.registry)["version"] == version_of_index(), "its version is another one")
        self.is_tidy()

    def is_tidy(self):
        names = sorted(os.listdir(registries))
        want(names == [self.registry], f"left over: {names}")
        names = sorted(os.listdir(f"{registries}/{self.registry}"))
        want(set(names) <= {"lock", "repo.git", "snapshot", "trust"} or self.left_is_small(names), f"left over: {names}")

    def left_is_small(self, names):
        """A killed write of a text leaves a file beside it, which nobody reads."""
        return all(n.split(".")[0] in ("lock", "repo", "snapshot", "trust") for n in names)


class SyncOn(Sync):
    """A registry goes on by one version; until that counts, the one before does."""
    def before(self):
        super().before()
        must("git", "-C", reg, "branch", "-qf", "ahead")
        must("git", "-C", reg, "reset", "-q", "--hard", "HEAD~1")
        m("sync", "core")
        must("git", "-C", reg, "reset", "-q", "--hard", "ahead")

    def after_kill(self):
        t = trust_of("core")
        want(t["synced"] and 0 <= version_of_index() - t["version"] <= 1, "what was trusted is forgotten")
        want("core/toy-one" in m("search", "toy-one"), "what was known is forgotten")


class Add:
    """A registry is added; the settings beside it stay."""
    command = ("registry", "add", "core", f"file://{reg}")
    again = 1			# added before the kill: "there is a registry core already"

    def before(self):
        fresh()
        m("registry", "add", "other", "https://registry.example/x.git")

    def after(self):
        listed = m("registry", "list")
        want("\ncore\t" in listed and "\nother\t" in listed, "one is not listed")


class Remove:
    """A registry goes; the one beside it stays."""
    command = ("registry", "remove", "core")
    again = 3			# removed before the kill: "there is no registry core"

    def before(self):
        fresh()
        m("registry", "add", "other", "https://registry.example/x.git")
        m("registry", "add", "core", f"file://{reg}")
        m("sync", "core")

    def after(self):
        listed = m("registry", "list")
        want("\ncore\t" not in listed and "\nother\t" in listed, "the list is wrong")
        m("registry", "add", "core", f"file://{reg}")
        want(not trust_of("core")["synced"], "what was left of it is believed")


class Trust(Sync):
    """Another root is accepted by its fingerprint; never is nothing known."""
    @property
    def command(self):
        return ("registry", "trust", "core", "--fingerprint", self.new)

    def before(self):
        super().before()
        m("sync", "core")
        self.old = trust_of("core")["fingerprint"]
        shutil.copy(home + "/.config/minnow/registries", work + "/rows")
        put(home + "/.config/minnow/registries", read(work + "/rows").decode().replace(reg, reg + "-new"))
        self.new = NEW

    def after_kill(self):
        t = trust_of("core")
        want(t["synced"] and t["fingerprint"] in (self.old, self.new), "whom it trusted is forgotten")

    def after(self):
        t = trust_of("core")
        want(t["fingerprint"] == self.new and t["pinned"] == self.new, "the new root is not trusted")
        self.is_tidy()


def make_registries():
    global NEW
    fresh()
    m("registry", "key", key)
    put(reg + "/models/toy/toy-one/entry.json", "{}")
    m("registry", "init", reg, "--name", "core", "--key", key)
    must("git", "init", "-q", "-b", "main", reg)
    publish("toy-one", "one")
    publish("toy-two", "two")
    other = reg + "-new"
    shutil.copytree(reg, other, ignore=shutil.ignore_patterns(".git", "root", "index*"))
    m("registry", "key", work + "/bob.key")
    m("registry", "init", other, "--name", "core", "--key", work + "/bob.key")
    for _ in range(4):
        m("registry", "sign", other, "--renew", "--key", work + "/bob.key")
    must("git", "init", "-q", "-b", "main", other)
    must("git", "-C", other, "add", "-A")
    must("git", "-C", other, "commit", "-qm", "new")
    m("registry", "add", "look", f"file://{other}")
    m("sync", "look")
    NEW = trust_of("look")["fingerprint"]


# ---- the loop ----

EACH_MAX = 12			# kills of one command, evenly over its steps; KILL_ALL=1: all


def count_steps(s):
    s.before()
    r = run(minnow, *s.command, LD_PRELOAD=fault, FAULT_COUNT=work + "/count")
    want(r.returncode == 0, f"exit {r.returncode}: {r.stderr.strip()}")
    s.after()
    n = int(read(work + "/count"))
    want(n >= 2, f"has {n} steps: fault.c does not see them")
    return n


def chosen(n):
    """All of them, or some; the last ones, where what was made begins to count, always."""
    if os.environ.get("KILL_ALL") or n <= EACH_MAX:
        return range(1, n + 1)
    some = EACH_MAX // 2
    return sorted({1 + i * (n - 1) // some for i in range(some)} | set(range(n - some + 1, n + 1)))


def kill_at(s, at):
    s.before()
    r = run(minnow, *s.command, LD_PRELOAD=fault, FAULT_AT=str(at))
    if r.returncode == -9:
        getattr(s, "after_kill", is_honest)()
        r = run(minnow, *s.command)
        want(r.returncode in (0, getattr(s, "again", 0)), f"again: exit {r.returncode}: {r.stderr.strip()}")
    else:			# threads: it had fewer steps this time
        want(r.returncode == 0, f"exit {r.returncode}: {r.stderr.strip()}")
    s.after()
    if os.path.isdir(store):
        is_honest()
        is_clean()


def case(s):
    global n_cases, n_bad
    at, n, steps, why = 0, 0, [], None
    try:
        n = count_steps(s)
        steps = chosen(n)
        for at in steps:
            kill_at(s, at)
    except Failed as e:
        why = e
    n_cases += 1
    n_bad += why is not None
    print(f"{'not ok' if why else 'ok'} {n_cases} - {s.name}, killed at {len(steps)} of {n} steps: {s.__doc__.splitlines()[0]}")
    if why:
        print(f"# at step {at}: {why}")
    sys.stdout.flush()


groups = {"store": (Pull, Rm, RmLast, Gc, Repair, Import, Copy), "registry": (Sync, SyncOn, Add, Remove, Trust)}
if sys.argv[5] == "registry":
    make_registries()
for kind in groups[sys.argv[5]]:
    if len(sys.argv) < 7 or kind.__name__ in sys.argv[6:]:
        kind.name = kind.__name__.lower()
        case(kind())
print(f"1..{n_cases}")
sys.exit(n_bad > 0)
