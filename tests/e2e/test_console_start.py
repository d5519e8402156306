"""The start time view and the record view against an independent client: the same offsets by time, the same record."""

import datetime
import re

import kafka
import pytest

import oracle
from test_console import console, open_skew


def typed(time_ms):
    """A time with milliseconds, as an operator may type it."""
    return datetime.datetime.fromtimestamp(time_ms / 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def start_rows(text):
    """{partition: (gap, dup)} of the start view, as drawn: None where the number is marked as not for this start."""
    rows = {}
    for line in text.splitlines():
        match = re.match(r" p(\d+) .* (~?[\d,]+|-) +(~?[\d,]+|-)(?: +\S{1,2})?$", line)
        if match:
            rows[int(match[1])] = tuple(None if word.startswith("~") else 0 if word == "-" else int(word.replace(",", ""))
                                        for word in match.groups()[1:])
    return rows


def wanted_rows(facts, starts):
    rows = {}
    for part in facts["partitions"]:
        base = max(part["committed"] or 0, part["log_start"])
        start = starts[part["partition"]]
        rows[part["partition"]] = (max(0, start - base), max(0, base - start))
    return rows


@pytest.fixture(scope="module")
def by_time(sandbox, orders):
    """What a client that shares no code with headgate is told: the first offset at or after a time, the end for none."""
    consumer = kafka.KafkaConsumer(bootstrap_servers=sandbox.broker.address, enable_auto_commit=False, group_id=None,
                                   isolation_level="read_committed")
    partitions = [kafka.TopicPartition("orders", part["partition"]) for part in orders["partitions"]]
    ends = consumer.end_offsets(partitions)

    def ask(time_ms):
        found = consumer.offsets_for_times({partition: time_ms for partition in partitions})
        return {partition.partition: found[partition].offset if found[partition] else ends[partition]
                for partition in partitions}

    yield ask
    consumer.close()


def is_settled(text):
    """The numbers are those of the start on the screen, for every partition."""
    rows = start_rows(text)
    return "START TIME" in text and len(rows) == 6 and all(None not in row for row in rows.values())


def wait_for_start(terminal, word):
    """Until the start that is shown, and its numbers, are there, and the screen is drawn to its end."""
    def true(text):
        return word in text.splitlines()[1] and is_settled(text)

    while True:
        terminal.wait_for(true, seconds=60)
        terminal.drain()  # row 2 is drawn before the numbers below it are marked as old
        if true(terminal.text()):
            return terminal.text()


def move_to(terminal, time_ms):
    terminal.send("t")
    terminal.wait_for("start time:")
    terminal.send(*typed(time_ms))
    shown = typed(time_ms).replace("T", " ").replace(".000Z", "Z")
    terminal.wait_for("= " + shown)  # the time is repeated in UTC before it is used
    terminal.send("Enter")
    return wait_for_start(terminal, shown)


def check_total(text, rows):
    total = next(line for line in text.splitlines() if line.startswith(" total (offsets"))
    gap, dup = (0 if word == "-" else int(word.replace(",", "")) for word in total.split()[-2:])
    assert (gap, dup) == (sum(row[0] for row in rows.values()), sum(row[1] for row in rows.values()))
    assert f"gap in {sum(row[0] > 0 for row in rows.values())}, dup in {sum(row[1] > 0 for row in rows.values())}" in total


def test_gap_and_duplicates_are_those_of_an_independent_client(headgate, orders, by_time):
    records = orders["records"]
    bases = {part["partition"]: max(part["committed"] or 0, part["log_start"]) for part in orders["partitions"]}
    times = sorted(record.time for number, base in bases.items()
                   for record in [next((r for r in records[number] if r.offset >= base), None)] if record)
    wanted_times = [times[len(times) // 2], times[0] + 1, times[-1] - 12345, max(r[-1].time for r in records.values())]
    with console(headgate, "--refresh", "60") as terminal:
        open_skew(terminal, orders["group"])
        terminal.send("s")
        safe = wanted_rows(orders, oracle.start_offsets(orders, "safe"))
        text = wait_for_start(terminal, "safe, ")
        assert start_rows(text) == safe
        check_total(text, safe)
        both = set()
        for time_ms in wanted_times:
            rows = wanted_rows(orders, by_time(time_ms))
            text = move_to(terminal, time_ms)
            assert start_rows(text) == rows, typed(time_ms)
            check_total(text, rows)
            both |= {("gap", row[0] > 0) for row in rows.values()} | {("dup", row[1] > 0) for row in rows.values()}
        assert both == {("gap", True), ("gap", False), ("dup", True), ("dup", False)}  # else nothing was compared
        terminal.send("=")
        text = wait_for_start(terminal, "committed: each its own")
        assert set(start_rows(text).values()) == {(0, 0)}
        terminal.send("[")  # a commit, whose own partition has nothing before or after it
        terminal.wait_for(lambda text: "committed" not in text.splitlines()[1] and is_settled(text), seconds=60)
        terminal.send("Q")
        assert terminal.finish() == 0
        assert terminal.is_restored()


def test_a_walk_ends_with_the_numbers_of_where_it_ended(headgate, orders, by_time):
    """Keys faster than answers: what stands there in the end is for the time on the screen."""
    with console(headgate, "--refresh", "60") as terminal:
        open_skew(terminal, orders["group"])
        terminal.send("s")
        wait_for_start(terminal, "safe, ")
        terminal.send("m", *"hhhhhhlllLHhh")
        terminal.wait_for(lambda text: re.search(r"START TIME  \d{4}", text), seconds=60)
        terminal.drain(0.5)
        text = terminal.wait_for(is_settled, seconds=60)
        shown = re.search(r"START TIME  (\S+) (\S+)Z", text)
        at = datetime.datetime.fromisoformat(f"{shown[1]}T{shown[2]}+00:00")
        rows = wanted_rows(orders, by_time(round(at.timestamp() * 1000)))
        assert start_rows(text) == rows
        check_total(text, rows)


@pytest.mark.parametrize("text, why", [("2999-01-01T00:00:00Z", "future"), ("-1", "cannot"), ("1969-12-31T23:59:59Z", "")])
def test_future_and_below_zero_are_refused(headgate, orders, text, why):
    with console(headgate, "--refresh", "60") as terminal:
        open_skew(terminal, orders["group"])
        terminal.send("s")
        before = wait_for_start(terminal, "safe, ")
        terminal.send("t")
        terminal.wait_for("start time:")
        terminal.send(*text)
        terminal.wait_for(lambda screen: text in screen and why in screen)
        terminal.send("Enter")
        terminal.drain()
        after = terminal.text()
        assert "safe, " in after.splitlines()[1] and start_rows(after) == start_rows(before)


def test_the_record_at_a_commit(headgate, orders):
    """Key, time and size first; the value only when it is asked for."""
    with console(headgate, "--refresh", "60") as terminal:
        text = open_skew(terminal, orders["group"])
        first = int(re.search(r"^ p(\d+) ", text, re.MULTILINE)[1])  # the one furthest behind
        part = next(part for part in orders["partitions"] if part["partition"] == first)
        record = next(r for r in orders["records"][first] if r.offset >= part["committed"])
        terminal.send("Enter")
        text = terminal.wait_for(lambda text: "RECORD" in text and " v reads" in text, seconds=60)
        assert f"offset  {record.offset:,}" in text
        assert "time    " + typed(record.time).replace(".000Z", "Z") in text
        assert '"seq"' not in text
        terminal.send("v")
        text = terminal.wait_for('"seq"', seconds=60)
        assert re.search(rf'"seq": ?{record.seq}\b', text.replace("\n", "").replace("   ", ""))
