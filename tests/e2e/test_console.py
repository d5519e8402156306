"""The console on real servers: what it shows is what the command line says, and it gives the terminal back."""

import contextlib
import datetime
import json
import os
import re
import signal
import socket
import sys
import time

import admin
import oracle
import pytest
from program import wait_for
from streams import Stream

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "screens"))
from terminal_driver import Terminal  # noqa: E402

SIGNS = {"caught_up": "=", "no_commit": "?", "below_start": "<", "open_transaction": "o", "past_end": ">", "error": "!"}


@contextlib.contextmanager
def console(headgate, *arguments, brokers=None, **options):
    command = [headgate.path, "-b", brokers or headgate.sandbox.broker.address, *arguments]
    options = {"XDG_STATE_HOME": headgate.state_folder(), **options}
    with Terminal(command, **options) as terminal:
        terminal.wait_for("headgate")
        yield terminal


def skew_rows(text):
    """{partition: (commit, to end, sign)} of the skew view."""
    rows = {}
    for line in text.splitlines():
        match = re.match(r" p(\d+) +[=#.<> ]*? {2,}(\d\d-\d\d \d\d:\d\d|\S+|) +(?:\d+m\d\ds )? *([\d,-]+) ?(\S?)$", line)
        if match:
            rows[int(match[1])] = (match[2], int(match[3].replace(",", "")), match[4])
    return rows


