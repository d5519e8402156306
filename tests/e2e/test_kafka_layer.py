"""src/kafka/ against a real broker, with kafka-python as the oracle: directory, offsets, times, commits."""

import os
import re
import subprocess
import time

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from kafka_layer import (BASE, PROBE, Sandbox, commit, committed, consumer_of, fill, offsets_of, run,
                         transactional)


@pytest.fixture(scope="module")
def broker():
    with Sandbox(without=("s3", "connect")) as sandbox:
        yield sandbox.broker


@pytest.fixture(scope="module")
def producer(broker):
    made = KafkaProducer(bootstrap_servers=broker.address, batch_size=1_000_000, linger_ms=20, acks="all")
    yield made
    made.close()


def test_connect_tells_cluster_and_version(broker):
    answer = run(broker, "connect")
    assert len(answer["cluster"]) == 22
    assert answer["version"].startswith("2.")


def test_topics_and_settings(broker):
    broker.create_topic("dir-plain", 3, {"retention.ms": "3600000", "max.message.bytes": "2000000"})
    broker.create_topic("dir-compact", 1, {"cleanup.policy": "compact", "message.timestamp.type": "LogAppendTime"})
    topics = {topic["name"]: topic for topic in run(broker, "topics")}
    assert list(topics) == sorted(topics)
    assert topics["dir-plain"]["partitions"] == 3 and topics["dir-compact"]["partitions"] == 1
    plain, compact = run(broker, "topic", "dir-plain"), run(broker, "topic", "dir-compact")
    assert plain["described"] and not plain["compacted"] and not plain["log_append"]
    assert plain["retention_ms"] == 3600000 and plain["max_message_bytes"] == 2000000
    assert compact["compacted"] and compact["log_append"]
    if run(broker, "connect")["version"] != "2.0.2":
        assert len(plain["id"]) == 22 and plain["id"] == topics["dir-plain"]["id"] != compact["id"]
    else:
        assert plain["id"] == "-"


def test_unknown_names_are_told_with_the_nearest(broker):
    broker.create_topic("orders-unknown", 1)
    answer = run(broker, "topic", "orders-unknwon", ok=False)
    assert answer["error"] == "there is no topic orders-unknwon on this cluster; did you mean orders-unknown?"
    assert "orders-unknwon" not in [topic["name"] for topic in run(broker, "topics")]
    assert "no topic a/b on" in run(broker, "topic", "a/b", ok=False)["error"]
    assert "there is no group nobody" in run(broker, "group", "nobody", ok=False)["error"]


def test_groups_with_and_without_members(broker, producer):
    broker.create_topic("groups", 2)
    commit(broker, "empty-group", {TopicPartition("groups", 0): (0, "")})
    member = consumer_of(broker, "live-group")
    member.subscribe(["groups"])
    deadline = time.monotonic() + 20
    while not member.assignment() and time.monotonic() < deadline:
        member.poll(100)
    groups = {group["name"]: group for group in run(broker, "groups")}
    assert groups["live-group"] == {"name": "live-group", "state": "Stable", "protocol_type": "consumer",
                                    "kind": "classic", "members": 1, "error": None}
    assert groups["empty-group"]["state"] == "Empty" and groups["empty-group"]["protocol_type"] == ""
    assert run(broker, "group", "live-group") == groups["live-group"]
    member.close()
    assert run(broker, "group", "live-group")["state"] == "Empty"
    assert "did you mean live-group?" in run(broker, "group", "live-groop", ok=False)["error"]


