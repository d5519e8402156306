"""The whole cutover by keys, and a terminal that goes away in the middle of one: counted by the witness."""

import contextlib
import os
import re
import signal
import sys

import oracle
import pytest
from program import wait_for
from streams import Stream

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "screens"))
from terminal_driver import Terminal  # noqa: E402


@contextlib.contextmanager
def armed(headgate, tmp_path, *arguments):
    """The console on a cluster whose settings allow to arm, armed."""
    properties = tmp_path / "client.properties"
    properties.write_text("headgate.allow_write=true\n")
    command = [headgate.path, "-b", headgate.sandbox.broker.address, "-F", str(properties), "--endpoint-url",
               headgate.sandbox.s3.endpoint, *arguments]
    with Terminal(command, **headgate.environment()) as terminal:
        terminal.wait_for("TOPICS")
        terminal.send(*":arm", "Enter")
        terminal.wait_for("ARMED", seconds=60)
        yield terminal


def prompt_of(terminal, done):
    """What the prompt asks to be typed, once it asks for something that was not typed yet."""
    found = []

    def is_asked(text):
        found[:] = re.findall(r"^ type (.+):$", text, re.MULTILINE)
        return found and found[0] not in done

    terminal.wait_for(is_asked)
    return found[0]


def launch(terminal, group, start, name):
    """From the topics on, as an operator goes; what the command line did not give is typed."""
    terminal.wait_for(re.compile(r"TOPICS +\d").search, seconds=60)  # it may be below the last line
    terminal.send(*f":skew orders {group}", "Enter")
    terminal.wait_for(lambda text: "SKEW" in text and re.search(r"T (\d+)/\1\b", text), seconds=60)
    terminal.send(*f":launch {start}", "Enter")
    terminal.wait_for("Enter, then type the stream's name", seconds=60)
    terminal.send("Enter")
    terminal.wait_for("a name for the stream")
    terminal.send(*name, "Enter")
    # A screen is read in pieces: the frame's lower rule comes after the row that says what to type.
    terminal.wait_for(lambda text: re.search(r"\| next +Enter, then type.*\|\n \+-+\+", text), seconds=60)
    terminal.send("Enter")
    confirmed = set()
    while (asked := prompt_of(terminal, confirmed)) != "the stream's name to start":
        terminal.send(*asked, "Enter")
        confirmed.add(asked)
    terminal.send(*name, "Enter")
    terminal.wait_for("PIPELINE", seconds=60)


def all_numbers(orders):
    return {record.seq for records in orders["records"].values() for record in records if record.seq is not None}


def test_the_whole_cutover_by_keys(headgate, sandbox, orders, tmp_path):
    sandbox.s3.create_bucket("allbykeys")
    with armed(headgate, tmp_path, "--bucket", "allbykeys", "--prefix", "k/", "--until", "end", "--size", "1") as terminal:
        launch(terminal, orders["group"], "committed", "allbykeys")
        terminal.wait_for("STOPPED", seconds=120)
        terminal.send("5")
        terminal.wait_for("VERDICT PASS", seconds=60)
        terminal.send("Q")
        assert terminal.finish() == 0 and terminal.is_restored()
    place = ["--stream", "allbykeys", "--bucket", "allbykeys", "--prefix", "k/"]
    audit = headgate.json("audit", *place)
    assert (audit["verdict"], audit["chain"], audit["foreign"]) == ("pass", {"holes": 0, "overlaps": 0}, 0)
    assert set(oracle.sequence_numbers(sandbox, "allbykeys", "k/").values()) == {1}
    assert audit["cutover"]["found"]["gap"] == 0
    old, new = set(orders["old"]), set(oracle.sequence_numbers(sandbox, "allbykeys", "k/"))
    assert old | new == all_numbers(orders), "no record may be in neither side"


def test_a_terminal_that_goes_away(headgate, sandbox, orders, tmp_path):
    sandbox.s3.create_bucket("hangup")
    stream = Stream(headgate, "hangup", "orders", "hangup", "--size", "1", "--compression", "none")
    with armed(headgate, tmp_path, "--bucket", "hangup", "--prefix", stream.prefix, "--until", "end", "--size", "1",
               "--compression", "none") as terminal:
        launch(terminal, orders["group"], "earliest", "hangup")
        wait_for(lambda: stream.objects(), what="a first object")
        os.kill(terminal.process.pid, signal.SIGHUP)
        terminal.process.wait(timeout=60)
    stored = oracle.sequence_numbers(sandbox, "hangup", stream.prefix)
    assert 0 < len(stored) < len(all_numbers(orders)), f"{len(stored)}: the terminal went away too late to show anything"
    stream.assert_commits_follow()
    stream.run()
    oracle.assert_exactly_once(sandbox, "hangup", stream.prefix, all_numbers(orders))
