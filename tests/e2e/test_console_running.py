"""A delivery that runs in the console: paused, resized, watched by another console, left by its broker and found again."""

import os
import re
import time

import pytest

import oracle
from fault_proxy import FaultProxy
from program import wait_for
from test_console import (below_row_1, console, delivering, fixture_place, is_through, stream_of,  # noqa: F401
                          topics_are_listed, wanted_numbers)

SIZES = ((20, 60), (10, 40), (60, 200), (24, 80), (40, 120))
ROWS = re.compile(r"^ p(\d) +([\d,]+) +([\d,]+) +([\d,]+) ", re.MULTILINE)


def rows_of(text):
    """{partition: the first three numbers of its row}."""
    return {int(row[0]): tuple(int(value.replace(",", "")) for value in row[1:]) for row in ROWS.findall(text)}


def answers(terminal, title):
    """Help and back, within two seconds."""
    began = time.monotonic()
    terminal.send("?")
    terminal.wait_for("HELP", seconds=2)
    terminal.send("q")
    terminal.wait_for(title, seconds=2)
    assert time.monotonic() - began < 2, title


def through_all_sizes(terminal, title):
    """After each size the view is there in full, and the last is the first again."""
    for lines, columns in SIZES:
        terminal.resize(lines, columns)
        if lines < 20 or columns < 60:
            terminal.wait_for(f"needs 60x20, has {columns}x{lines}")
        else:
            terminal.wait_for(lambda text, line=lines - 1: title in text and "? help" in text.split("\n")[line])


@pytest.fixture(name="keys", scope="module")
def fixture_keys(headgate):
    return {key: value for key, value in headgate.environment().items() if key.startswith("AWS_")}


def test_paused_watched_and_without_a_broker(headgate, sandbox, orders, place, keys):
    stream = stream_of(headgate, "weathers", place)
    there = ("--bucket", place, "--prefix", stream.prefix, "--endpoint-url", sandbox.s3.endpoint)
    with delivering(headgate, orders, place, "weathers") as terminal, \
            console(headgate, *there, "--refresh", "1", **keys) as other:
        wait_for(lambda: stream.objects() or terminal.read(0.1) and None, 60, "an object")
        through_all_sizes(terminal, "PIPELINE")
        terminal.send("p")
        terminal.wait_for("y/N")
        terminal.send("y")
        terminal.wait_for("PAUSED")
        answers(terminal, "PIPELINE")
        terminal.send("p")
        terminal.wait_for("read on? y/N")
        terminal.send("y")
        terminal.wait_for("RUNNING")

        # Another console knows of it by the group's commits alone, and says what they say.
        other.wait_for(topics_are_listed)
        other.send("4")
        other.wait_for("STREAMS")
        other.send(*"/weathers", "Enter")
        other.wait_for(lambda text: re.search(r"^ weathers +orders +Stable +1 +6 ", text, re.MULTILINE), 60)
        other.send("Enter")
        terminal.settle(3)
        other.wait_for(lambda text: {number: row[0] for number, row in rows_of(text).items()} == stream.committed(), 60)
        assert {number: row[1] for number, row in rows_of(other.text()).items()} == sandbox.broker.ends("orders")

        terminal.send("5")
        terminal.wait_for("VERDICT OPEN", seconds=60)
        sandbox.broker.kill()
        try:
            answers(terminal, "AUDIT")
            terminal.send("r")
            terminal.wait_for(lambda text: re.search("as of .*cannot", text) and "VERDICT OPEN" in text, seconds=60)
            terminal.send("4")
            for console_, said in ((terminal, "brokers cannot be reached since "), (other, "as of ")):
                console_.wait_for(lambda text, said=said: "old ~" in text and said in text, seconds=90)
                answers(console_, "PIPELINE")
        finally:
            sandbox.broker.start()
        for console_ in (terminal, other):
            console_.wait_for(lambda text: not re.search("old ~|as of |cannot be reached", text), seconds=90)
        wait_for(lambda: is_through(sandbox, stream) or terminal.send("F") or terminal.read(0.3) and None, 120, "all")
        other.wait_for(lambda text: set(row[2] for row in rows_of(text).values()) == {0}, 60)
        terminal.send("X")
        terminal.wait_for("y/N")
        terminal.send("y")
        terminal.wait_for("STOPPED", seconds=60)
        other.send("Q")
        assert other.finish() == 0

        terminal.send("5")
        terminal.wait_for("VERDICT PASS", seconds=60)
        through_all_sizes(terminal, "AUDIT")
        terminal.send("d")
        terminal.wait_for(lambda text: re.search(r"read all \d+ objects, .* y/N", text))
        terminal.send("y")
        terminal.wait_for(f"PASS: {len(stream.objects())} objects read, 0 not as they say", seconds=60)
        terminal.send("Q")
        assert terminal.finish(60) == 0
    wanted, starts = wanted_numbers(orders)
    stream.assert_whole(wanted, starts)