def test_foreign_commits_are_read_and_left_alone(broker, producer):
    broker.create_topic("foreign", 4)
    broker.create_topic("foreign-2", 2)
    for partition in range(4):
        fill(producer, "foreign", partition, range(BASE, BASE + 10))
    commit(broker, "connect-foreign", {TopicPartition("foreign", 0): (0, "zero"), TopicPartition("foreign", 2): (7, ""),
                                       TopicPartition("foreign-2", 1): (0, "")})
    before = broker.committed("connect-foreign", "foreign"), broker.group("connect-foreign")
    log_end = broker.ends("__consumer_offsets")
    rows = run(broker, "committed", "connect-foreign", "foreign")
    assert offsets_of(rows) == {0: 0, 2: 7}  # no commit is no row, and never 0
    assert [row["metadata"] for row in rows] == ["zero", None]
    assert run(broker, "group-topics", "connect-foreign") == {"foreign": 2, "foreign-2": 1}
    assert run(broker, "committed", "no-such-group", "foreign") == []
    run(broker, "times", "foreign", 4, "connect-foreign")
    assert (broker.committed("connect-foreign", "foreign"), broker.group("connect-foreign")) == before
    assert broker.ends("__consumer_offsets") == log_end


def test_log_start_end_and_time(broker, producer):
    broker.create_topic("ranges", 5)
    oracle = consumer_of(broker, None)
    for partition in range(4):  # the last one stays empty
        fill(producer, "ranges", partition, [BASE + partition * 1000 + (i * 7919) % 500 for i in range(200)])
    places = [TopicPartition("ranges", partition) for partition in range(5)]
    assert offsets_of(run(broker, "range", "ranges", 5, "start")) == {p: 0 for p in range(5)}
    assert offsets_of(run(broker, "range", "ranges", 5, "end")) == {p.partition: e for p, e in
                                                                   oracle.end_offsets(places).items()}
    for when in (0, BASE, BASE + 1250, BASE + 3499, BASE + 3500, BASE + 10_000_000):
        expected = oracle.offsets_for_times({place: when for place in places})
        assert offsets_of(run(broker, "range", "ranges", 5, when)) == {
            place.partition: -1 if found is None else found.offset for place, found in expected.items()}
    oracle.close()


def test_a_partition_that_is_not_there_does_not_hide_the_others(broker, producer):
    broker.create_topic("short", 2)
    fill(producer, "short", 1, [BASE])
    rows = run(broker, "range", "short", 3, "end")
    assert [(row["offset"], bool(row["error"])) for row in rows] == [(0, False), (1, False), (-1, True)]


def test_transactions_end_and_first_visible_record(broker, producer):
    broker.create_topic("tx", 2)
    fill(producer, "tx", 0, [BASE + i for i in range(5)])
    writer = transactional(broker, "tx-1")
    writer.begin_transaction()
    for i in range(3):
        writer.send("tx", b"aborted", partition=0, timestamp_ms=BASE + 100 + i)
    writer.flush()
    writer.abort_transaction()
    writer.begin_transaction()
    for i in range(4):
        writer.send("tx", b"committed", partition=0, timestamp_ms=BASE + 200 + i)
    writer.commit_transaction()
    # 5 plain, 3 aborted, marker at 8, 4 committed from 9, marker at 13
    commit(broker, "tx-group", {TopicPartition("tx", 0): (5, ""), TopicPartition("tx", 1): (0, "")})
    record, = [row for row in run(broker, "times", "tx", 2, "tx-group") if row["partition"] == 0]
    assert (record["found"], record["offset"], record["time"]) == (True, 9, BASE + 200)
    record, = [row for row in run(broker, "times", "tx", 2, "tx-group", uncommitted=True) if row["partition"] == 0]
    assert (record["offset"], record["time"]) == (5, BASE + 100)
    commit(broker, "tx-group", {TopicPartition("tx", 0): (13, "")})  # only a marker is left
    rows = {row["partition"]: row for row in run(broker, "times", "tx", 2, "tx-group")}
    assert not rows[0]["found"] and rows[0]["error"] is None and not rows[1]["found"]

    writer.begin_transaction()
    writer.send("tx", b"open", partition=0, timestamp_ms=BASE + 300)
    writer.flush()
    assert offsets_of(run(broker, "range", "tx", 2, "end")) == {0: 14, 1: 0}
    assert offsets_of(run(broker, "range", "tx", 2, "end", uncommitted=True)) == {0: 15, 1: 0}
    commit(broker, "tx-group", {TopicPartition("tx", 0): (14, "")})
    row, = [row for row in run(broker, "times", "tx", 2, "tx-group") if row["partition"] == 0]
    assert not row["found"]
    writer.abort_transaction()
    writer.close()


