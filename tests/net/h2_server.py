"""The file of server.py over HTTP/2 alone (TLS, ALPN "h2"), many streams on a connection; ranges, nothing goes wrong.

usage: h2_server.py FOLDER CERTIFICATE KEY

FOLDER/h2-log gets a line for every connection ("connection") and for every stream (first byte asked for, status)."""
import os
import socket
import ssl
import sys
import threading

import h2.config
import h2.connection
import h2.events

folder = sys.argv[1]
with open(os.path.join(folder, "data.bin"), "rb") as f:
    DATA = f.read()
log = open(os.path.join(folder, "h2-log"), "a", buffering=1)


class Connection:
    def __init__(self, sock):
        self.sock = sock
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        self.waiting = {}

    def answer(self, stream, headers):
        headers = {k.decode() if isinstance(k, bytes) else k: v.decode() if isinstance(v, bytes) else v for k, v in headers}
        wanted = headers.get("range", "")
        first, last = 0, len(DATA) - 1
        if wanted:
            a, b = wanted.removeprefix("bytes=").split("-")
            first, last = int(a), min(int(b), last)
        body = DATA[first:last + 1]
        log.write(f"{first} {206 if wanted else 200}\n")
        self.h2.send_headers(stream, [(":status", "206" if wanted else "200"), ("content-length", str(len(body))),
                                      ("content-range", f"bytes {first}-{last}/{len(DATA)}"), ("etag", '"1"')])
        self.waiting[stream] = memoryview(body)

    def send(self):
        """A frame of each stream in turn, as far as the windows allow."""
        moved = True
        while moved:
            moved = False
            for stream, body in list(self.waiting.items()):
                n = min(len(body), self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size)
                if n <= 0 and len(body):
                    continue
                self.h2.send_data(stream, bytes(body[:n]), end_stream=n == len(body))
                self.waiting[stream] = body[n:]
                if n == len(body):
                    del self.waiting[stream]
                moved = True
                self.sock.sendall(self.h2.data_to_send())

    def run(self):
        log.write("connection\n")
        self.h2.initiate_connection()
        self.sock.sendall(self.h2.data_to_send())
        while data := self.sock.recv(65536):
            for event in self.h2.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    self.answer(event.stream_id, event.headers)
                elif isinstance(event, h2.events.StreamReset):
                    self.waiting.pop(event.stream_id, None)
            self.send()
            self.sock.sendall(self.h2.data_to_send())


def serve(sock):
    try:
        tls = context.wrap_socket(sock, server_side=True)
        if tls.selected_alpn_protocol() == "h2":
            Connection(tls).run()
        tls.close()
    except (OSError, ssl.SSLError):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
context.set_alpn_protocols(["h2"])
listener = socket.create_server(("127.0.0.1", 0))


def accept():
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=serve, args=(sock,), daemon=True).start()


threading.Thread(target=accept, daemon=True).start()
print(listener.getsockname()[1], flush=True)
sys.stdin.read()
