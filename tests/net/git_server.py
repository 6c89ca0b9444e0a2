"""git over HTTP for the tests, on 127.0.0.1, with the faults a host can have.

usage: git_server.py FOLDER     prints its port; ends with the program that started it
GET and POST /FAULT/REPOSITORY/...: FAULT is "ok" or a key of `faults`.
"""
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REFS = "/info/refs?service=git-upload-pack"
POST = "/git-upload-pack"


def pkt(data):
    return b"%04x" % (len(data) + 4) + data


def junk(answer):
    """What a pack should be, but is not."""
    return pkt(b"NAK\n") + pkt(b"\x01PACK\x00\x00\x00\x02\x00\x00\x00\x03" + b"junk" * 500) + b"0000"


faults = {
    "junk": junk,
    "cut": lambda answer: answer[: len(answer) // 2],
    "flip": lambda answer: answer[:-200] + bytes([answer[-200] ^ 0x55]) + answer[-199:],
}


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def start(self, kind, status=200):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Connection", "close")

    def whole(self, kind, body):
        self.start(kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def git(self, repository, body, *options):
        path = os.path.join(sys.argv[1], repository)
        return subprocess.run(["git", "upload-pack", "--stateless-rpc", *options, path], input=body, check=True,
                              stdout=subprocess.PIPE).stdout

    def do_GET(self):
        kind = "application/x-git-upload-pack-advertisement"
        fault, _, rest = self.path[1:].partition("/")
        repository = rest.removesuffix(REFS)
        if fault == "missing" or repository == rest:
            self.start("text/plain", 404)
            self.end_headers()
        elif fault == "page":
            self.whole("text/html", b"<html>Sign in</html>")
        elif fault == "error":
            self.whole(kind, pkt(b"# service=git-upload-pack\n") + b"0000" + pkt(b"ERR no \x1b[31mentry\n"))
        elif fault == "moved":
            self.start("text/plain", 302)
            self.send_header("Location", "/ok/" + rest)
            self.end_headers()
        elif fault == "silent":
            self.start(kind)
            self.end_headers()
            self.connection.recv(1)  # until the client goes
        elif fault in ("endless", "trickle"):
            self.start(kind)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(pkt(b"a" * 40 + b" refs/heads/x\n") * (2000 if fault == "endless" else 10))
                    time.sleep(0 if fault == "endless" else 0.05)
            except OSError:
                pass
        else:
            head = pkt(b"# service=git-upload-pack\n") + b"0000"
            self.whole(kind, head + self.git(repository, b"", "--advertise-refs"))

    def do_POST(self):
        fault, _, rest = self.path[1:].partition("/")
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.git(rest.removesuffix(POST), body)
        self.whole("application/x-git-upload-pack-result", faults.get(fault, lambda a: a)(answer))


def watch(parent):
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(0)


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
threading.Thread(target=watch, args=(os.getppid(),), daemon=True).start()
print(server.server_port, flush=True)
server.serve_forever()
