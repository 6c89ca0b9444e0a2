"""What a shell cannot do to `minnow pull`: end it at chosen moments, run two at once, sit at its terminal.

usage: pull.py interrupt COMMAND...	SIGINT once it told its progress twice; its exit status
       pull.py kill N COMMAND...	SIGKILL at the Nth line of progress: 137; or 0 when it was done before
       pull.py twice COMMAND...		two of it, the second once the first fetches; the worse status
       pull.py answer TEXT COMMAND...	TEXT typed at its questions on a terminal of 80 columns; what it showed, its status
"""
import os
import pty
import select
import signal
import subprocess
import sys
import time


def status(code):
    return code if code >= 0 else 128 - code


def at_progress(sig, at, *command):
    """At the line of progress with number AT."""
    child = subprocess.Popen(command, stderr=subprocess.PIPE)
    n = 0
    for line in child.stderr:
        sys.stderr.buffer.write(line)
        n += b" %, " in line
        if n == at:
            child.send_signal(sig)
            n += 1
    return status(child.wait())


def interrupt(*command):
    return at_progress(signal.SIGINT, 2, *command)


def kill(at, *command):
    return at_progress(signal.SIGKILL, int(at), *command)


def twice(*command):
    parts = os.path.join(os.environ["MINNOW_STORE"], "parts")
    first = subprocess.Popen(command)
    while first.poll() is None and not (os.path.isdir(parts) and os.listdir(parts)):
        time.sleep(0.01)
    second = subprocess.Popen(command)
    return max(status(first.wait()), status(second.wait()))


def answer(text, *command):
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.execvp(command[0], command)
    shown, typed = b"", 0
    while True:
        if select.select([fd], [], [], 60)[0]:
            try:
                data = os.read(fd, 4096)
            except OSError:
                data = b""
            if not data:
                break
            shown += data
        if shown.lower().count(b"/n] ") > typed:
            os.write(fd, text.encode() + b"\n")
            typed += 1
    sys.stdout.buffer.write(shown.replace(b"\r\n", b"\n"))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


sys.exit({"interrupt": interrupt, "kill": kill, "twice": twice, "answer": answer}[sys.argv[1]](*sys.argv[2:]))
