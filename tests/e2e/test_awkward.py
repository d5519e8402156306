"""Topics as operators really have them: every survey, plan and delivery against what an independent client sees."""

import json
import struct
import time

import awkward
import oracle
import pytest
from awkward import Expected, Witness
from program import finish, wait_for
from streams import Stream

NOW = int(time.time() * 1000)
MINUTE = 60_000


@pytest.fixture(scope="module", autouse=True)
def lake(sandbox):
    sandbox.s3.create_bucket("awkward")


def value(number, size=0):
    return json.dumps({"seq": number, **({"pad": "x" * size} if size else {})}).encode()


def rows(partition, numbers, start_ms=NOW - 30 * MINUTE, step_ms=1000):
    return [(partition, value(number), {"timestamp_ms": start_ms + place * step_ms, "key": str(number % 5).encode()})
            for place, number in enumerate(numbers)]


def stream_of(headgate, name, topic, *options, start="earliest", until="end"):
    return Stream(headgate, name, topic, "awkward", "--format", "json", "--size", "1", *options, start=start, until=until)


def survey(headgate, topic, group, *more):
    return headgate.json("survey", "--topic", topic, "--group", group, *more, accept=(0, 3))


def plans(headgate, topic, group, *more):
    """All choices in one run: {label: plan}."""
    document = headgate.json("plan", "--topic", topic, "--group", group, *more, accept=(0, 3))
    return {choice["label"]: choice["plan"] for choice in document["choices"]}


def plan(headgate, topic, group, start, *more):
    return headgate.json("plan", "--topic", topic, "--group", group, "--start", start, *more, accept=(0, 3))


def assert_arithmetic(headgate, topic, group, witness, *more, time_ms=None):
    """Survey and all start positions are what the offsets of the witness give; differences bound records."""
    expected = Expected(witness, group)
    document = survey(headgate, topic, group, *more)
    awkward.assert_survey(document, expected)
    for kind, made in plans(headgate, topic, group, *more).items():
        if kind in ("safe", "committed", "earliest", "now"):
            starts = expected.start(kind)
            awkward.assert_plan(made, expected, starts)
            expected.assert_counts_bound_records(starts)
    if time_ms is not None:
        starts = expected.start("time", time_ms)
        awkward.assert_plan(plan(headgate, topic, group, str(time_ms), *more), expected, starts)
        expected.assert_counts_bound_records(starts)
    return expected, document


def assert_whole_delivery(headgate, name, topic, group, expected, kind, *more, accept=(0,), verdict="pass", history=None):
    """A delivery from a start position holds exactly what the witness saw from there on, each record once; what neither it
    nor the old side has is what the plan announced. history: what was visible before retention, where it took something."""
    stream = stream_of(headgate, name, topic, "--group", group, "--allow-lost", "--allow-gap", *more, start=kind)
    isolation = more[more.index("--isolation"):][:2] if "--isolation" in more else ()
    made = plan(headgate, topic, group, kind, *isolation)
    report = stream.run(accept=accept).report
    starts = expected.start(kind)
    awkward.assert_delivered(stream, expected.witness, starts)
    awkward.assert_cutover(stream, made, history or expected.witness.records)
    oracle.assert_chain(headgate.sandbox, "awkward", stream.prefix, starts)
    audit = stream.audit(accept=(0, 3))
    assert (audit["verdict"], audit["chain"], audit["tail"]) == (verdict, {"holes": 0, "overlaps": 0}, "checked"), audit
    if verdict == "pass":  # short of an old commit, part of the planned duplicates is not there yet
        assert audit["cutover"]["planned"] == audit["cutover"]["found"]
    assert report["records"] == sum(row["records"] for row in audit["partitions"])
    return stream, report