def test_times_name_type_and_kind(broker, producer):
    broker.create_topic("kinds", 4)
    broker.create_topic("append", 1, {"message.timestamp.type": "LogAppendTime"})
    fill(producer, "kinds", 0, [BASE], b'{"a": 1}')
    fill(producer, "kinds", 1, [BASE + 1], b"two\nlines")
    producer.send("kinds", None, key=b"k", partition=2, timestamp_ms=BASE + 2)
    fill(producer, "kinds", 3, [BASE + 3], b"\0\0\0\0\1avro")
    fill(producer, "append", 0, [1], b"x")
    rows = run(broker, "times", "kinds", 4, "start")
    assert [row["time"] for row in rows] == [BASE, BASE + 1, BASE + 2, BASE + 3]
    assert [row["size"] for row in rows] == [8, 9, 0, 9]
    assert len({row["kind"] for row in rows}) == 4 and not any(row["log_append"] for row in rows)
    row, = run(broker, "times", "append", 1, "start")
    assert row["log_append"] and abs(row["time"] - time.time() * 1000) < 60_000


def test_times_of_an_offset_below_the_log_start(broker, producer):
    broker.create_topic("cut", 2, {"retention.ms": "-1"})
    for partition in range(2):
        fill(producer, "cut", partition, [BASE + i for i in range(20)])
    commit(broker, "cut-group", {TopicPartition("cut", p): (3, "") for p in range(2)})
    admin = KafkaAdminClient(bootstrap_servers=broker.address)
    admin.delete_records({TopicPartition("cut", 1): 10})
    admin.close()
    assert offsets_of(run(broker, "range", "cut", 2, "start")) == {0: 0, 1: 10}
    good, bad = run(broker, "times", "cut", 2, "cut-group")
    assert (good["offset"], good["time"], good["error"]) == (3, BASE + 3, None)
    assert not bad["found"] and bad["error"] == "the offset is not in the log"