def clock(time_ms):
    """As the screen says it: with the date, and without seconds, when it was not today."""
    at, now = (datetime.datetime.fromtimestamp(s, datetime.timezone.utc) for s in (time_ms // 1000, time.time()))
    return at.strftime("%H:%M:%S" if at.date() == now.date() else "%m-%d %H:%M")


def wanted_rows(survey):
    rows = {}
    for row in survey["partitions"]:
        base = max(row["log_start"], row["committed"] or 0)
        commit = "=" if row["state"] == "caught_up" else "-"
        if row["committed_time_ms"] is not None:
            commit = clock(row["committed_time_ms"])
        rows[row["partition"]] = (commit, row["end"] - base, SIGNS.get(row["state"]))
    return rows


def check_skew(text, survey):
    shown, wanted = skew_rows(text), wanted_rows(survey)
    assert set(shown) == set(wanted)
    for partition, (commit, to_end, sign) in wanted.items():
        assert shown[partition][:2] == (commit, to_end), f"p{partition}: {shown[partition]}"
        assert shown[partition][2] == sign if sign else shown[partition][2] in (".", ":", "*", "@")
    total = next(line for line in text.splitlines() if line.startswith(" total"))
    assert int(total.split()[-1].replace(",", "")) == sum(to_end for _, to_end, _ in wanted.values())


def topics_are_listed(text):
    """There may be more of them than lines, for other tests make some too."""
    return re.search(r"TOPICS +\d", text)


def open_skew(terminal, group, topic="orders"):
    """Through the views as an operator goes: topics, the topic's groups, the partitions of one."""
    terminal.wait_for(topics_are_listed)
    terminal.send(*f"/{topic}", "Enter")
    terminal.wait_for(f"filter: {topic}")
    terminal.send("Enter")
    terminal.wait_for(lambda text: "GROUPS" in text and group in text)
    terminal.send(*f"/{group}", "Enter", "Enter")
    return terminal.wait_for(skew_is_complete)


def skew_is_complete(text):
    """Every time is there, and the screen is drawn to its end: the message row is the last that a change reaches."""
    return "SKEW" in text and re.search(r"T (\d+)/\1\b", text) and "total" in text and "reading times" not in text


def test_values_are_those_of_the_command_line(headgate, orders):
    survey = headgate.json("survey", "--topic", "orders", "--group", orders["group"])
    with console(headgate) as terminal:
        check_skew(open_skew(terminal, orders["group"]), survey)
        terminal.send("Q")
        assert terminal.finish() == 0
        assert terminal.is_restored()


def test_script_needs_no_terminal(headgate, orders, tmp_path):
    script = tmp_path / "console.script"
    script.write_text(f"type :skew orders {orders['group']}\nkey Enter\ndump {tmp_path}/skew.txt\n"
                      f"size 80 60\nkey 1\ndump {tmp_path}/topics.txt\n")
    done = headgate.run("", "--script", script)
    assert done.out == "" and re.fullmatch(r"headgate: \S+ I console  [\d,]+ keys to screen: p50 .* p99 .* bytes .*\n", done.err)
    survey = headgate.json("survey", "--topic", "orders", "--group", orders["group"])
    check_skew((tmp_path / "skew.txt").read_text().partition("\nroles\n")[0], survey)
    topics = (tmp_path / "topics.txt").read_text()
    for topic in headgate.json("topics")["topics"]:
        assert (topic["topic"][:20] in topics) == (not topic["internal"])


def test_wrong_script_is_refused(headgate, tmp_path):
    script = tmp_path / "wrong.script"
    script.write_text("# fine\nkey Entr\n")
    done = headgate.run("", "--script", script, accept=(2,))
    assert f"{script}:2: " in done.err and "Entr" in done.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals(headgate, orders, number):
    with console(headgate) as terminal:
        open_skew(terminal, orders["group"])
        terminal.process.send_signal(number)
        assert terminal.finish() == 0
        assert terminal.is_restored()


def test_fault(headgate, orders):
    with console(headgate) as terminal:
        open_skew(terminal, orders["group"])
        terminal.process.send_signal(signal.SIGSEGV)
        assert terminal.finish() == -signal.SIGSEGV
        assert terminal.is_restored()


def test_looking_writes_nothing(headgate, sandbox, orders):
    groups, written = admin.settled_groups(sandbox), admin.offsets_end(sandbox)
    with console(headgate, "--refresh", "1") as terminal:
        open_skew(terminal, orders["group"])
        for keys in (["r"], ["2"], ["1"], ["r"], ["2", "r"]):
            terminal.send(*keys)
            terminal.drain()
        terminal.send("Q")
        assert terminal.finish() == 0
    assert admin.groups(sandbox) == groups
    assert admin.groups_written_since(sandbox, written) == set()


def quick_keys(terminal):
    """Keys act, whatever the network does. 50 ms is the promise; the median leaves room for a busy machine."""
    took = []
    for _ in range(10):
        for key, shown in (("?", "HELP"), ("q", "TOPICS")):
            began = time.monotonic()
            terminal.send(key)
            terminal.wait_for(shown)
            took.append(time.monotonic() - began)
    assert sorted(took)[len(took) // 2] < 0.05, took


def test_network_that_never_answers(headgate):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(16)
        with console(headgate, brokers=f"127.0.0.1:{silent.getsockname()[1]}") as terminal:
            quick_keys(terminal)
            terminal.process.send_signal(signal.SIGTERM)
            assert terminal.finish(seconds=15) == 0
            assert terminal.is_restored()


def test_no_broker(headgate):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with console(headgate, brokers=f"127.0.0.1:{port}") as terminal:
        quick_keys(terminal)
        text = terminal.wait_for("r tries again", seconds=60)
        assert "127.0.0.1" in text
        quick_keys(terminal)
        terminal.send("Q")
        assert terminal.finish(seconds=15) == 0
        assert terminal.is_restored()


def test_no_broker_ends_a_script(headgate, tmp_path):
    """A question that fails is an answer: the script goes on, and does not wait for a better one."""
    script = tmp_path / "console.script"
    script.write_text(f"dump {tmp_path}/topics.txt\nkey 2\ndump {tmp_path}/groups.txt\n")
    headgate.run("", "-b", "127.0.0.1:9", "--refresh", "1", "--script", script, brokers=False, timeout=60)
    assert "127.0.0.1:9" in (tmp_path / "groups.txt").read_text()


def test_no_brokers_given(headgate):
    done = headgate.run("", brokers=False, accept=(2,))
    assert "-b" in done.err


TITLES = {"pipeline": "STREAMS"}  # without a delivery of its own
VIEWS = {"topics": "1", "groups": "2", "skew": "3", "start time": "s", "pipeline": "4", "audit": "5", "log": "6", "help": "?"}
SIZES = ((20, 60), (24, 80), (40, 120), (60, 200), (10, 40), (24, 80))


def below_row_1(text):
    """What a view shows, without the clock and the age of the data."""
    return text.split("\n")[1:]


@pytest.mark.parametrize("view", VIEWS)
def test_resize_loses_nothing(headgate, orders, view):
    with console(headgate) as terminal:
        open_skew(terminal, orders["group"])
        terminal.send("j", "j", VIEWS[view])
        terminal.wait_for(TITLES.get(view, view.upper()))
        if view == "audit":  # it asks for what it is not told
            terminal.wait_for("bucket:")
            terminal.send("Esc")
        terminal.settle()
        terminal.send("Z")  # nothing but the size changes from here on
        terminal.wait_for("FROZEN")
        terminal.drain()
        before = below_row_1(terminal.text())
        for lines, columns in SIZES:
            terminal.resize(lines, columns)
            if lines < 20 or columns < 60:
                terminal.wait_for(f"needs 60x20, has {columns}x{lines}")
            else:
                terminal.wait_for(lambda text, line=lines - 1: "? help" in text.split("\n")[line])
        terminal.drain()
        assert below_row_1(terminal.text()) == before
        terminal.send("Q")
        assert terminal.finish() == 0
        assert terminal.is_restored()


def test_terminal_closed(headgate, orders):
    with console(headgate) as terminal:
        open_skew(terminal, orders["group"])
        terminal.hang_up()
        assert terminal.process.wait(20) == 0


def test_broker_away_and_back(headgate, sandbox, orders):
    """In each view that asks the broker: the numbers stay, with their age and the reason; keys act; and it recovers."""
    with contextlib.ExitStack() as stack:
        terminals = {}
        for view in ("topics", "groups", "skew", "start time"):
            terminals[view] = stack.enter_context(console(headgate, "--refresh", "1", columns=120, lines=30))
            open_skew(terminals[view], orders["group"])
            terminals[view].send(VIEWS[view])
            terminals[view].wait_for(view.upper())
            terminals[view].settle()
        sandbox.broker.kill()
        try:
            for view, terminal in terminals.items():
                terminal.wait_for(lambda text: "old ~" in text and "as of " in text, seconds=90)
                assert ("total" if view == "start time" else "orders") in terminal.text(), view
                began = time.monotonic()
                terminal.send("?")
                terminal.wait_for("HELP", seconds=2)
                terminal.send("q")
                terminal.wait_for(view.upper(), seconds=2)
                assert time.monotonic() - began < 2, view
        finally:
            sandbox.broker.start()
        for view, terminal in terminals.items():
            terminal.wait_for(lambda text: "old ~" not in text and "as of " not in text, seconds=90)
            assert ("total" if view == "start time" else "orders") in terminal.text(), view
            terminal.send("Q")
            assert terminal.finish() == 0


def test_log_file(headgate, orders):
    """The path is on the screen, nobody else may read it, and what is not allowed stands in it as what it is."""
    with console(headgate, columns=160) as terminal:
        terminal.wait_for(topics_are_listed)
        terminal.send("6")
        path = os.path.join(headgate.state_folder(), "headgate", "headgate.log")
        terminal.wait_for(f"file {path}")
        assert os.stat(path).st_mode & 0o777 == 0o600
        terminal.send(*":arm", "Enter")
        terminal.wait_for("headgate.allow_write=true")
        terminal.send("Q")
        assert terminal.finish() == 0


def test_export_is_what_the_command_line_says(headgate, orders, tmp_path):
    path = tmp_path / "topics.json"
    with console(headgate, columns=160) as terminal:
        terminal.wait_for(topics_are_listed)
        terminal.settle()
        terminal.send(*"/orders", "Enter", *f":export {path}", "Enter")
        terminal.wait_for(f"written to {path}")
        terminal.send("Q")
        assert terminal.finish() == 0
    assert os.stat(path).st_mode & 0o777 == 0o600
    rows = {row["topic"]: row for row in json.loads(path.read_text())}
    for topic in headgate.json("topics")["topics"]:
        assert ("orders" in topic["topic"]) == (topic["topic"] in rows)
    assert rows["orders"]["parts"] == 6
    assert rows["orders"]["offsets"] == sum(len(records) for records in orders["records"].values())


# --- a delivery of the console ------------------------------------------------------------------------------------------


@pytest.fixture(name="place", scope="module")
def fixture_place(sandbox):
    sandbox.s3.create_bucket("console")
    return "console"


@contextlib.contextmanager
def delivering(headgate, orders, bucket, name, *more, **options):
    """The cutover by keys as far as the running pipeline: groups, skew, start time, launch with everything typed."""
    place = ["--bucket", bucket, "--prefix", f"{name}/", "--stream", name, "--endpoint-url", headgate.sandbox.s3.endpoint]
    settings = ["-X", "headgate.allow_write=true", "-X", "session.timeout.ms=6000", "--size", "1", "--compression", "none"]
    keys = {key: value for key, value in headgate.environment().items() if key.startswith("AWS_")}
    with console(headgate, *place, *settings, *more, lines=40, columns=120, **keys, **options) as terminal:
        open_skew(terminal, orders["group"], orders["topic"])
        terminal.send("s")
        terminal.wait_for("START TIME")
        terminal.send("e")
        terminal.wait_for(re.compile("START TIME.*safe").search, seconds=60)
        terminal.send("Enter")
        terminal.wait_for("START DELIVERY", seconds=60)
        terminal.send(*":arm", "Enter")
        terminal.wait_for("ARMED")
        for _ in range(3):  # unknown loss has to be typed too
            wanted = terminal.wait_for(re.compile(r"Enter, then type.*").search, seconds=60)
            word = re.search(r"Enter, then type: (.*?) *\|?$", wanted, re.MULTILINE)
            terminal.send("Enter", *(word[1].strip() if word else name), "Enter")
            if not word:
                break
            terminal.wait_for(lambda text, typed=word[0]: typed not in text, seconds=60)
        terminal.wait_for("RUNNING", seconds=60)
        yield terminal


def stream_of(headgate, name, bucket):
    return Stream(headgate, name, "orders", bucket, until=None)


def wanted_numbers(orders):
    starts = oracle.start_offsets(orders, "safe")
    return {record.seq for number, records in orders["records"].items() for record in records
            if record.offset >= starts[number]}, starts


def is_through(sandbox, stream):
    ends = sandbox.broker.ends("orders")
    committed = stream.committed()
    return all(committed.get(partition) == end for partition, end in ends.items())


def state_of(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return file.read().rsplit(")", 1)[1].split()[0]


def test_whole_cutover_by_keys(headgate, sandbox, orders, place):
    """To the end, refusing to be suspended on the way; left by Q and d: drained and committed, each record once."""
    stream = stream_of(headgate, "bykeys", place)
    with delivering(headgate, orders, place, "bykeys") as terminal:
        terminal.send("\x1a")
        terminal.wait_for("not while a delivery runs")
        terminal.process.send_signal(signal.SIGTSTP)
        terminal.settle()
        assert state_of(terminal.process.pid) != "T"
        terminal.send("F")
        wait_for(lambda: is_through(sandbox, stream) or terminal.send("F") or terminal.read(0.3) and None, seconds=120)
        terminal.send("Q")
        terminal.wait_for("d drains")
        terminal.send("n")  # stays
        terminal.wait_for("RUNNING")
        terminal.send("Q", "d")
        assert terminal.finish(seconds=60) == 0
        assert terminal.is_restored()
    wanted, starts = wanted_numbers(orders)
    stream.assert_whole(wanted, starts)
    with open(os.path.join(headgate.state_folder(), "headgate", "headgate.log"), encoding="utf-8") as log:
        lines = [line for line in log if " I action " in line]
    assert any("bykeys" in line for line in lines) and any("drained" in line for line in lines), lines


@pytest.mark.parametrize("how", ["closed", "TERM"])
def test_terminal_closed_during_a_delivery(headgate, sandbox, orders, place, how):
    """What was read is stored and committed before the process ends; another goes on from there, and no record is twice."""
    name = f"ends{how.lower()}"
    stream = stream_of(headgate, name, place)
    with delivering(headgate, orders, place, name) as terminal:
        wait_for(lambda: stream.objects() or terminal.read(0.1) and None, seconds=60)
        if how == "closed":
            terminal.hang_up()
            assert terminal.process.wait(60) == 0
        else:
            terminal.process.send_signal(signal.SIGTERM)
            assert terminal.finish(seconds=60) == 0
            assert terminal.is_restored()
    chain, committed = stream.chain(), stream.committed()
    for partition, ranges in chain.items():
        assert committed[partition] == ranges[-1][1], "what is stored is committed"
    process = headgate.start("deliver", *stream.place(), "--yes", "--interval", "1", "-X", "session.timeout.ms=6000")
    wait_for(lambda: is_through(sandbox, stream), seconds=120)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    wanted, starts = wanted_numbers(orders)
    stream.assert_whole(wanted, starts)