# --- transactions --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bank(sandbox):
    """p0: committed and aborted records, a marker at the tail. p1: only aborted ones. p2: a commit behind which only a marker
    lies. p3: an open transaction, and an old sink that read into it. p4: plain records below and behind an open transaction.
    p5: empty, never committed."""
    sandbox.broker.create_topic("bank", 6)
    awkward.write(sandbox, "bank", rows(0, range(5)) + rows(3, range(100, 105)) + rows(4, range(200, 205)))
    awkward.transaction(sandbox, "bank", [(0, value(number)) for number in range(5, 9)], commit=True)
    awkward.transaction(sandbox, "bank", [(0, value(number)) for number in range(9, 12)], commit=False)
    awkward.transaction(sandbox, "bank", [(1, value(number)) for number in range(50, 55)], commit=False)
    awkward.transaction(sandbox, "bank", [(2, value(number)) for number in range(60, 65)], commit=True)
    hanging = awkward.HangingTransaction(sandbox, "bank", [(3, value(number)) for number in range(105, 110)] + [(4, value(205))])
    awkward.write(sandbox, "bank", rows(4, range(206, 209)))
    awkward.commit(sandbox, "connect-bank", "bank", {0: 3, 1: 0, 2: 5, 3: 8, 4: 2})
    yield hanging
    hanging.end()


def test_transactions(headgate, sandbox, bank):
    witness = Witness(sandbox, "bank")
    expected, document = assert_arithmetic(headgate, "bank", "connect-bank", witness, time_ms=NOW - 29 * MINUTE)
    assert [row["state"] for row in document["partitions"]] == ["ok", "caught_up", "caught_up", "open_transaction", "ok", "no_commit"]
    assert document["isolation"] == "read_committed"
    assert witness.ends[0] == 14 and len(witness.records[0]) == 9
    # The audit stays open: the old sink's commit in p3 lies beyond what is visible as yet.
    for kind in ("safe", "earliest"):
        stream, _ = assert_whole_delivery(headgate, f"bank-{kind}", "bank", "connect-bank", expected, kind, verdict="open")
        assert "short of the old commit at 8" in headgate.run("audit", *stream.place(), accept=(0, 3)).out


def test_uncommitted_isolation_is_part_of_the_plan(headgate, sandbox, bank):
    """What a read_uncommitted sink sees: aborted records and those of an open transaction too."""
    witness = Witness(sandbox, "bank", "read_uncommitted")
    expected, document = assert_arithmetic(headgate, "bank", "connect-bank", witness, "--isolation", "read_uncommitted")
    assert document["isolation"] == "read_uncommitted"
    assert [row["state"] for row in document["partitions"]] == ["ok", "ok", "caught_up", "ok", "ok", "no_commit"]
    stream, _ = assert_whole_delivery(headgate, "bank-dirty", "bank", "connect-bank", expected, "committed",
                                      "--isolation", "read_uncommitted")
    refused = headgate.run("deliver", *stream.place(), "--isolation", "read_committed", "--yes", accept=(1,))
    assert "--isolation" in refused.err and "read_uncommitted" in refused.err
    assert headgate.run("deliver", *stream.place(), "--yes", "--json").returncode == 0


def test_a_transaction_that_ends_later_is_delivered_whole(headgate, sandbox):
    """Delivery waits at the open transaction, and goes on behind it; what is aborted leaves no hole."""
    sandbox.broker.create_topic("teller", 2)
    awkward.write(sandbox, "teller", rows(0, range(4)) + rows(1, range(10, 14)))
    first = awkward.HangingTransaction(sandbox, "teller", [(0, value(4)), (1, value(14))])
    awkward.write(sandbox, "teller", rows(0, range(5, 8)) + rows(1, range(15, 18)))
    stream = stream_of(headgate, "teller", "teller", until=None)
    process = stream.start("--interval", "1")
    try:
        wait_for(lambda: stream.committed() == {0: 4, 1: 4}, what="what lies before the open transaction")
        first.end(commit=True)
        wait_for(lambda: all(len(found) >= 8 for found in (awkward.delivered(stream).values() or [[]])), what="the rest")
    finally:
        first.end()
        process.terminate()
        finish(process)
    awkward.assert_delivered(stream, Witness(sandbox, "teller"), {0: 0, 1: 0})


# --- times ---------------------------------------------------------------------------------------------------------------


