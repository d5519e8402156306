"""What makes a topic awkward, two or three at a time, and on a bad day: killed, overtaken, short of memory."""

import contextlib
import datetime
import json
import random
import signal
import time

import awkward
import oracle
import pytest
from awkward import Witness
from fault_proxy import FaultProxy
from program import kill, wait_for
from streams import Stream
from test_awkward import MINUTE, NOW, assert_arithmetic, plan, rows, stream_of, value
from test_console import delivering
from test_faults import wait_inside
from test_source_changes import PURE, assert_loss, run_and_stop
from test_width import Watch, peak_of

MIB = 1 << 20
HOUR = 60 * MINUTE


@pytest.fixture(scope="module", autouse=True)
def lake(sandbox):
    sandbox.s3.create_bucket("awkward")


@pytest.fixture(name="proxy")
def fixture_proxy(sandbox):
    with FaultProxy(sandbox.s3.endpoint) as proxy:
        yield proxy


def kill_often(stream, proxy, times):
    """Killed inside an upload each time, and cut at another size each time; then left alone to the end."""
    proxy.bytes_per_second, proxy.answer_delay = MIB, 0.2
    for number in range(times):
        process, begun = stream.start("--size", 1 + number % 3), proxy.begun
        wait_inside(process, lambda: proxy.begun > begun, "an upload")
        time.sleep(0.4 * number)  # somewhere else each time, and once behind a first MiB
        assert process.poll() is None, process.communicate()
        kill(process)
        stream.assert_commits_follow()
    proxy.bytes_per_second, proxy.answer_delay = None, 0
    return stream.run().report


def hour_of(time_ms):
    return datetime.datetime.fromtimestamp(time_ms / 1000, datetime.timezone.utc).strftime("%Y/%m/%d/%H")


def test_tombstones_at_the_head_and_killed(headgate, sandbox, proxy):
    """Each object is called by the first visible record behind the one before, a tombstone of another hour too, whoever
    builds it; one partition has nothing else than tombstones, and is whole without an object."""
    sandbox.broker.create_topic("graves", 3)
    wanted = {0: [], 1: [], 2: []}
    for number in range(24):
        batch = [(place, None, {"key": b"t", "timestamp_ms": NOW - (30 - number) * HOUR}) for place in (0, 1, 2) for _ in range(20)]
        for place in (0, 1):
            kept = [value(100 * number + row, 12000) for row in range(20)]
            batch += [(place, one, {"timestamp_ms": NOW - (60 - number) * HOUR}) for one in kept]
            wanted[place] += kept
        awkward.write(sandbox, "graves", batch)
    awkward.write(sandbox, "graves", [(0, None, {"key": b"t", "timestamp_ms": NOW})] * 30)
    stream = Stream(headgate, "graves", "graves", "awkward", "--size", "1", "--compression", "none", endpoint=proxy.endpoint)
    report = kill_often(stream, proxy, 5)
    assert report["objects"] > 0
    witness = Witness(sandbox, "graves")
    found = {0: b"", 1: b"", 2: b""}
    for number, *_, body in awkward.bodies(stream):
        found[number] += body
    assert {number: body.splitlines() for number, body in found.items()} == wanted
    oracle.assert_chain(sandbox, "awkward", stream.prefix, dict.fromkeys(range(3), 0))
    for key in stream.objects():
        _, number, start = key.rsplit("/", 1)[1].split(".")[0].rsplit("+", 2)
        first = next(row for row in witness.records[int(number)] if row.offset >= int(start))
        assert key.split("/", 1)[1].rsplit("/", 1)[0] == hour_of(first.time), key
    assert stream.run().report["objects"] == 0
    audit = stream.audit()
    assert (audit["verdict"], audit["tail"]) == ("pass", "checked")


