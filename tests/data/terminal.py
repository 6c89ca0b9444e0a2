"""Run a command on a terminal of its own of 80 columns and 24 lines.

usage: terminal.py KEYS COMMAND...

KEYS (with \\n and the like) are typed as soon as the command has written something that ends in a blank, as a question does,
one line each time.  Prints all that the terminal showed, and ends with the command's status; 124 after 30 seconds."""
import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time

keys = sys.argv[1].encode().decode("unicode_escape").encode().splitlines(keepends=True)
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.execvp(sys.argv[2], sys.argv[2:])
seen = b""
end = time.monotonic() + 30
while time.monotonic() < end:
    if not select.select([fd], [], [], 0.1)[0]:
        continue
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    seen += data
    if keys and seen.endswith(b" "):
        os.write(fd, keys.pop(0))
else:
    os.kill(pid, 9)
    sys.exit(124)
sys.stdout.buffer.write(seen.replace(b"\r\n", b"\n"))
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 255)
