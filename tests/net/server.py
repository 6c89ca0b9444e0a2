"""A server of one file with faults, on loopback, for the tests of downloads.

usage: server.py FOLDER [CERTIFICATE KEY]

Serves FOLDER/data.bin as /WORD[-NUMBER]/…, where WORD says what goes wrong (the functions below, by their names) and
NUMBER how often, or how much.  Prints its port, then serves until its standard input ends.  FOLDER/log gets a line for
every answer: path, first byte asked for, status, bytes sent, "token" or "-"; before the bytes where their number is
known, so that whoever has them finds the line.  What follows a "?" makes a path of its own, so that tests do not share
counts."""
import hashlib
import http.server
import json
import os
import ssl
import sys
import threading
import time
import urllib.parse

folder = sys.argv[1]
with open(os.path.join(folder, "data.bin"), "rb") as f:
    DATA = f.read()
OTHER = DATA.translate(bytes(255 - i for i in range(256)))
COMMIT = "0123456789abcdef0123456789abcdef01234567"
ETAG = '"version-1"'
lock = threading.Lock()
counts = {}
log = open(os.path.join(folder, "log"), "a", buffering=1)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def count(self):
        """How many answers this path has had, this one included; looks for one byte are not counted."""
        if self.is_look():
            return 0
        with lock:
            counts[self.path] = counts.get(self.path, 0) + 1
            return counts[self.path]

    def is_look(self):
        return self.headers.get("Range") == "bytes=0-0"

    def asked(self):
        """First and last byte; None without a usable range."""
        value = self.headers.get("Range", "")
        if not value.startswith("bytes="):
            return None
        first, last = value[6:].split("-")
        return int(first), min(int(last), len(DATA) - 1)

    def finish_log(self, status, sent):
        asked = self.asked()
        token = "token" if self.headers.get("Authorization") == "Bearer secret" else "-"
        with lock:
            log.write(f"{self.path} {asked[0] if asked else -1} {status} {sent} {token}\n")

    def plain_status(self, status, *headers):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.finish_log(status, 0)
        self.wfile.write(b"nope\n")

    def piece(self, data=DATA, total=None, etag=ETAG, stop=None, per_ms=None, hang=False):
        """The range that was asked for; STOP: that many bytes of it, then the end of the connection."""
        first, last = self.asked()
        last = min(last, len(data) - 1)
        body = data[first:last + 1]
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(data) if total is None else total}")
        self.send_header("Content-Length", str(len(body)))
        if etag:
            self.send_header("ETag", etag)
        self.end_headers()
        sent = 0
        if stop is not None:
            body = body[:stop]
        if not per_ms:
            self.finish_log(206, len(body))
        try:
            step = 4096 if per_ms else len(body) or 1
            for at in range(0, len(body), step):
                self.wfile.write(body[at:at + step])
                sent += len(body[at:at + step])
                if per_ms:
                    time.sleep(step / per_ms / 1000)
            if hang:
                self.wfile.flush()
                self.connection.settimeout(8)
                self.connection.recv(1)
        except OSError:
            pass
        if stop is not None or hang:
            self.close_connection = True
        if per_ms:
            self.finish_log(206, sent)

    # ---- what goes wrong ----

    def do_plain(self, n):
        self.piece()

    def do_slow(self, n):
        """N bytes a millisecond."""
        self.piece(per_ms=n)

    def do_cut(self, n):
        """The first N pieces end halfway."""
        first, last = self.asked()
        self.piece(stop=(last - first + 1) // 2 if 0 < self.count() <= n else None)

    def do_dead(self, n):
        """No piece brings more than a hundred bytes."""
        self.piece(stop=100 if self.count() else None)

    def do_stall(self, n):
        """The first N pieces stop halfway and the connection stays open."""
        first, last = self.asked()
        stall = 0 < self.count() <= n
        self.piece(stop=(last - first + 1) // 2 if stall else None, hang=stall)

    def do_wrong(self, n):
        """A byte in the middle of the file is wrong, the first N times it is sent."""
        first, last = self.asked()
        middle = len(DATA) // 2
        if first <= middle <= last and self.count() <= n:
            self.piece(data=DATA[:middle] + bytes([DATA[middle] ^ 1]) + DATA[middle + 1:])
        else:
            self.piece()

    def do_length(self, n):
        self.piece(total=len(DATA) + 1)

    def do_shifted(self, n):
        """Sends, and says so, what stands a byte further on."""
        first, last = self.asked() or (0, len(DATA) - 1)
        if not self.is_look():
            first, last = min(first + 1, last), last
        body = DATA[first:last + 1]
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(DATA)}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass
        self.finish_log(206, len(body))

    def do_grows(self, n):
        """After N pieces the file is longer than before."""
        self.piece(total=len(DATA) + (1 if self.count() > n else 0))

    def do_shorter(self, n):
        """The last quarter is not there, though the first answer says so."""
        if self.asked()[0] >= len(DATA) * 3 // 4:
            self.plain_status(416, ("Content-Range", f"bytes */{len(DATA) * 3 // 4}"))
        else:
            self.piece()

    def do_busy(self, n):
        """Too many requests, N times, with a pause of a second."""
        if 0 < self.count() <= n:
            self.plain_status(429, ("Retry-After", "1"))
        else:
            self.piece()

    def do_down(self, n):
        """Not available, N times, for who knows how long."""
        if 0 < self.count() <= n:
            self.plain_status(503)
        else:
            self.piece()

    def do_away(self, n):
        """Busy for N seconds."""
        self.plain_status(429, ("Retry-After", str(n)))

    def do_loop(self, n):
        self.plain_status(302, ("Location", self.path))

    def do_http(self, n):
        self.plain_status(302, ("Location", f"http://127.0.0.1:{n}/plain/x"))

    def do_file(self, n):
        self.plain_status(302, ("Location", "file:///etc/passwd"))

    def do_odd(self, n):
        self.plain_status(302, ("Location", "gopher://127.0.0.1/\x1b[2J"))

    def do_status(self, n):
        self.plain_status(n)

    def do_endless(self, n):
        """The right headers, then bytes without an end."""
        first, last = self.asked()
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(DATA)}")
        self.send_header("ETag", ETAG)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        sent = 0
        try:
            while sent < 1 << 30:
                chunk = DATA[first:last + 1] if sent == 0 else b"x" * 65536
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                sent += len(chunk)
                if self.is_look():
                    self.wfile.write(b"0\r\n\r\n")
                    break
        except OSError:
            pass
        if sent > last + 1 - first:
            self.close_connection = True
        self.finish_log(206, sent)

    def do_changes(self, n):
        """After N pieces another file is there, for good."""
        if self.count() > n or counts.get(self.path, 0) > n:
            self.piece(data=OTHER, etag='"version-2"')
        else:
            self.piece()

    def do_whole(self, n):
        """Knows no ranges; the first N answers end halfway."""
        stop = len(DATA) // 2 if self.count() <= n and not self.is_look() else len(DATA)
        self.send_response(200)
        self.send_header("Content-Length", str(len(DATA)))
        self.send_header("ETag", ETAG)
        self.end_headers()
        try:
            self.wfile.write(DATA[:stop])
        except OSError:
            pass
        self.close_connection = self.close_connection or stop < len(DATA)
        self.finish_log(200, stop)

    def do_hub(self, n):
        """As the hub answers for a big file: its digest, and an address on another host."""
        self.plain_status(302, ("X-Linked-Etag", f'"{self.digest()}"'), ("X-Linked-Size", str(len(DATA))),
                          ("Location", f"http://localhost:{self.server.server_port}/elsewhere/x"))

    def do_liar(self, n):
        """As the hub, with the digest of something else."""
        self.plain_status(302, ("X-Linked-Etag", '"' + "0" * 64 + '"'),
                          ("Location", f"http://localhost:{self.server.server_port}/elsewhere/x"))

    def do_elsewhere(self, n):
        self.piece()

    def do_expires(self, n):
        """Gives out addresses that are good for N pieces."""
        with lock:
            counts["given"] = counts.get("given", 0) + 1
            given = counts["given"]
        self.plain_status(302, ("Location", f"/given-{n}/{given}"))

    def do_given(self, n):
        if self.count() > n:
            self.plain_status(403)
        else:
            self.piece()

    # ---- a hub: /api/… and /OWNER/NAME/resolve/…, where OWNER says what is special ----

    def json(self, value, *headers):
        body = json.dumps(value).encode()
        self.send_response(200)
        for name, text in headers:
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.finish_log(200, len(body))
        self.wfile.write(body)

    def lfs(self, path, digest="sha256"):
        return {"size": len(DATA), "lfs": {digest: self.digest(), "size": len(DATA), "pointerSize": 134}} | (
            {"rfilename": path} if digest == "sha256" else {"type": "file", "path": path})

    def info(self, **more):
        self.json({"sha": COMMIT, "gated": False, "cardData": {"license": "mit"},
                   "siblings": [{"rfilename": "README.md", "size": 3}, self.lfs("q/data.gguf")]} | more)

    def hub_fine(self):
        self.info()

    def hub_many(self):
        """Without the sizes; the tree has them, one file a page."""
        pages = ["a-Q8_0.gguf", "b-Q4_0.gguf", "q/data.gguf"]
        url = urllib.parse.urlsplit(self.path)
        at = int(urllib.parse.parse_qs(url.query).get("cursor", ["0"])[0])
        if "/revision/" in url.path:
            return self.info(siblings=[{"rfilename": name} for name in pages])
        host = "localhost" if "away" in url.path else "127.0.0.1"
        more = f"<http://{host}:{self.server.server_port}{url.path}?recursive=true&cursor={at + 1}>; rel=\"next\""
        self.json([self.lfs(pages[at % 3], "oid")], *([("Link", more)] if "endless" in url.path or at < 2 else []))

    def hub_gated(self):
        self.plain_status(403, ("X-Error-Code", "GatedRepo"))

    def hub_hidden(self):
        self.plain_status(401, ("X-Error-Code", "RepoNotFound"))

    def hub_moved(self):
        self.plain_status(307, ("Location", self.path.replace("/moved/", "/fine/")))

    def hub_away(self):
        """To another origin, which has to do without the token."""
        self.plain_status(307, ("Location", f"http://localhost:{self.server.server_port}" + self.path.replace("/away/", "/fine/")))

    def hub_stray(self):
        self.plain_status(302, ("Location", "file:///etc/passwd"))

    def hub_loop(self):
        self.plain_status(302, ("Location", self.path))

    def hub_busy(self):
        if self.count() <= 2:
            return self.plain_status(429)
        self.info()

    def hub_closed(self):
        self.plain_status(429, ("Retry-After", "3600"))

    def hub_broken(self):
        if self.count() <= 2:
            return self.plain_status(500)
        self.info()

    def hub_cut(self):
        """The first answer ends in the middle."""
        if self.count() > 1:
            return self.info()
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"{")
        self.close_connection = True
        self.finish_log(200, 1)

    def hub_silent(self):
        """Says nothing, for a while."""
        self.connection.settimeout(8)
        self.connection.recv(1)
        self.close_connection = True

    def hub_junk(self):
        self.json("\x1b[2J nonsense")

    def hub_endless(self):
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        try:
            for _ in range(1 << 14):
                self.wfile.write(b" " * 65536)
        except OSError:
            pass

    def terms(self):
        with open(os.path.join(folder, "terms"), "rb") as f:
            return f.read()

    def hub_terms(self):
        """With the text of a licence, FOLDER/terms; another text is another commit."""
        text = self.terms()
        self.info(sha=hashlib.sha1(text).hexdigest(), siblings=[
            {"rfilename": "LICENSE.md", "size": len(text)}, {"rfilename": "docs/LICENSE", "size": 3}, self.lfs("q/data.gguf")])

    def do_terms(self, n):
        if self.path.split("?")[0].endswith("/LICENSE.md"):
            self.piece(data=self.terms())
        else:
            self.piece()

    def do_api(self, n):
        owner, revision = self.path.split("/")[3], self.path.split("/")[6].split("?")[0]
        if revision not in ("main", "v1%2Fx", COMMIT):
            return self.plain_status(404, ("X-Error-Code", "RevisionNotFound"))
        if not hasattr(self, "hub_" + owner):
            return self.plain_status(404, ("X-Error-Code", "RepoNotFound"))
        getattr(self, "hub_" + owner)()

    def do_fine(self, n):
        self.piece()

    def digest(self):
        return hashlib.sha256(DATA).hexdigest()

    def do_GET(self):
        word, _, number = self.path.split("/")[1].partition("-")
        getattr(self, "do_" + word)(int(number or 0))


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()
