"""Processes and ports: every server dies with the process that started it, and is stopped by its own id only."""

import ctypes
import os
import random
import signal
import socket
import subprocess
import time

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class SandboxError(Exception):
    """Something that the person at the keyboard can understand and mend."""


def free_port(taken=(), wanted=None):
    """A loopback port that nobody listens on; the wanted one if it is free.

    Taken from below the kernel's range for outgoing connections: a server that was killed must find its port
    free when it is started again, and no client's outgoing connection may sit on it meanwhile.
    """
    for port in [wanted] * (wanted is not None) + [random.randint(20000, 31999) for _ in range(1000)]:
        if port in taken:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise SandboxError("no free port on 127.0.0.1")


def start_time(pid):
    """When the process started, in clock ticks since boot, or None: tells a process from a later one with the same id."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            fields = stat.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


def spawn(command, log_path, cwd, env=None):
    """Starts a server in a session of its own, with its output appended to a log.

    Its own session keeps Ctrl-C on the terminal away from it, so that its owner can stop it in good order. The
    kernel kills it when the owner's thread ends, however that ends; so the owner starts servers from its main thread.
    """
    owner = os.getpid()

    def bind_to_owner():
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != owner:
            os._exit(127)

    with open(log_path, "ab") as log:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, cwd=cwd,
            start_new_session=True, preexec_fn=bind_to_owner)


def stop(process, grace=10.0):
    """Asks a process to end, and kills it when it has not ended after grace seconds."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(condition, seconds, what, process=None, log_path=None, interval=0.1):
    """Calls condition until it gives something true, which is returned.

    Gives up after the seconds, or at once when the process (if given) has ended, and then shows the end of its log.
    """
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if process is not None and process.poll() is not None:
            raise SandboxError(f"{what}: process ended with {process.returncode}{log_tail(log_path)}")
        if time.monotonic() > deadline:
            raise SandboxError(f"{what}: not within {seconds:g} s{log_tail(log_path)}")
        time.sleep(interval)


def log_tail(path, lines=15):
    if path is None or not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8", errors="replace") as log:
        tail = log.read()[-20000:].splitlines()[-lines:]
    return f"\n  end of {path}:\n" + "\n".join("    " + line for line in tail)
