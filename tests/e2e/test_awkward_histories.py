"""Topics with a history that nobody has thought of: made at random, then planned, delivered and counted.

Each comes from a seed that a failing test prints; HEADGATE_SEED repeats it. A history has all that makes topics awkward, mixed:
plain and transactional records, aborted ones, tombstones, values of every kind, times in disorder and records without one,
an open transaction, commits anywhere or nowhere, retention up to anywhere. Half of the deliveries are killed on the way.
"""

import os
import random
import struct
import time

import awkward
import oracle
import pytest
from awkward import Expected, Witness
from program import kill
from test_awkward import MINUTE, NOW, assert_arithmetic, plan, stream_of, value

PARTITIONS, ROUNDS = 6, 9
FORMATS = [("--compression", "zstd"), ("--compression", "gzip-small"), ("--compression", "none"), ("--compression", "gzip")]


@pytest.fixture(scope="module", autouse=True)
def lake(sandbox):
    sandbox.s3.create_bucket("awkward")


def some_value(dice, number):
    return dice.choice([value(number), value(number, dice.randrange(3000)), None, b"", b"\n", b"a\nb\r\n", bytes(range(256)),
                        b"\0" + struct.pack(">i", number) + b"\x02\x06abc", "größer\u2028".encode()])


def some_time(dice):
    return -1 if dice.random() < 0.05 else NOW - dice.randrange(120) * MINUTE


class History:
    """One topic, what was ever visible in it, and what is now."""

    def __init__(self, sandbox, topic, dice):
        self.sandbox, self.topic, self.dice, self.number = sandbox, topic, dice, 0
        sandbox.broker.create_topic(topic, PARTITIONS, {"message.timestamp.type": dice.choice(["CreateTime"] * 3 + ["LogAppendTime"])})
        for _ in range(ROUNDS):
            self.round(dice.choice(["plain", "plain", "commit", "abort"]))
        self.hanging = None
        if dice.random() < 0.6:
            places = dice.sample(range(PARTITIONS), 2)
            self.hanging = awkward.HangingTransaction(sandbox, topic, [(number, value(1)) for number in places * 3])
            self.round("plain")

    def round(self, kind):
        rows = []
        for number in range(PARTITIONS - 1):  # the last one stays empty
            for _ in range(self.dice.choice([0, 0, 1, 3, 12])):
                self.number += 1
                rows.append((number, some_value(self.dice, self.number),
                             {"timestamp_ms": some_time(self.dice), "key": b"k\xff"}))
        if kind != "plain":
            awkward.transaction(self.sandbox, self.topic, rows, commit=kind == "commit")
            return
        awkward.write(self.sandbox, self.topic, rows)

    def settle(self, group, isolation):
        """Commits of the old side, then retention; what was visible before it is the truth about what is missing."""
        before = Witness(self.sandbox, self.topic, isolation)
        marks = before.marks
        commits = {number: self.dice.randint(0, marks[number]) for number in range(PARTITIONS) if self.dice.random() < 0.8}
        awkward.commit(self.sandbox, group, self.topic, commits or {0: 0})
        taken = {number: self.dice.choice([marks[number], self.dice.randint(0, marks[number]), self.dice.randint(0, marks[number] // 3)])
                 for number in range(PARTITIONS) if marks[number] and self.dice.random() < 0.4}
        if taken:
            awkward.delete_records(self.sandbox, self.topic, taken)
        return before.records, Witness(self.sandbox, self.topic, isolation)


@pytest.mark.parametrize("number", range(int(os.environ.get("HEADGATE_HISTORIES") or 4)))
def test_a_random_history(headgate, sandbox, number):
    seed = int(os.environ.get("HEADGATE_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"HEADGATE_SEED={seed}")
    dice = random.Random(seed)
    topic = f"history-{number}-{seed}"
    history = History(sandbox, topic, dice)
    isolation = dice.choice(["read_committed", "read_committed", "read_uncommitted"])
    try:
        told, witness = history.settle(f"connect-{topic}", isolation)
        cut(headgate, topic, dice, isolation, told, witness)
    finally:
        if history.hanging:
            history.hanging.end(dice.random() < 0.5)


def cut(headgate, topic, dice, isolation, told, witness):
    group, more = f"connect-{topic}", ("--isolation", isolation)
    time_ms = NOW - dice.randrange(130) * MINUTE
    expected, _ = assert_arithmetic(headgate, topic, group, witness, *more, time_ms=time_ms)
    for kind in dice.sample(["safe", "committed", "earliest", "now", "time"], 2):
        start = str(time_ms) if kind == "time" else kind
        until_ms = dice.choice([None, NOW - dice.randrange(130) * MINUTE])
        until = () if until_ms is None else ("--until", str(until_ms))
        ends = witness.by_time(until_ms) if until else witness.ends
        made = plan(headgate, topic, group, start, *more, *until)
        starts = expected.start(kind, time_ms)
        awkward.assert_plan(made, expected, starts, ends)
        stream = stream_of(headgate, f"{topic}-{kind}", topic, "--group", group, "--allow-lost", "--allow-gap", *more,
                           *dice.choice(FORMATS), *dice.choice([(), ("--folders", "partition")]), start=start,
                           until=str(until_ms or "end"))
        print(" ".join(stream.options))
        if dice.random() < 0.5:
            process = stream.start()
            time.sleep(dice.uniform(0, 1))
            kill(process)
        stream.run()
        awkward.assert_delivered(stream, witness, starts, ends)
        awkward.assert_cutover(stream, made, told)
        oracle.assert_chain(headgate.sandbox, "awkward", stream.prefix, starts)
        audit = stream.audit(accept=(0, 3))
        assert audit["verdict"] != "fail" and audit["chain"] == {"holes": 0, "overlaps": 0}, audit
