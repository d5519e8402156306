"""A topic of 1,000 partitions: the survey beside the loop over partitions, and a backlog that memory cannot hold at once."""

import collections
import json
import os
import signal
import threading
import time

import kafka
import pytest

from program import Program, wait_for
from sandbox_lib import Sandbox, scenario
from streams import Stream
import awkward
import oracle

PARTITIONS = 1000
MIB = 1 << 20
LOOP_EVERY = 4


@pytest.fixture(scope="module")
def sandbox():
    """One of its own: the broker needs more heap, and other tests should not list 1,000 partitions."""
    with Sandbox(options={"broker": {"heap": "700m", "config": scenario.WIDE_BROKER["config"]}}, without=("connect",)) as running:
        yield running


@pytest.fixture(scope="module")
def headgate(sandbox):
    return Program(os.environ.get("HEADGATE") or os.path.join(os.path.dirname(__file__), "..", "..", "build", "headgate"), sandbox)


@pytest.fixture(scope="module")
def wide(sandbox):
    facts = scenario.wide(sandbox, topic="wide", partitions=PARTITIONS)
    sandbox.s3.create_bucket("wide")
    return facts


def loop_over_partitions(sandbox, topic, group, every):
    """What the recipe for this does, partition after partition: ask for the commit and the end, seek to the commit (or to the
    last record where none is to come), poll one record, take its time. It commits nothing. Only every so many partitions: it takes as long for each."""
    consumer = kafka.KafkaConsumer(bootstrap_servers=sandbox.broker.address, enable_auto_commit=False, group_id=group,
                                   isolation_level="read_committed")
    times = {}
    try:
        for number in sorted(consumer.partitions_for_topic(topic))[::every]:
            partition = kafka.TopicPartition(topic, number)
            end = consumer.end_offsets([partition])[partition]
            committed = consumer.committed(partition)
            behind = committed is not None and committed < end
            consumer.assign([partition])
            consumer.seek(partition, committed if behind else end - 1)
            found = []
            while not found:
                found = consumer.poll(timeout_ms=1000, max_records=1).get(partition, [])
            if behind:
                times[number] = found[0].timestamp
        return times
    finally:
        consumer.close()


def test_survey_is_many_times_faster_than_the_loop(sandbox, headgate, wide):
    """Whole program against loop alone, in one run, the machine's best of three; both find the same times."""
    took = []
    for _ in range(3):
        began = time.monotonic()
        survey = headgate.json("survey", "--topic", "wide", "--group", wide["group"])
        took.append(time.monotonic() - began)
    began = time.monotonic()
    times = loop_over_partitions(sandbox, "wide", wide["group"], every=LOOP_EVERY)
    loop = (time.monotonic() - began) * LOOP_EVERY
    rows = {row["partition"]: row for row in survey["partitions"]}
    assert len(rows) == PARTITIONS
    assert {number: rows[number]["committed_time_ms"] for number in range(0, PARTITIONS, LOOP_EVERY)
            if rows[number]["committed_time_ms"] is not None} == times
    for row in wide["partitions"]:
        found = rows[row["partition"]]
        assert (found["log_start"], found["end"], found["committed"]) == (0, row["end"], row["committed"])
    ratio = loop / min(took)
    print(f"survey {min(took):.2f} s, loop {loop:.2f} s (a quarter of it times four): {ratio:.0f} times")
    assert ratio >= 20, f"survey {took} s, loop {loop:.2f} s"


def test_survey_streams_and_can_be_given_up(headgate, wide):
    """Interrupted while it reads times, it ends within a second."""
    process = headgate.start("survey", "--topic", "wide", "--group", wide["group"])
    time.sleep(0.15)  # anywhere inside
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    took = time.monotonic() - began
    assert took < 1.5, f"{took:.1f} s"


def peak_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


