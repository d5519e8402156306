"""The console and its terminal: taken over, drawn sparingly, and given back on every way out. On fixtures."""

import os
import re
import signal
import subprocess
import time

import pytest
from terminal_driver import Terminal


def opened(screens, scenario="orders", *options, **arguments):
    terminal = Terminal([screens, *options, scenario], **arguments)
    terminal.wait_for("headgate")
    return terminal


@pytest.mark.parametrize("keys", [["q", "y"], ["Q"], ["\x03", "\x03"], [":", "q", "Enter"], ["2", "q", "q", "y"]])
def test_leaving_restores(screens, keys):
    with opened(screens) as terminal:
        terminal.send(*keys)
        assert terminal.finish() == 0
        assert terminal.is_restored()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals_end_it_in_order(screens, number):
    with opened(screens) as terminal:
        terminal.process.send_signal(number)
        assert terminal.finish() == 0
        assert terminal.is_restored()


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL,
                                    signal.SIGQUIT])
def test_faults_restore_and_kill(screens, number, tmp_path):
    with opened(screens) as terminal:
        with open(f"/proc/{terminal.process.pid}/limits", encoding="ascii") as file:
            core = next(line for line in file if line.startswith("Max core file size"))
        assert core.split()[4] == "0", "a core would hold secrets"
        terminal.process.send_signal(number)
        assert terminal.finish() == -number
        assert terminal.is_restored()


def paste(terminal, text):
    terminal.send("\x1b[200~" + text + "\x1b[201~")


def test_what_is_pasted_is_no_key(screens):
    """Not to leave, not to confirm, not to arm; where a line is typed, its first line is taken, and confirms nothing."""
    with opened(screens) as terminal:
        terminal.wait_for("orders")
        paste(terminal, "Q2:arm\r")
        terminal.wait_for("what is pasted is taken only where")
        assert "TOPICS" in terminal.text() and "READ-ONLY" in terminal.text()
        terminal.send("q")
        terminal.wait_for("leave headgate? y/n")
        paste(terminal, "y")
        terminal.drain()
        assert "leave headgate? y/n" in terminal.text() and terminal.process.poll() is None
        terminal.send("n", ":")
        paste(terminal, "skew orders connect-orders-s3\r:arm\r")
        terminal.wait_for(":skew orders connect-orders-s3")
        terminal.drain()
        assert "TOPICS" in terminal.text() and "s3:arm" not in terminal.text()
        terminal.send("Enter")
        terminal.wait_for("SKEW")
        assert "READ-ONLY" in terminal.text()
        terminal.send("Q")
        assert terminal.finish() == 0


def test_a_shell_that_had_the_terminal_leaves_pastes_marked(screens):
    """It cannot tell the terminal of a stop that nobody can catch, and the shell has switched the marks off."""
    with opened(screens) as terminal:
        terminal.wait_for("orders")
        terminal.process.send_signal(signal.SIGSTOP)
        terminal.drain()
        before = len(terminal.output)
        terminal.process.send_signal(signal.SIGCONT)
        terminal.settle()
        assert b"\x1b[?2004h" in terminal.output[before:]
        terminal.send("Q")
        assert terminal.finish() == 0 and terminal.is_restored()


@pytest.mark.parametrize("term, keys", [("rxvt", ["\x1bOb", "\x1bOB"]), ("rxvt-unicode-256color", ["\x1b[b", "\x1b[3@"]),
                                        ("linux", ["\x1b[Z"])])
def test_keys_that_few_terminals_have_are_no_paste(screens, term, keys):
    """ncurses gives them numbers behind its own: the marks' must be others."""
    for key in keys:
        with opened(screens, term=term) as terminal:
            terminal.wait_for("? help")
            terminal.send(key)
            terminal.drain()
            assert "what is pasted" not in terminal.text()
            terminal.send("?")
            terminal.wait_for("HELP", seconds=5)


def test_hang_up_ends_it(screens):
    with opened(screens) as terminal:
        terminal.hang_up()
        assert terminal.process.wait(timeout=20) == 0


def test_end_of_input_ends_it(screens):
    """No signal at all: only the other end of the terminal is gone."""
    with Terminal(["setsid", "--wait", screens, "silent"]) as terminal:
        terminal.wait_for("TOPICS")
        terminal.hang_up()
        assert terminal.process.wait(timeout=20) in (0, -signal.SIGHUP)


def test_ctrl_z_stops_and_continues(screens):
    """In a shell, for a process group that nobody could continue is not stopped."""
    with Terminal(["bash", "--norc", "--noprofile", "-i"], PS1="ready> ") as terminal:
        terminal.wait_for("ready>")
        terminal.send(f"stty -g; {screens} orders\r")
        terminal.wait_for("TOPICS")
        terminal.send("\x1a")
        terminal.wait_for("Stopped")
        terminal.send("clear; stty -g\r")
        terminal.wait_for(lambda text: text.count(":") > 20 and "ready>" in text)
        terminal.send("clear; fg\r")
        terminal.wait_for(lambda text: "TOPICS" in text and "orders" in text and "? help" in text)
        terminal.send("2")
        terminal.wait_for("GROUPS")
        terminal.send("Q")
        terminal.wait_for("ready>")
        terminal.send("exit\r")
        terminal.finish()
    settings = re.findall(r"[0-9a-f]+(?::[0-9a-f]+){20,}", terminal.output.decode("utf-8", "replace"))
    assert len(settings) == 2 and settings[0] == settings[1]


