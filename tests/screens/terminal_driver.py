"""A program on a pseudo-terminal of its own, and the screen it draws, as pyte understands it."""

import codecs
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

import pyte

KEYS = {"Enter": "\r", "Esc": "\x1b", "Tab": "\t", "Down": "\x1bOB", "Up": "\x1bOA", "PgDn": "\x1b[6~", "F1": "\x1bOP",
        "F5": "\x1b[15~", "F6": "\x1b[17~"}


class Terminal:
    """Use as a context manager: what still runs at the end is killed."""

    def __init__(self, command, lines=24, columns=80, term="xterm-256color", **environment):
        self.master, self.slave = pty.openpty()
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.Stream(self.screen)
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.output = b""  # everything that was sent
        self.resize(lines, columns, tell=False)
        self.before = termios.tcgetattr(self.slave)
        env = {**os.environ, "TERM": term, "LC_ALL": "C.UTF-8", **environment}
        for name in ("NO_COLOR", "ESCDELAY", "LINES", "COLUMNS"):
            if name not in environment:
                env.pop(name, None)
        self.process = subprocess.Popen(command, stdin=self.slave, stdout=self.slave, stderr=self.slave, env=env,
                                        start_new_session=True, preexec_fn=self._take)

    def _take(self):
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()
        for descriptor in (self.master, self.slave):
            if descriptor is not None:
                os.close(descriptor)

    def read(self, seconds=0.05):
        """Takes what comes within the time. False when nothing did."""
        ready, _, _ = select.select([self.master], [], [], seconds)
        if not ready:
            return False
        chunk = os.read(self.master, 65536)
        self.output += chunk
        self.stream.feed(self.decoder.decode(chunk))
        return True

    def drain(self, quiet=0.2):
        """Reads until nothing comes for a while."""
        while self.read(quiet):
            pass

    def settle(self, seconds=1):
        """Reads for a time: a clock that ticks, or a delivery that runs, is never quiet."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.read(left)

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def wait_for(self, wanted, seconds=20):
        """Until the text stands on the screen, or until a function of the screen's text is true."""
        true = wanted if callable(wanted) else lambda text: wanted in text
        deadline = time.monotonic() + seconds
        while not true(self.text()):
            assert time.monotonic() < deadline, (f"{wanted!r} did not appear:\n{self.text()}\nThe last that was sent:\n"
                                                 f"{self.output[-8000:]!r}")
            self.read(0.02)
        return self.text()

    def send(self, *keys):
        for key in keys:
            os.write(self.master, KEYS.get(key, key).encode())

    def resize(self, lines, columns, tell=True):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.screen.resize(lines, columns)
        if tell:
            self.process.send_signal(signal.SIGWINCH)

    def finish(self, seconds=20):
        """Waits for the program's end, reading all the while. Gives its exit code."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"still running:\n{self.text()}"
            self.read(0.02)
        while self.read(0.02):
            pass
        return self.process.returncode

    def hang_up(self):
        """Closes our end, as when the connection is lost."""
        os.close(self.master)
        os.close(self.slave)
        self.master = self.slave = None

    def is_restored(self):
        """The line settings are as before, and the last bytes left the alternate screen, showed the cursor, and let what is
        pasted be keys again."""
        restored = termios.tcgetattr(self.slave) == self.before
        shown = self.output.rfind(b"\x1b[?25l") <= self.output.rfind(b"\x1b[?25h")
        pasted = 0 <= self.output.rfind(b"\x1b[?2004h") < self.output.rfind(b"\x1b[?2004l")
        return restored and shown and pasted and b"\x1b[?1049l" in self.output[-200:]