def test_broker_lost_during_a_delivery(headgate, sandbox, orders, place):
    """Said at once, and not that somebody else has the partitions; gone when the broker is back, and nothing is stored twice."""
    stream = stream_of(headgate, "bereft", place)
    said = re.compile(r"^ brokers cannot be reached since \d\d:\d\d:\d\dZ, trying again: ", re.MULTILINE)
    with delivering(headgate, orders, place, "bereft", "--interval", "1") as terminal:
        wait_for(lambda: len(stream.objects()) > 6 or terminal.read(0.1) and None, 60, "objects")
        assert "cannot be reached" not in terminal.text()
        sandbox.broker.kill()
        try:
            text = terminal.wait_for(said.search, seconds=6)
            assert "elsewhere" not in text
            text = terminal.wait_for(lambda text: text.count("no broker") == 6, seconds=60)
            assert "elsewhere" not in text and said.search(text)
            answers(terminal, "PIPELINE")
        finally:
            sandbox.broker.start()
        terminal.wait_for(lambda text: not re.search("cannot be reached|no broker", text), seconds=60)
        wait_for(lambda: is_through(sandbox, stream) or terminal.send("F") or terminal.read(0.3) and None, 120, "all")
        assert "elsewhere" not in terminal.text()
        terminal.send("X")
        terminal.wait_for("y/N")
        terminal.send("y")
        terminal.wait_for("STOPPED", seconds=60)
        terminal.send("Q")
        assert terminal.finish(60) == 0
    wanted, starts = wanted_numbers(orders)
    stream.assert_whole(wanted, starts)
    with open(os.path.join(headgate.state_folder(), "headgate", "headgate.log"), encoding="utf-8") as log:
        lines = [line for line in log if " delivery " in line and " brokers " in line]
    assert re.search("the brokers cannot be reached, trying again: .* refused", lines[-2]) and "the brokers answer again" in lines[-1], lines


def test_read_to_the_end_and_aborted(headgate, sandbox, orders, place):
    """What is read and not stored is never shown as delivered: not while its objects are open, nor when they are dropped."""
    stream = stream_of(headgate, "aborted", place)
    with delivering(headgate, orders, place, "aborted", "--size", "100") as terminal:
        waits = re.compile(r"all is read; ([\d,]+) offsets wait in open objects \(100 MiB, 300 s, or F\)")
        text = terminal.wait_for(lambda text: waits.search(text) and "drain caught up" in text, seconds=60)
        assert ", read and not stored yet" in text and "never" not in text
        before = rows_of(text)
        left = sum(row[2] for row in before.values())
        assert left > 0 and waits.search(text)[1] == f"{left:,}"
        stored = stream.objects()
        terminal.send("A", *"aborted", "Enter")
        terminal.wait_for("STOPPED", seconds=60)
        terminal.wait_for("c copy  x export")
        terminal.settle()  # a screen is read in pieces
        text = terminal.text()
        assert "aborted: what was read and not stored is dropped" in text
        assert rows_of(text) == before, "nothing was delivered"
        assert re.search("^ waves .*: aborted; a resume goes on with [1-6]$", text, re.MULTILINE) and "caught up" not in text
        states = {int(row[0]): row[1] for row in re.findall(r"^ p(\d) .* ([=\w]+) *$", text, re.MULTILINE)}
        assert states == {number: "dropped" if row[2] else "=" for number, row in before.items()}
        terminal.send("Q")
        assert terminal.finish(60) == 0
    assert stream.objects() == stored
    with open(os.path.join(headgate.state_folder(), "headgate", "headgate.log"), encoding="utf-8") as log:
        lines = [line.rstrip() for line in log if " aborted" in line or "offsets committed: gap 0" in line]
    for wanted in (r" I s3 +aborted/_headgate/aborted\.json written, plan [0-9a-f]{8}$",
                   r" I kafka +6 offsets committed: gap 0, dup [\d,]+, lost 0, lost unknown 1$",
                   rf" I delivery aborted aborted: {len(stored)} objects?, .* stored, retries 0, parked 0, to end {left:,}$"):
        assert any(re.search(wanted, line) for line in lines), (wanted, lines)