@pytest.mark.parametrize("term", ["xterm-256color", "tmux-256color", "screen", "linux", "vt100", "xterm"])
def test_kinds_of_terminal(screens, term):
    with opened(screens, term=term) as terminal:
        terminal.wait_for("? help")
        terminal.send("2")
        terminal.wait_for("connect-orders-s3")
        terminal.send("Q")
        assert terminal.finish() == 0


@pytest.mark.parametrize("term", ["dumb", "no-such-terminal"])
def test_useless_terminal_is_refused(screens, term):
    with Terminal([screens, "orders"], term=term) as terminal:
        assert terminal.finish() != 0
        assert b"--json" in terminal.output
        assert b"\x1b" not in terminal.output


def test_no_terminal_is_refused(screens):
    done = subprocess.run([screens, "orders"], stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False)
    assert done.returncode != 0 and done.stdout == b""
    assert b"terminal" in done.stderr and b"--json" in done.stderr


def test_keys_act_while_nothing_is_answered(screens):
    """50 ms is the promise; a busy machine may miss it now and then, but not most of the time."""
    took = []
    with opened(screens, "silent") as terminal:
        terminal.wait_for("waiting for the first answer")
        for _ in range(10):
            for key, shown in (("?", "HELP"), ("q", "TOPICS")):
                began = time.monotonic()
                terminal.send(key)
                terminal.wait_for(shown)
                took.append(time.monotonic() - began)
    assert sorted(took)[len(took) // 2] < 0.05, took


def test_escape_is_quick(screens):
    took = []
    with opened(screens) as terminal:
        for _ in range(5):
            terminal.send("?")
            terminal.wait_for("HELP")
            began = time.monotonic()
            terminal.send("Esc")
            terminal.wait_for("TOPICS")
            took.append(time.monotonic() - began)
    assert min(took) < 0.2, took


def test_few_bytes(screens):
    """Under 2 kB a key and 1 kB/s idle at 120x40, and nothing is repainted."""
    with opened(screens, lines=40, columns=120) as terminal:
        terminal.send(*":skew clicks connect-clicks-s3", "Enter")
        terminal.wait_for("SKEW")
        terminal.drain()
        for key in ("j", "k", "j", "PgDn", "i", "o", "S", "/", "p", "Esc"):
            before = len(terminal.output)
            terminal.send(key)
            terminal.drain()
            cost = len(terminal.output) - before
            assert cost < (8000 if key in ("PgDn", "S", "p", "Esc", "i", "o") else 2000), (key, cost)
        before = len(terminal.output)
        until = time.monotonic() + 3
        while time.monotonic() < until:
            terminal.read(0.1)
        assert len(terminal.output) - before < 3 * 1000
        assert b"\x1b[2J" not in terminal.output[before:] and b"\x1b[H\x1b[J" not in terminal.output[before:]
        terminal.send("\x0c")
        terminal.drain()
        assert b"SKEW" in terminal.output[-20000:]


def test_storm_of_sizes(screens):
    with opened(screens) as terminal:
        for i in range(60):
            terminal.resize(20 + i % 21, 60 + i)
        terminal.resize(19, 80)
        terminal.wait_for("needs 60x20, has 80x19")
        terminal.resize(40, 120)
        terminal.wait_for(lambda text: "? help" in text.splitlines()[-1] and "every 10s" in text.splitlines()[0])
        assert len(terminal.screen.display[0].rstrip()) == 120
        terminal.send("Q")
        assert terminal.finish() == 0


def test_nothing_foreign_reaches_the_terminal(screens):
    with opened(screens, "hostile") as terminal:
        terminal.wait_for("x1b[31mred")
        for keys in (["G"], ["2"], ["G"], ["g"], ["Enter"], ["G"], ["6"]):
            terminal.send(*keys)
            terminal.drain()
        terminal.send("Q")
        assert terminal.finish() == 0
        for evil in (b"\x1b]", b"\x1b[31mred", b"\x1b[2Jgone", b"\x07", b"\xff", b"\xc2\x9b", b"\xe2\x80\xae",
                     b"\x1b[31mnot"):
            assert evil not in terminal.output, evil


@pytest.mark.parametrize("options", [["--no-color"]])
def test_no_colours(screens, options):
    with opened(screens, "orders", *options) as terminal:
        terminal.wait_for("? help")
        terminal.send("2")
        terminal.wait_for("GROUPS")
        terminal.send("Q")
        terminal.finish()
        for colour in range(30, 38):
            assert b"\x1b[%dm" % colour not in terminal.output


def test_typed_bytes_that_are_no_text(screens):
    """Invalid UTF-8, function keys and half an escape sequence neither end it nor get stuck."""
    with opened(screens) as terminal:
        os.write(terminal.master, b"\xff\xfe\xc3\x1b[999~\x1bO\x1b[\x00\x01\x02")
        terminal.drain()
        terminal.send("Esc", "Esc")
        terminal.drain()
        terminal.send("2")
        terminal.wait_for("GROUPS")
        terminal.send("Q")
        assert terminal.finish() == 0