class Watch(threading.Thread):
    """Reads a delivery's standard error to its end, and the peak of its memory as long as it lives."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.process, self.lines, self.peak = process, [], 0
        self.start()

    def run(self):
        for line in self.process.stderr:
            self.lines.append(line.decode("utf-8", "replace").rstrip())
            try:
                self.peak = max(self.peak, peak_of(self.process.pid))
            except (OSError, StopIteration):
                pass

    def saw(self, words):
        assert self.process.poll() is None or any(words in line for line in self.lines), self.lines[-5:]
        return any(words in line for line in self.lines)


def test_backlog_is_read_in_waves(sandbox, headgate, wide):
    """32 MiB hold only some of the 1,000 objects: they are read in turns, killed between, and still each record lies there
    once; no object is smaller than its partition's backlog, for none had to be cut."""
    wanted, ends = range(wide["records"]), {row["partition"]: row["end"] for row in wide["partitions"]}
    stream = Stream(headgate, "waves", "wide", "wide", "--memory", "32")
    process = stream.start("--allow-lost", "-v")
    watch = Watch(process)
    wait_for(lambda: watch.saw("waiting for their turn") and any(stream.committed().values()), what="a wave")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert 0 < sum(offset is not None and offset > 0 for offset in stream.committed().values()) < PARTITIONS
    process = stream.start("--allow-lost", "-v")
    watch = Watch(process)
    report = json.loads(process.stdout.read())
    process.wait()
    assert process.returncode == 0, watch.lines[-3:]
    print(f"peak {watch.peak / MIB:.0f} MiB with a budget of 32 MiB; {report['objects']} objects in the second run")
    assert watch.peak < 32 * MIB + 64 * 10 ** 6
    oracle.assert_exactly_once(sandbox, "wide", "waves/", wanted)
    chain = stream.chain()
    for number, ranges in chain.items():
        assert [start for start, _, _ in ranges] == [0] + [next_offset for _, next_offset, _ in ranges[:-1]]
        assert ranges[-1][1] == ends[number]
    assert stream.committed() == ends
    audit = stream.audit()
    assert (audit["verdict"], audit["tail"]) == ("pass", "checked") and sum(row["records"] for row in audit["partitions"]) == len(wanted)
    assert max(len(ranges) for ranges in chain.values()) <= 2, "cut where nothing asked for it"
    whole = sum(len(ranges) == 1 for ranges in chain.values())
    assert whole >= PARTITIONS * 0.9, f"only {whole} of {PARTITIONS} partitions were stored as one object"


def test_new_records_while_others_wait_their_turn(sandbox, headgate, wide):
    """A partition at its end is not made to wait behind a backlog: its records are stored after the interval."""
    tail = {row["partition"]: row["end"] for row in wide["partitions"]}
    sandbox.s3.create_bucket("tail")
    stream = Stream(headgate, "tail", "wide", "tail", "--memory", "32", "--interval", "1", start="now", until=None)
    process = stream.start("--allow-gap", "--allow-lost", "-v")
    watch = Watch(process)
    try:
        wait_for(lambda: watch.saw("taken over"), what="the partitions")
        scenario.clickstream(sandbox, "wide", 3000, start_seq=10 ** 6, partition_by="sequence")
        ends = {number: end + 3 for number, end in tail.items()}
        wait_for(lambda: stream.committed() == ends, 120, "all records")
    finally:
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        process.wait()
    counts = collections.Counter(oracle.sequence_numbers(sandbox, "tail", "tail/"))
    assert counts == collections.Counter(range(10 ** 6, 10 ** 6 + 3000))


def test_end_of_a_plan_behind_the_end_of_a_turn(sandbox, headgate):
    """Partitions that wait, and each one's turn ends a few records before its --until end: with the records between thrown
    away until the next turn, one that lies behind the end says nothing about them. Uncompressed, an object takes its size in
    memory from the first turn on: 16 of them fit."""
    parts, turn, until, total = 30, 1001, 1020, 1060
    began = int(time.time() * 1000) - 3600 * 1000
    sandbox.broker.create_topic("turns", parts)
    sandbox.s3.create_bucket("turns")
    awkward.write(sandbox, "turns", [
        (number, json.dumps({"seq": number * total + at}).ljust(MIB // (turn - 1) - 1).encode(),
         {"timestamp_ms": began + (0 if at < until else 60000)}) for number in range(parts) for at in range(total)])
    stream = Stream(headgate, "turns", "turns", "turns", "--size", "1", "--memory", "32", "--compression", "none",
                    until=str(began + 60000))
    done = stream.run("-v")
    assert "14 of them waiting for their turn: a wave reads 16" in done.err
    oracle.assert_exactly_once(sandbox, "turns", "turns/", [
        number * total + at for number in range(parts) for at in range(until)])
    assert {number: ranges[-1][1] for number, ranges in stream.chain().items()} == dict.fromkeys(range(parts), until)
