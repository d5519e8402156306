"""kafka_reader against a real broker: records, ends, seek, hold, commits, rebalances, dead members, lost data."""

import time

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from kafka_layer import BASE, Reader, Sandbox, commit, committed, fill, run, transactional


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(without=("s3", "connect")) as running:
        yield running


@pytest.fixture(scope="module")
def broker(sandbox):
    return sandbox.broker


@pytest.fixture(scope="module")
def producer(broker):
    made = KafkaProducer(bootstrap_servers=broker.address, linger_ms=5, acks="all")
    yield made
    made.close()


def delete_before(broker, places):
    admin = KafkaAdminClient(bootstrap_servers=broker.address)
    admin.delete_records(places)
    admin.close()


def test_records_with_everything_and_ends(broker, producer):
    broker.create_topic("all", 2)
    producer.send("all", b"v", key=b"key", partition=0, timestamp_ms=BASE, headers=[("h", b"123"), ("empty", b"")])
    producer.send("all", None, key=b"k", partition=0, timestamp_ms=BASE + 1)
    producer.send("all", b"", partition=0, timestamp_ms=BASE + 2)
    producer.flush()
    with Reader(broker, "headgate-all", "all") as reader:
        reader.event("end", partition=0, offset=3)
        reader.event("end", partition=1, offset=0)
        records = [event for event in reader.events if event.get("event") == "record"]
        assert records[0] == {"event": "record", "partition": 0, "offset": 0, "time": BASE, "length": 1,
                              "key_length": 3, "headers": {"h": 3, "empty": 0}}
        assert (records[1]["length"], records[1]["key_length"]) == (-1, 1)
        assert (records[2]["length"], records[2]["key_length"]) == (0, -1)
        place = len(reader.events)
        fill(producer, "all", 0, [BASE + 3])
        reader.until(0, 3, place)
        reader.event("end", partition=0, offset=4)
        reader.quit()
        assert reader.offsets(0) == [0, 1, 2, 3]


def test_aborted_records_are_holes_and_an_open_transaction_is_the_end(broker, producer):
    broker.create_topic("holes", 1)
    fill(producer, "holes", 0, range(BASE, BASE + 3))
    writer = transactional(broker, "holes")
    writer.begin_transaction()
    writer.send("holes", b"aborted", partition=0)
    writer.flush()
    writer.abort_transaction()  # 3 aborted, 4 marker
    writer.begin_transaction()
    writer.send("holes", b"open", partition=0)
    writer.flush()  # 5
    with Reader(broker, "headgate-holes", "holes") as reader:
        end = reader.event("end", partition=0)
        assert end["offset"] == 5 and reader.offsets(0) == [0, 1, 2]
        writer.commit_transaction()
        reader.event("end", partition=0, offset=7)
        assert reader.offsets(0) == [0, 1, 2, 5]
        reader.quit()
    writer.close()


def test_where_reading_begins_is_the_owners_choice(broker, producer):
    broker.create_topic("begin", 3)
    for partition in range(3):
        fill(producer, "begin", partition, range(BASE, BASE + 10))
    run(broker, "commit", "headgate-begin", "begin", "0:4:meta", "1:6")
    with Reader(broker, "headgate-begin", "begin", "1:2", "2:-1") as reader:
        assigned = reader.event("assigned")
        assert [(row["offset"], row["metadata"]) for row in assigned["partitions"]] == [(4, "meta"), (6, None),
                                                                                       (-1, None)]
        reader.event("end", partition=0, offset=10)
        reader.event("end", partition=1, offset=10)
        assert reader.offsets(0) == list(range(4, 10)) and reader.offsets(1) == list(range(2, 10))
        place = reader.say("seek 2 7")  # was parked
        reader.event("end", place, partition=2, offset=10)
        assert reader.offsets(2) == [7, 8, 9]
        reader.say("range")
        answer = reader.event("range")
        assert [row["offset"] for row in answer["starts"]] == [0, 0] and [row["offset"] for row in answer["ends"]] == [
            10, 10]
        reader.quit()


def test_seek_stop_and_hold(broker, producer):
    count = 3000
    broker.create_topic("moves", 2)
    for partition in range(2):
        fill(producer, "moves", partition, range(BASE, BASE + count), b"x" * 500)
    with Reader(broker, "headgate-moves", "moves") as reader:
        reader.until(0, 100)
        reader.say("stop 1")
        stopped = len(reader.offsets(1))
        reader.event("end", partition=0, offset=count)
        assert reader.offsets(0) == list(range(count)) and len(reader.offsets(1)) == stopped
        place = reader.say("seek 0 2990")  # back
        reader.event("end", place, partition=0, offset=count)
        assert reader.offsets(0, place) == list(range(2990, count))
        place = reader.say("seek 1 0")
        reader.until(1, 50, place)
        for _ in range(5):  # in the middle of the stream
            reader.say("budget 7")
            reader.say("hold")
            held = len(reader.offsets(1, place))
            reader.say("budget 1000")
            time.sleep(0.1)  # what must not come cannot be waited for
            assert len(reader.offsets(1, place)) == held
            reader.say("go")
            reader.wait(lambda _, held=held: len(reader.offsets_locked(1, place)) > held or held == count)
        reader.event("end", place, partition=1, offset=count)
        assert reader.offsets(1, place) == list(range(count))
        held = reader.say("hold")
        fill(producer, "moves", 0, [BASE])
        reader.say("stop 1")
        place = reader.say("go")
        reader.event("end", place, partition=0, offset=count + 1)
        assert reader.offsets(0, held) == [count]
        reader.quit()