def test_times_below_zero_and_in_the_future(headgate, sandbox):
    """A record without a time is at the commit of p0, one of next year at that of p1; p2 is empty and committed."""
    sandbox.broker.create_topic("calendar", 3, awkward.NO_TIME_LIMIT)
    future = NOW + 365 * 24 * 60 * MINUTE
    awkward.write(sandbox, "calendar", rows(0, range(3)) + [(0, value(3), {"timestamp_ms": -1})] + rows(0, range(4, 8)))
    awkward.write(sandbox, "calendar", rows(1, range(20, 22)) + rows(1, range(22, 26), start_ms=future))
    awkward.commit(sandbox, "connect-calendar", "calendar", {0: 3, 1: 2, 2: 0})
    witness = Witness(sandbox, "calendar")
    assert witness.records[0][3].time < 0, "the broker kept the record without a time"
    expected, document = assert_arithmetic(headgate, "calendar", "connect-calendar", witness, time_ms=NOW - 29 * MINUTE)
    assert [row["state"] for row in document["partitions"]] == ["ok", "ok", "caught_up"]
    assert expected.oldest == future
    text = headgate.run("plan", "--topic", "calendar", "--group", "connect-calendar", "--start", "safe").out
    assert "carries no time" in text
    stream, _ = assert_whole_delivery(headgate, "calendar", "calendar", "connect-calendar", expected, "safe")
    folders = {key.split("/")[1] for key in stream.objects()}
    assert folders == {"no-timestamp", "2027"}
    refused = headgate.run("plan", "--topic", "calendar", "--group", "connect-calendar", "--start", str(future), accept=(2,))
    assert "future" in refused.err


def test_log_append_time(headgate, sandbox):
    sandbox.broker.create_topic("stamped", 2, {"message.timestamp.type": "LogAppendTime"})
    for batch in range(4):
        awkward.write(sandbox, "stamped", rows(0, range(10 * batch, 10 * batch + 10)) + rows(1, range(100 + batch, 101 + batch)))
    awkward.commit(sandbox, "connect-stamped", "stamped", {0: 15, 1: 3})
    witness = Witness(sandbox, "stamped")
    expected, _ = assert_arithmetic(headgate, "stamped", "connect-stamped", witness, time_ms=witness.records[0][25].time)
    assert "LogAppendTime" in headgate.run("survey", "--topic", "stamped", "--group", "connect-stamped").out
    assert_whole_delivery(headgate, "stamped", "stamped", "connect-stamped", expected, "safe")


# --- compaction, tombstones, kinds of values -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def profiles(sandbox):
    """A compacted topic in which the cleaner has made holes, at the commit too; tombstones; 2 keys left of 40 records."""
    sandbox.broker.create_topic("profiles", 1, {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01",
                                                "segment.ms": "100", "delete.retention.ms": "600000"})
    for number in range(40):
        awkward.write(sandbox, "profiles", [(0, value(number), {"key": b"ab"[number % 2:number % 2 + 1]})])
    awkward.write(sandbox, "profiles", [(0, None, {"key": b"c"}), (0, value(41), {"key": b"d"})])
    time.sleep(0.2)  # a segment is rolled by the next record once it is older than segment.ms: the broker's clock, not ours
    awkward.write(sandbox, "profiles", [(0, value(42), {"key": b"e"}), (0, None, {"key": b"f"})])
    wait_for(lambda: len(Witness(sandbox, "profiles").records[0]) < 30, what="the cleaner's work")
    awkward.commit(sandbox, "connect-profiles", "profiles", {0: 5})
    return Witness(sandbox, "profiles")


def test_compacted_topics(headgate, sandbox, profiles):
    expected, _ = assert_arithmetic(headgate, "profiles", "connect-profiles", profiles)
    place = ["--stream", "profiles-time", "--topic", "profiles", "--group", "connect-profiles", "--start", "safe", "--until", "end",
             "--bucket", "awkward", "--prefix", "profiles-time/", "--yes"]
    refused = headgate.run("deliver", *place, accept=(1,))
    assert "compacted" in refused.err and "--folders partition" in refused.err and "--allow-weak-store" in refused.err
    assert "AT LEAST ONCE" in headgate.run("deliver", *place, "--allow-weak-store").err
    assert_whole_delivery(headgate, "profiles", "profiles", "connect-profiles", expected, "safe", "--folders", "partition")


def test_tombstones_are_skipped_in_lines_and_kept_in_json(headgate, sandbox, profiles):
    stream = Stream(headgate, "profiles-lines", "profiles", "awkward", "--folders", "partition", "--size", "1")
    report = stream.run().report
    wanted = [row.value for row in profiles.records[0] if row.value is not None]
    assert len(wanted) < len(profiles.records[0])
    assert b"".join(body for *_, body in awkward.bodies(stream)).splitlines() == wanted
    assert report["records"] == len(wanted)
    assert stream.audit()["verdict"] == "pass"