def test_zstd_and_json_killed_on_a_topic_with_holes(headgate, sandbox, proxy):
    """Frames of several runs, from transactions every third of which is aborted, an open one at the end, and kills."""
    sandbox.broker.create_topic("frames", 2)
    noise = random.Random(4)
    for number in range(24):
        batch = [(place, noise.randbytes(16000) if row % 5 else None, {"key": b"\xff\x00k", "headers": [("h", b"\x80")]})
                 for place in (0, 1) for row in range(40)]
        awkward.transaction(sandbox, "frames", batch, commit=number % 3 != 1)
    hanging = awkward.HangingTransaction(sandbox, "frames", [(0, value(1)), (1, value(2))])
    try:
        stream = Stream(headgate, "frames", "frames", "awkward", "--format", "json", "--compression", "zstd",
                        endpoint=proxy.endpoint)
        report = kill_often(stream, proxy, 5)
        assert report["objects"] > 0
        witness = Witness(sandbox, "frames")
        assert witness.marks[0] > witness.ends[0], "nothing hangs"
        awkward.assert_delivered(stream, witness, {0: 0, 1: 0})
        oracle.assert_chain(sandbox, "awkward", stream.prefix, {0: 0, 1: 0})
        assert stream.audit()["verdict"] == "pass"
    finally:
        hanging.end()


def test_times_inside_an_aborted_stretch(headgate, sandbox):
    """The broker knows times of records that nobody sees. A start and an end at such a time are inside the stretch; one at a
    time of an open transaction is the end of what is visible."""
    sandbox.broker.create_topic("voided", 2)

    def at(minute):
        return {"timestamp_ms": NOW - minute * MINUTE}

    for kind, minutes in (("plain", range(60, 50, -1)), ("abort", range(50, 40, -1)), ("plain", range(40, 30, -1)),
                          ("abort", range(30, 20, -1))):
        # A record a batch: of a batch the broker names the first record that is late enough, and it is to be inside.
        for minute in minutes:
            batch = [(place, value(minute), at(minute)) for place in (0, 1)]
            if kind == "plain":
                awkward.write(sandbox, "voided", batch)
        if kind == "abort":
            awkward.transaction(sandbox, "voided", [(place, value(minute), at(minute)) for minute in minutes for place in (0, 1)],
                                commit=False)
    hanging = awkward.HangingTransaction(sandbox, "voided", [(0, value(1))])
    try:
        awkward.commit(sandbox, "connect-voided", "voided", {0: 3, 1: 12})
        witness = Witness(sandbox, "voided")
        for number, (start, until) in enumerate([(45, 25), (45, 35), (55, 45), (65, 44), (25, 22)]):
            start_ms, until_ms = NOW - start * MINUTE, NOW - until * MINUTE
            expected, _ = assert_arithmetic(headgate, "voided", "connect-voided", witness, time_ms=start_ms)
            starts, ends = witness.by_time(start_ms), witness.by_time(until_ms)
            made = plan(headgate, "voided", "connect-voided", str(start_ms), "--until", str(until_ms))
            awkward.assert_plan(made, expected, starts, ends)
            stream = stream_of(headgate, f"voided-{number}", "voided", "--group", "connect-voided", "--allow-gap",
                               start=str(start_ms), until=str(until_ms))
            stream.run()
            awkward.assert_delivered(stream, witness, starts, ends)
            assert stream.run().report["objects"] == 0, "it had ended"
            audit = stream.audit(accept=(0, 3))
            assert audit["verdict"] != "fail" and audit["chain"] == {"holes": 0, "overlaps": 0}, audit
    finally:
        hanging.end()


def test_an_open_transaction_is_aborted_while_nobody_looks(headgate, sandbox):
    """Killed at an open transaction, which is then aborted with retention inside it: nothing is lost, and what comes behind
    is delivered from the same chain."""
    sandbox.broker.create_topic("undone", 1)
    awkward.write(sandbox, "undone", rows(0, range(10)))
    hanging = awkward.HangingTransaction(sandbox, "undone", [(0, value(number)) for number in range(10, 30)])
    awkward.write(sandbox, "undone", rows(0, range(30, 35)))
    stream = stream_of(headgate, "undone", "undone", *PURE, until=None)
    process = stream.start("--interval", "1")
    try:
        wait_for(lambda: stream.committed() == {0: 10}, what="what lies before it")
        kill(process)
    finally:
        hanging.end(commit=False)
    awkward.write(sandbox, "undone", rows(0, range(40, 45)))
    history = Witness(sandbox, "undone")
    assert [row.offset for row in history.records[0]] == [*range(10), *range(30, 35), *range(36, 41)]
    process = stream.start()  # nothing is stored, but what is aborted has been passed
    wait_for(lambda: len(stream.members()) == 1, what="a member")
    time.sleep(1)  # nothing can be asked whether it has read
    kill(process)
    awkward.delete_records(sandbox, "undone", {0: 31})
    run_and_stop(stream, {0: 41}, "--allow-lost")
    assert_loss(stream, {0: [[10, 31]]}, {0: [*range(10), *range(30, 35), *range(36, 41)]})


