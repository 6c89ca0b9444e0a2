"""A proxy on loopback: CONNECT, and whole addresses of http.

usage: proxy.py FOLDER [refuse]

FOLDER/proxy-log gets the first line of every request, and "token" when a request that the proxy can read has one.  With
"refuse" it wants a password that nobody has."""
import os
import socket
import sys
import threading

log = open(os.path.join(sys.argv[1], "proxy-log"), "a", buffering=1)


def pipe(a, b):
    try:
        while data := a.recv(65536):
            b.sendall(data)
    except OSError:
        pass
    for s in (a, b):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(sock):
    head = b""
    while b"\r\n\r\n" not in head:
        data = sock.recv(65536)
        if not data:
            return sock.close()
        head += data
    head, _, rest = head.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    verb, where, version = lines[0].split(" ")
    log.write(lines[0] + "\n")
    if any(line.lower().startswith("authorization:") for line in lines):
        log.write("token\n")
    if len(sys.argv) > 2:
        sock.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        return sock.close()
    path = ""
    if verb != "CONNECT":
        where, _, path = where.removeprefix("http://").partition("/")
    host, _, port = where.partition(":")
    to = socket.create_connection((host, int(port)))
    if verb == "CONNECT":
        sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        to.sendall(rest)
    else:
        # One request a connection: the next one has a whole address again.
        keep = [line for line in lines[1:] if not line.lower().startswith(("connection:", "proxy-connection:"))]
        to.sendall("\r\n".join([f"{verb} /{path} {version}", *keep, "Connection: close", "", ""]).encode("latin-1"))
    threading.Thread(target=pipe, args=(sock, to), daemon=True).start()
    pipe(to, sock)
    sock.close()
    to.close()


def accept():
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=serve, args=(sock,), daemon=True).start()


listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=accept, daemon=True).start()
print(listener.getsockname()[1], flush=True)
sys.stdin.read()