@pytest.mark.parametrize("size", [100, 200_000])
def test_times_of_many_partitions(broker, producer, size):
    """Small batches, and batches far above the first fetch size: then the scan has to ask for more."""
    count, topic = 300, f"wide-{size}"
    broker.create_topic(topic, count)
    value = os.urandom(size // 4)
    for partition in range(count):
        for i in range(4):
            producer.send(topic, value, partition=partition, timestamp_ms=BASE + partition * 10 + i)
    producer.flush()
    commit(broker, topic, {TopicPartition(topic, p): (p % 4, "") for p in range(count)})
    began = time.monotonic()
    rows = run(broker, "times", topic, count, topic)
    took = time.monotonic() - began
    assert [(row["offset"], row["time"]) for row in rows] == [(p % 4, BASE + p * 10 + p % 4) for p in range(count)]
    assert took < 20


def test_times_can_be_cancelled(broker, producer):
    broker.create_topic("cancel", 50)
    for partition in range(50):
        fill(producer, "cancel", partition, [BASE])
    answer = run(broker, "times", "cancel", 50, "start", 1, ok=False)
    assert answer["kind"] == "cancelled"


def test_settings_are_refused_by_name(broker):
    def error(*settings):
        answer = run(broker, "connect", ok=False, settings=settings)
        assert answer["kind"] == "usage"
        return answer["error"]

    assert "no setting sasl.usernam; did you mean sasl.username?" in error("sasl.usernam=x")
    assert "group.id" in error("group.id=connect-orders")
    assert "--isolation" in error("isolation.level=read_uncommitted")
    assert "ssl.ca.location" in error("ssl.truststore.location=/x.jks")
    secret = error("sasl.jaas.config=nonsense password=geheim")
    assert "geheim" not in secret
    assert run(broker, "connect", settings=("client.dns.lookup=use_all_dns_ips", "enable.auto.commit=false"))


def test_unreachable_broker_is_named_with_its_reason():
    answer = run("127.0.0.1:1", "connect", 1500, ok=False)
    assert answer["retriable"] and "127.0.0.1:1: " in answer["error"] and "refused" in answer["error"]
    answer = run("no-such-host.invalid:9092", "connect", 1500, ok=False)
    assert "no-such-host.invalid" in answer["error"] and "resolve" in answer["error"]


def test_commits_of_our_own_group_with_metadata(broker):
    """1,200 partitions with 80 bytes each: more than one request holds."""
    count, topic, group = 1200, "plan", "headgate-plan"
    broker.create_topic(topic, count)
    metadata = "m" * 80
    run(broker, "commit", group, topic, "many", count, 7, metadata)
    sample = committed(broker, group, [TopicPartition(topic, p) for p in (0, 999, 1000, count - 1)])
    assert set(sample.values()) == {(7, metadata)}
    rows = run(broker, "committed", group, topic)
    assert len(rows) == count and {(row["offset"], row["metadata"]) for row in rows} == {(7, metadata)}
    run(broker, "commit", group, topic, "3:9:new")
    rows = {row["partition"]: row for row in run(broker, "committed", group, topic)}
    assert (rows[3]["offset"], rows[3]["metadata"]) == (9, "new") and rows[4]["offset"] == 7


def test_no_commit_for_a_group_of_others(broker):
    broker.create_topic("theirs", 1)
    commit(broker, "connect-theirs", {TopicPartition("theirs", 0): (5, "theirs")})
    log_end = broker.ends("__consumer_offsets")
    for group in ("connect-theirs", "headgate-", "headgate", "Headgate-x", ""):
        answer = run(broker, "commit", group, "theirs", "0:1", ok=False)
        assert answer["kind"] == "refused", answer
    assert run(broker, "reader", "connect-theirs", "theirs", 6000, ok=False)["kind"] == "refused"
    assert committed(broker, "connect-theirs", [TopicPartition("theirs", 0)]) == {0: (5, "theirs")}
    assert broker.ends("__consumer_offsets") == log_end


def test_no_plan_is_committed_while_the_group_has_members(broker):
    broker.create_topic("busy", 1)
    member = consumer_of(broker, "headgate-busy")
    member.subscribe(["busy"])
    deadline = time.monotonic() + 20
    while not member.assignment() and time.monotonic() < deadline:
        member.poll(100)
    answer = run(broker, "commit", "headgate-busy", "busy", "0:1", ok=False)
    assert answer["kind"] == "kafka" and answer["retriable"] and "has members" in answer["error"]
    member.close()
    run(broker, "commit", "headgate-busy", "busy", "0:1")


def test_what_only_looks_is_not_linked_with_what_writes():
    """The objects of the survey call nothing that joins, commits, produces, alters or deletes."""
    forbidden = re.compile(r"rd_kafka_(subscribe|commit(?!ted)|.*offsets?_store|send_offsets|produce|Alter|Delete|Create|"
                           r"incremental_assign|Incremental)")
    folder = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(PROBE))), "src", "kafka")
    looking = ("error", "java", "conf", "client", "admin", "directory", "directory_groups", "offsets",
               "offsets_committed", "times")

    def calls(name):
        listed = subprocess.run(["nm", "-u", os.path.join(folder, f"kafka_{name}.o")], capture_output=True, text=True,
                                check=True).stdout
        return {line.split()[-1] for line in listed.splitlines() if forbidden.match(line.split()[-1])}

    assert {name: calls(name) for name in looking} == {name: set() for name in looking}
    assert calls("commit") == {"rd_kafka_commit_queue"}  # and the test would see one
    assert calls("reader") == {"rd_kafka_subscribe"}
    assert calls("reader_group") <= {"rd_kafka_incremental_assign"}