def test_values_are_named_and_their_newlines_counted(headgate, sandbox):
    """One kind in each partition at the commit; the group also reads another topic."""
    sandbox.broker.create_topic("kinds", 6)
    sandbox.broker.create_topic("kinds-too", 2)
    avro = b"\0" + struct.pack(">i", 7) + b"\x02\x06abc"
    kinds = [b'{"a": 1}', b"plain text", b'{\n "a": 1\n}', avro, bytes(range(200, 256)), None]
    awkward.write(sandbox, "kinds", [(number, kind, {"key": b"k", "headers": [("h", b"\xff\0"), ("empty", b"")]})
                                     for number, kind in enumerate(kinds) for _ in range(3)])
    awkward.commit(sandbox, "connect-kinds", "kinds", dict.fromkeys(range(6), 1))
    awkward.commit(sandbox, "connect-kinds", "kinds-too", {0: 0, 1: 0})
    witness = Witness(sandbox, "kinds")
    expected, document = assert_arithmetic(headgate, "kinds", "connect-kinds", witness)
    made = plan(headgate, "kinds", "connect-kinds", "safe")
    for told in (document, made):
        assert told["values"] == {"JSON": 1, "text": 1, "multi": 1, "avro": 1, "binary": 1, "none": 1}
        assert told["other_topics"] == [{"topic": "kinds-too", "partitions": 2}]
    for verb in (["survey"], ["plan", "--start", "safe"]):
        text = headgate.run(verb[0], "--topic", "kinds", "--group", "connect-kinds", *verb[1:]).out
        assert "kinds-too" in text and "stopping the connector" in text
        assert "`lines` would break" in text and "avro in 1" in text
    assert_whole_delivery(headgate, "kinds", "kinds", "connect-kinds", expected, "earliest")
    lines = Stream(headgate, "kinds-lines", "kinds", "awkward", "--size", "1", "--compression", "gzip-small")
    done = headgate.run("deliver", *lines.place(), *lines.options, "--yes")
    assert "3 tombstones" in done.out and "3 values with newlines inside" in done.out
    raw = Stream(headgate, "kinds-raw", "kinds", "awkward", "--size", "1", "--format", "raw", "--compression", "zstd")
    raw.run()
    for stream, end in ((lines, b"\n"), (raw, b"")):
        assert {number: body for number, *_, body in awkward.bodies(stream)} == {
            number: 3 * (kind + end) for number, kind in enumerate(kinds) if kind is not None}
        assert stream.audit()["verdict"] == "pass"


# --- the end of a plan ---------------------------------------------------------------------------------------------------


def test_until_a_time(headgate, sandbox):
    """The plan, the launch and the delivery end at the first record of that time; the end never moves."""
    sandbox.broker.create_topic("bounded", 3)
    awkward.write(sandbox, "bounded", rows(0, range(100)) + rows(1, range(100, 150)))
    awkward.commit(sandbox, "connect-bounded", "bounded", {0: 10, 1: 20, 2: 0})
    witness = Witness(sandbox, "bounded")
    until = NOW - 30 * MINUTE + 40_000
    ends = witness.by_time(until)
    assert ends == {0: 40, 1: 40, 2: 0}
    expected = Expected(witness, "connect-bounded")
    for kind, made in plans(headgate, "bounded", "connect-bounded", "--until", str(until)).items():
        if kind in ("safe", "committed", "earliest", "now"):
            awkward.assert_plan(made, expected, expected.start(kind), ends)
            assert made["until"] == {"time_ms": until, "ends": [40, 40, 0]}
    stream = stream_of(headgate, "bounded", "bounded", "--group", "connect-bounded", start="committed", until=str(until))
    done = stream.run()
    assert "50  from here until" in done.err.replace(",", "")
    awkward.assert_delivered(stream, witness, expected.start("committed"), ends)
    awkward.write(sandbox, "bounded", rows(0, range(500, 510)) + rows(2, range(510, 520)))
    assert stream.run().report["objects"] == 0
    assert stream.audit()["verdict"] == "pass"
    future = headgate.run("plan", "--topic", "bounded", "--group", "connect-bounded", "--start", "safe", "--until",
                          "2200-01-01T00:00:00Z", accept=(2,))
    assert "future" in future.err