def test_retention_passes_what_is_stored_and_not_committed(headgate, sandbox, proxy):
    """Objects that no commit knows of, in both partitions; retention stops inside them in one, and behind them in the
    other: only what is in neither place is lost, to the offset."""
    topic = "half-known"
    sandbox.broker.create_topic(topic, 2)
    awkward.write(sandbox, topic, [(place, value(number, 3000), {"timestamp_ms": NOW - HOUR + number * 1000})
                                   for place in (0, 1) for number in range(900)])
    stream = stream_of(headgate, topic, topic, *PURE, "--compression", "none", until=None)
    stream.endpoint, proxy.answer_delay = proxy.endpoint, 3600
    process = stream.start()
    wait_inside(process, lambda: proxy.count("PUT", 200) >= 2, "two stored objects")
    kill(process)
    proxy.answer_delay = 0
    chain = stream.chain()
    ends = {number: ranges[-1][1] for number, ranges in chain.items()}
    assert set(ends) == {0, 1} and stream.committed() == {0: 0, 1: 0}
    awkward.delete_records(sandbox, topic, {0: ends[0] // 2, 1: ends[1] + 50})
    report = run_and_stop(stream, {0: 900, 1: 900}, "--allow-lost")
    assert {row["partition"]: row["lost"] for row in report["partitions"] if row["lost"]} == {1: [[ends[1], ends[1] + 50]]}
    assert_loss(stream, {1: [[ends[1], ends[1] + 50]]}, {0: list(range(900)), 1: list(range(900))})


def test_partitions_added_while_others_wait_their_turn(headgate, sandbox, proxy):
    """More partitions than memory has room for, a slow store, four more partitions in the middle, then a kill."""
    many = 60
    sandbox.broker.create_topic("crowd", many)
    awkward.write(sandbox, "crowd", [(place, value(number, 2000)) for place in range(many) for number in range(600)])
    stream = stream_of(headgate, "crowd", "crowd", "--memory", "32", "--compression", "none", until=None)
    stream.endpoint = proxy.endpoint
    proxy.bytes_per_second = MIB / 2
    more = ("--interval", "1", "-X", "topic.metadata.refresh.interval.ms=500", "-v")
    process = stream.start(*more)
    watch = Watch(process)
    wait_for(lambda: watch.saw("waiting for their turn") and any(stream.committed().values()), what="a wave")
    awkward.add_partitions(sandbox, "crowd", many + 4)
    awkward.write(sandbox, "crowd", [(place, value(number, 2000)) for place in range(many, many + 4) for number in range(600)])
    wait_for(lambda: watch.saw("was added after the plan"), what="the new partitions")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not all((stream.committed().get(number) or 0) == 600 for number in range(many + 4)), "it was all over"
    proxy.bytes_per_second = None
    process = stream.start(*more)
    watch = Watch(process)
    wait_for(lambda: stream.committed() == dict.fromkeys(range(many + 4), 600), what="all of them")
    process.terminate()
    process.wait()
    print(f"peak {watch.peak / MIB:.0f} MiB")
    assert watch.peak < 32 * MIB + 64 * 10 ** 6
    found = {number: [row.offset for row in there] for number, there in awkward.delivered(stream).items()}
    assert found == dict.fromkeys(range(many + 4), list(range(600)))
    assert stream.audit()["verdict"] == "pass"


def large_value(dice, size):
    """Binary, and packed to a sixteenth by whoever produces it: so that Python need not look at all of it for a checksum."""
    return b"".join(dice.randbytes(1024) * 16 for _ in range(size // 16384))


def peak_until_end(process):
    peak = 0
    while process.poll() is None:
        with contextlib.suppress(OSError, StopIteration):  # it has just ended
            peak = max(peak, peak_of(process.pid))
        time.sleep(0.01)
    return peak


def test_large_records_in_little_memory(headgate, sandbox):
    """Records of 20 MB behind thousands of small ones, binary, so that JSON makes 27 MB of each, in less memory than two of
    them take: stored one by one, each once. Beside the budget the process may hold 64 MB, and the records on their way
    through it: two that were fetched, one that is handed over, one that is encoded. What the brokers acknowledged is the
    witness here."""
    large, memory, dice = 20 << 20, 32, random.Random(20)
    sandbox.broker.create_topic("flood", 2, {"max.message.bytes": str(32 << 20)})
    small = [(place, value(number)) for place in (0, 1) for number in range(5000)]
    wanted = {0: {}, 1: {}}
    for batch in [small, *([(number % 2, large_value(dice, large))] for number in range(6)), small[::100]]:
        for (place, one), offset in zip(batch, awkward.write(sandbox, "flood", batch, compression_type="gzip"), strict=True):
            wanted[place][offset] = one
    stream = stream_of(headgate, "flood", "flood", "--memory", memory, "--compression", "none")
    process = stream.start("-v")
    watch, peak = Watch(process), peak_until_end(process)
    report = json.loads(process.stdout.read())
    print(f"peak {peak / MIB:.0f} MiB, {report['objects']} objects, {report['seconds']} s")
    assert process.returncode == 0, watch.lines[-3:]
    found = awkward.delivered(stream)
    for place, rows_wanted in wanted.items():
        assert [row.offset for row in found[place]] == sorted(rows_wanted)
        assert all(row.value == rows_wanted[row.offset] for row in found[place])
    assert peak < memory * MIB + 64 * 10 ** 6 + 4 * large


def test_partitions_added_while_the_operator_has_paused(headgate, sandbox):
    """Nothing of them is read as long as it is paused; then they are, from their beginning, and nothing of the others that
    came or was aborted meanwhile is missing or there twice."""
    topic, group = "unhurried", "connect-unhurried"
    sandbox.broker.create_topic(topic, 2)
    awkward.write(sandbox, topic, rows(0, range(20)) + rows(1, range(100, 120)))
    awkward.commit(sandbox, group, topic, {0: 0, 1: 0})
    more = ("--format", "json", "--interval", "1", "-X", "topic.metadata.refresh.interval.ms=500")
    stream = Stream(headgate, topic, topic, "awkward", until=None)
    with delivering(headgate, {"group": group, "topic": topic}, "awkward", topic, *more) as terminal:
        wait_for(lambda: stream.committed() == {0: 20, 1: 20} or terminal.read(0.1) and None, what="the first records")
        terminal.send("p")
        terminal.wait_for("y/N")
        terminal.send("y")
        terminal.wait_for("PAUSED")
        awkward.add_partitions(sandbox, topic, 4)
        awkward.transaction(sandbox, topic, rows(0, range(20, 25)) + rows(2, range(200, 205)), commit=False)
        awkward.write(sandbox, topic, [row for number in range(4) for row in rows(number, range(1000 * number, 1000 * number + 30))])
        terminal.settle(3)  # that nothing comes cannot be waited for
        assert {number: offset for number, offset in stream.committed().items() if offset} == {0: 20, 1: 20}
        terminal.send("p")
        terminal.wait_for("read on? y/N")
        terminal.send("y")
        terminal.wait_for("RUNNING")
        wanted = {0: 56, 1: 50, 2: 36, 3: 30}
        wait_for(lambda: stream.committed() == wanted or terminal.read(0.1) and None, what="all of them")
        terminal.send("X")
        terminal.wait_for("y/N")
        terminal.send("y")
        terminal.wait_for("STOPPED", seconds=60)
        terminal.send("Q")
        assert terminal.finish(60) == 0
    witness = Witness(sandbox, topic)
    assert witness.ends == wanted
    awkward.assert_delivered(stream, witness, dict.fromkeys(range(4), 0))
    assert stream.audit()["verdict"] == "pass"