def test_a_slow_owner_loses_nothing(broker, producer):
    """Polls that take nothing while data comes, then one record at a time."""
    broker.create_topic("slow", 1)
    fill(producer, "slow", 0, range(BASE, BASE + 500), b"y" * 2000)
    with Reader(broker, "headgate-slow", "slow", settings=("queued.max.messages.kbytes=100",)) as reader:
        reader.until(0, 5)
        reader.say("budget 1")
        reader.wait(lambda _: len(reader.offsets_locked(0, 0)) > 40)
        reader.say("budget 1000")
        reader.event("end", partition=0, offset=500)
        assert reader.offsets(0) == list(range(500))
        reader.quit()


def test_a_poll_ends_where_its_records_are_large(broker):
    """A thousand small ones, then large ones that all lie ready: the owner is asked again after 1 MiB of them."""
    large = 400_000
    broker.create_topic("large", 1)
    # Packed, so that they come at once: a batch of 1 MB unpacked would be handed out as slowly as it is fetched.
    made = KafkaProducer(bootstrap_servers=broker.address, compression_type="gzip", linger_ms=500, batch_size=32 << 20)
    for value in [b"x"] * 1000 + [b"x" * large] * 60:
        made.send("large", value, partition=0)
    made.close()
    with Reader(broker, "headgate-large", "large") as reader:
        reader.event("end", partition=0, offset=1060)
        assert reader.offsets(0) == list(range(1060))
        polled = [event["bytes"] for event in reader.events if event.get("event") == "polled"]
        assert polled and max(polled) < (1 << 20) + large, polled
        reader.quit()


def test_commits_of_a_member(broker, producer):
    broker.create_topic("member", 1)
    fill(producer, "member", 0, range(BASE, BASE + 10))
    place = [TopicPartition("member", 0)]
    with Reader(broker, "headgate-member", "member", "0:0") as reader:
        reader.event("end", partition=0)
        reader.say("commit-wait 0:3:one")
        reader.event("commit-done")
        assert committed(broker, "headgate-member", place) == {0: (3, "one")}
        reader.say("commit 0:5:two")
        event = reader.event("committed")
        assert event["error"] is None
        assert [(row["partition"], row["offset"], row["metadata"]) for row in event["partitions"]] == [(0, 5, "two")]
        assert committed(broker, "headgate-member", place) == {0: (5, "two")}
        reader.say("committed")
        assert reader.event("committed-offsets")["partitions"][0]["metadata"] == "two"
        reader.quit()
        assert reader.event("revoked")["committed"] and not reader.event("revoked")["lost"]
    assert committed(broker, "headgate-member", place) == {0: (10, "")}
    assert broker.group("headgate-member")["state"] == "Empty"


def test_leaving_while_records_wait(broker, producer):
    """Fetched but not taken when the reader closes: they must not disturb it, and the next one begins with them."""
    count, taken = 20000, []
    broker.create_topic("leave", 1)
    fill(producer, "leave", 0, range(BASE, BASE + count), b"z" * 500)
    for _ in range(3):
        with Reader(broker, "headgate-leave", "leave") as reader:
            reader.say("budget 1")
            reader.event("record")
            reader.quit()
            revoked = [event for event in reader.events if event.get("event") == "revoked"]
            assert len(revoked) == 1 and revoked[0]["committed"] and not revoked[0]["lost"]
            taken += reader.offsets(0)
    assert taken == list(range(len(taken))) and 3 <= len(taken) < count
    assert committed(broker, "headgate-leave", [TopicPartition("leave", 0)]) == {0: (len(taken), "")}


def test_two_readers_share_and_hand_over(broker, producer):
    count = 6
    broker.create_topic("share", count)
    for partition in range(count):
        fill(producer, "share", partition, range(BASE, BASE + 20))
    with Reader(broker, "headgate-share", "share") as first:
        for partition in range(count):
            first.event("end", partition=partition, offset=20)
        with Reader(broker, "headgate-share", "share") as second:
            second.wait(lambda _: len(assignment(second)) == 3 and len(assignment(first)) == 3)
            assert assignment(first) | assignment(second) == set(range(count))
            # what was committed on the way out is where the other one begins
            for partition in assignment(second):
                second.event("end", partition=partition, offset=20)
                assert second.offsets(partition) == []
            for partition in range(count):
                fill(producer, "share", partition, range(BASE + 20, BASE + 30))
            for reader in (first, second):
                for partition in assignment(reader):
                    reader.until(partition, 29)
                    assert reader.offsets(partition)[-10:] == list(range(20, 30))
            second.quit()
        first.wait(lambda _: len(assignment(first)) == count)
        fill(producer, "share", 0, [BASE])
        first.until(0, 30)
        first.quit()
    assert {row[0] for row in committed(broker, "headgate-share", [TopicPartition("share", p)
                                                                    for p in range(1, count)]).values()} == {30}