def test_flush_tries_at_once_what_is_parked(headgate, sandbox, orders, place):
    """A right that was missing for a moment parks each partition for a minute; the operator need not wait for that."""
    stream = stream_of(headgate, "parked", place)
    with FaultProxy(sandbox.s3.endpoint) as proxy:
        proxy.refuse(403, "AccessDenied", count=8, method="PUT")
        with delivering(headgate, orders, place, "parked", "--endpoint-url", proxy.endpoint, "--interval", "1") as terminal:
            wait_for(lambda: proxy.refused >= 4 or terminal.read(0.1) and None, 60, "refusals")
            terminal.wait_for("parked")
            began = time.monotonic()
            wait_for(lambda: is_through(sandbox, stream) or terminal.send("F") or terminal.read(0.3) and None, 120, "the end")
            took = time.monotonic() - began
            terminal.send("Q")
            terminal.wait_for("d drains")
            terminal.send("d")
            assert terminal.finish(60) == 0
    assert took < 45, f"{took:.0f} s: the next try by itself comes after 60 s"


def what_must_stay(text, title):
    """All below row 1. Above the guide's panel stands the list of topics, which may be longer than the screen: where it is
    scrolled to depends on the sizes before."""
    lines = below_row_1(text)
    return lines[next(number for number, line in enumerate(lines) if title in line):] if title.startswith("GUIDE") else lines


def test_launch_record_and_guide_in_all_sizes(headgate, sandbox, orders, place, keys):
    arguments = ("--bucket", place, "--prefix", "sizes/", "--stream", "sizes", "--endpoint-url", sandbox.s3.endpoint)
    with console(headgate, *arguments, lines=40, columns=120, **keys) as terminal:
        for keys_, title in ((f":skew orders {orders['group']}", "SKEW"), (":launch safe", "START DELIVERY"), (":guide", "GUIDE 1 of 7")):
            terminal.send(*keys_, "Enter")
            terminal.wait_for(title, seconds=60)
            terminal.settle(2)
            if title == "SKEW":
                terminal.send("Enter")
                title = "RECORD"
                terminal.wait_for(title)
                terminal.settle()
            terminal.send("Z")
            terminal.wait_for("FROZEN")
            before = what_must_stay(terminal.text(), title)
            through_all_sizes(terminal, title.split()[0] if title != "START DELIVERY" else "orders")
            terminal.settle()
            assert what_must_stay(terminal.text(), title) == before, title
            terminal.send("Z")
        terminal.send("Q")
        assert terminal.finish() == 0


def test_launch_without_a_broker(headgate, sandbox, orders, place, keys):
    """The dialog's numbers are those of a broker that is gone: nothing is launched, and keys act."""
    arguments = ("--bucket", place, "--prefix", "gone/", "--stream", "gone", "--endpoint-url", sandbox.s3.endpoint, "-X",
                 "headgate.allow_write=true")
    with console(headgate, *arguments, lines=40, columns=120, **keys) as terminal:
        terminal.wait_for(topics_are_listed)
        terminal.send(*f":skew orders {orders['group']}", "Enter")
        terminal.wait_for("SKEW")
        terminal.send(*":arm", "Enter")
        terminal.wait_for("ARMED")
        terminal.send(*":launch safe", "Enter")
        terminal.wait_for("Enter, then type: skip unknown 1", seconds=60)
        sandbox.broker.kill()
        try:
            terminal.send("Enter", *"skip unknown 1", "Enter")
            terminal.wait_for("the stream's name")
            terminal.send("Enter", *"gone", "Enter")
            terminal.wait_for(lambda text: re.search("cannot (talk|read).*group headgate-gone|cannot talk to Kafka", text), seconds=60)
            answers(terminal, "orders")
        finally:
            sandbox.broker.start()
        assert not oracle.objects(sandbox, place, "gone/") and not list(sandbox.s3.list(place, "gone/_headgate/gone.json"))
        terminal.send("r")
        terminal.wait_for("Enter, then type: skip unknown 1", seconds=90)
        terminal.send("Q")
        assert terminal.finish() == 0