# --- large records -------------------------------------------------------------------------------------------------------


def test_records_of_20_mb(headgate, sandbox):
    """Far above every fetch size; read, planned and delivered within a budget of 128 MiB."""
    sandbox.broker.create_topic("films", 2, {"max.message.bytes": str(32 << 20)})
    large = [bytes([65 + number]) * (20 << 20) for number in range(3)]
    awkward.write(sandbox, "films", rows(0, range(3)) + [(0, large[0]), (0, large[1])] + rows(0, range(3, 6)) + [(1, large[2])])
    awkward.commit(sandbox, "connect-films", "films", {0: 3, 1: 0})
    witness = Witness(sandbox, "films")
    expected, document = assert_arithmetic(headgate, "films", "connect-films", witness)
    assert document["values"] == {"text": 2}
    stream, _ = assert_whole_delivery(headgate, "films", "films", "connect-films", expected, "earliest", "--memory", "128")
    assert max(len(body) for *_, body in awkward.bodies(stream)) > 20 << 20


# --- commits that do not fit the log ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shrunk(sandbox):
    """p0: retention took what lies behind the commit. p1: it took everything. p2: it stopped before the commit. p3: no commit,
    and a log that does not begin at 0. Beside the witness: what was visible before."""
    sandbox.broker.create_topic("shrinking", 4)
    awkward.write(sandbox, "shrinking", [row for number in range(4) for row in rows(number, range(100 * number, 100 * number + 50))])
    awkward.commit(sandbox, "connect-shrinking", "shrinking", {0: 10, 1: 20, 2: 30})
    history = Witness(sandbox, "shrinking").records
    awkward.delete_records(sandbox, "shrinking", {0: 25, 1: 50, 2: 30, 3: 5})
    return Witness(sandbox, "shrinking"), history


def test_retention_before_launch(headgate, sandbox, shrunk):
    witness, history = shrunk
    expected, document = assert_arithmetic(headgate, "shrinking", "connect-shrinking", witness, time_ms=NOW - 29 * MINUTE)
    assert [row["state"] for row in document["partitions"]] == ["below_start", "below_start", "ok", "no_commit"]
    assert (document["totals"]["lost"], document["totals"]["lost_unknown"]) == (45, 1)
    stream = stream_of(headgate, "shrinking-no", "shrinking", "--group", "connect-shrinking", start="safe")
    refused = stream.run(accept=(1,))
    assert "45 offsets" in refused.err and "--allow-lost" in refused.err and not stream.has_plan()
    for kind in ("safe", "now"):  # all that is missing is the loss; the loss and the gap
        assert_whole_delivery(headgate, f"shrinking-{kind}", "shrinking", "connect-shrinking", expected, kind, history=history)


def test_a_commit_past_the_end_is_refused(headgate, sandbox):
    sandbox.broker.create_topic("short", 2)
    awkward.write(sandbox, "short", rows(0, range(10)) + rows(1, range(10, 20)))
    awkward.commit(sandbox, "connect-short", "short", {0: 4, 1: 11})
    _, document = assert_arithmetic(headgate, "short", "connect-short", Witness(sandbox, "short"))
    assert [row["state"] for row in document["partitions"]] == ["ok", "past_end"]
    stream = stream_of(headgate, "short", "short", "--group", "connect-short", "--allow-lost", "--allow-gap", start="safe")
    refused = stream.run(accept=(1,))
    assert "beyond the end" in refused.err and "made again or truncated" in refused.err and not stream.has_plan()


def test_a_group_without_commits_gets_a_remedy(headgate, sandbox, shrunk):
    """One that reads another topic, and one that nobody has heard of."""
    sandbox.broker.create_topic("unread", 1)
    refused = headgate.run("survey", "--topic", "unread", "--group", "connect-shrinking", accept=(1,))
    assert "shrinking (3 partitions)" in refused.err and "headgate groups --topic unread" in refused.err
    refused = headgate.run("survey", "--topic", "unread", "--group", "nobody", accept=(1,))
    assert "there is no group nobody" in refused.err and "headgate groups" in refused.err
    refused = headgate.run("survey", "--topic", "unread", "--group", "nobody", "-X", "nothing", accept=(2,))
    assert "-X client.id=me" in refused.err