def assignment(reader):
    held = set()
    for event in list(reader.events):
        numbers = {row["partition"] for row in event.get("partitions") or []}
        if event.get("event") == "assigned":
            held |= numbers
        elif event.get("event") == "revoked":
            held -= numbers
    return held


def test_a_killed_member_is_replaced_after_its_session(broker, producer):
    broker.create_topic("killed", 2)
    for partition in range(2):
        fill(producer, "killed", partition, range(BASE, BASE + 10))
    with Reader(broker, "headgate-killed", "killed", session_ms=3000) as dead:
        dead.event("end", partition=0, offset=10)
        dead.event("end", partition=1, offset=10)
        dead.say("commit-wait 0:4")
        dead.kill()
    with Reader(broker, "headgate-killed", "killed", session_ms=3000) as heir:
        heir.event("waiting")
        began = time.monotonic()
        heir.event("joined", seconds=20)
        assert time.monotonic() - began < 15
        heir.event("end", partition=0, offset=10)
        heir.event("end", partition=1, offset=10)
        assert heir.offsets(0) == list(range(4, 10)) and heir.offsets(1) == list(range(10))
        heir.quit()


def test_a_reader_without_a_share_has_joined(broker):
    broker.create_topic("one", 1)
    with Reader(broker, "headgate-one", "one") as first:
        first.event("joined")
        with Reader(broker, "headgate-one", "one") as second:
            second.event("joined")
            second.wait(lambda _: len(assignment(first)) + len(assignment(second)) == 1)
            second.quit()
        first.quit()


def test_lost_data_stops_one_partition_until_the_owner_decides(broker, producer):
    broker.create_topic("gone", 2)
    for partition in range(2):
        fill(producer, "gone", partition, range(BASE, BASE + 20))
    delete_before(broker, {TopicPartition("gone", 0): 8})
    with Reader(broker, "headgate-gone", "gone", "0:3", "1:0") as reader:
        error = reader.event("partition_error")
        assert error["partition"] == 0 and error["out_of_range"] and "not in the log" in error["error"]
        reader.event("end", partition=1, offset=20)
        fill(producer, "gone", 0, [BASE])
        fill(producer, "gone", 1, [BASE])
        reader.until(1, 20)
        assert reader.offsets(0) == []  # never jumps over what is lost
        place = reader.say("seek 0 8")
        reader.event("end", place, partition=0, offset=21)
        assert reader.offsets(0) == list(range(8, 21))
        assert reader.offsets(1) == list(range(21))  # the other one was not disturbed
        assert sum(event.get("event") == "partition_error" for event in reader.events) == 1
        place = reader.say("seek 0 100")  # beyond the end
        assert reader.event("partition_error", place)["out_of_range"]
        place = reader.say("seek 0 20")
        reader.until(0, 20, place)
        reader.quit()


def test_broker_away_and_back(sandbox, producer):
    broker = sandbox.broker
    broker.create_topic("outage", 1)
    fill(producer, "outage", 0, range(BASE, BASE + 5))
    with Reader(broker, "headgate-outage", "outage", session_ms=30000) as reader:
        reader.event("end", partition=0, offset=5)
        broker.kill()
        reader.say("hold")  # commands are obeyed meanwhile
        reader.say("go")
        broker.start()
        fill(producer, "outage", 0, [BASE + 5])
        reader.until(0, 5, seconds=60)
        reader.say("commit-wait 0:6:back")
        reader.event("commit-done")
        reader.quit()
    assert reader.offsets(0) == list(range(6))
    assert not [event for event in reader.events if event.get("event") in ("fatal", "partition_error")]


def test_closing_ends_even_when_the_broker_is_gone(sandbox):
    broker = sandbox.broker
    broker.create_topic("closing", 1)
    with Reader(broker, "headgate-closing", "closing", "0:0") as reader:
        reader.event("end", partition=0)
        broker.kill()
        try:
            began = time.monotonic()
            reader.quit(seconds=40)
            assert time.monotonic() - began < 35
        finally:
            broker.start()


def test_deleted_topic_is_told(broker, producer):
    broker.create_topic("deleted", 1)
    fill(producer, "deleted", 0, range(BASE, BASE + 5))
    with Reader(broker, "headgate-deleted", "deleted", settings=("topic.metadata.refresh.interval.ms=1000",)) as reader:
        reader.event("end", partition=0, offset=5)
        admin = KafkaAdminClient(bootstrap_servers=broker.address)
        admin.delete_topics(["deleted"])
        admin.close()
        reader.wait(lambda events: [event for event in events if event.get("event") in ("partition_error", "fatal",
                                                                                        "revoked")], 60)
        reader.quit()
