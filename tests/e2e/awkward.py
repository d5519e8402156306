"""Topics as they really are, and what an independent client sees in them.

Everything here is made and read with kafka-python and decoded with Python's own means; nothing is shared with headgate.
A record is what a consumer at the plan's isolation level gets: (offset, timestamp, key, value, headers).
"""

import base64
import collections
import contextlib
import gzip
import json
import time

import admin
import kafka
import zstandard
from kafka.admin import NewPartitions
from program import wait_for

Record = collections.namedtuple("Record", "offset time key value headers")
NO_TIME_LIMIT = {"message.timestamp.after.max.ms": str(2**63 - 1)}


# --- making them ---------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def producer(sandbox, **settings):
    client = kafka.KafkaProducer(bootstrap_servers=sandbox.broker.address, max_request_size=64 << 20, **settings)
    try:
        yield client
    finally:
        client.close(timeout=10)


def write(sandbox, topic, rows, **settings):
    """rows: (partition, value) or (partition, value, {"key", "timestamp_ms", "headers"}); value None is a tombstone."""
    with producer(sandbox, linger_ms=5, **settings) as client:
        sent = [client.send(topic, value=row[1], partition=row[0], **(row[2] if len(row) > 2 else {})) for row in rows]
        client.flush()
        return [future.get(timeout=30).offset for future in sent]


def transaction(sandbox, topic, rows, commit):
    """One transaction of a producer of its own, committed or aborted; rows as for write()."""
    with producer(sandbox, transactional_id=f"{topic}-{time.monotonic_ns()}") as client:
        client.init_transactions()
        client.begin_transaction()
        for row in rows:
            client.send(topic, value=row[1], partition=row[0], **(row[2] if len(row) > 2 else {}))
        client.flush()
        client.commit_transaction() if commit else client.abort_transaction()


class HangingTransaction:
    """Open until end() is called: what was written in it is visible to nobody who reads committed records."""

    def __init__(self, sandbox, topic, rows):
        self.client = kafka.KafkaProducer(bootstrap_servers=sandbox.broker.address, transactional_id=f"{topic}-hanging",
                                          transaction_timeout_ms=600000)
        self.client.init_transactions()
        self.client.begin_transaction()
        for partition, value in rows:
            self.client.send(topic, value=value, partition=partition)
        self.client.flush()

    def end(self, commit=True):
        if self.client:
            self.client.commit_transaction() if commit else self.client.abort_transaction()
            self.client.close(timeout=10)
        self.client = None


def delete_records(sandbox, topic, offsets):
    """What retention does, at a moment of our own choice."""
    with admin.admin(sandbox) as client:
        client.delete_records({kafka.TopicPartition(topic, number): offset for number, offset in offsets.items()})


def delete_topic(sandbox, topic):
    with admin.admin(sandbox) as client:
        client.delete_topics([topic])
    wait_for(lambda: topic not in admin.topics(sandbox), what=f"the end of topic {topic}")


def add_partitions(sandbox, topic, count):
    with admin.admin(sandbox) as client:
        client.create_partitions({topic: NewPartitions(count)})
    wait_for(lambda: admin.topics(sandbox)[topic] == count, what=f"{count} partitions of {topic}")


def commit(sandbox, group, topic, offsets):
    """Commits of an old delivery that has stopped."""
    with admin.admin(sandbox) as client:
        client.alter_group_offsets(group, {kafka.TopicPartition(topic, number): kafka.structs.OffsetAndMetadata(offset, "", -1)
                                           for number, offset in offsets.items()})


# --- seeing them ---------------------------------------------------------------------------------------------------------


class Witness:
    """What an independent client reads and is told at one isolation level."""

    def __init__(self, sandbox, topic, isolation="read_committed"):
        self.sandbox, self.topic, self.isolation = sandbox, topic, isolation
        with self.consumer(isolation) as consumer:
            self.partitions = sorted(consumer.partitions_for_topic(topic))
            places = self.places()
            self.starts = self.numbers(consumer.beginning_offsets(places))
            # Retention may pass an open transaction; the broker then still says that what is visible ends before it.
            self.ends = {number: max(end, self.starts[number])
                         for number, end in self.numbers(consumer.end_offsets(places)).items()}
            self.records = self.read(consumer)
        with self.consumer("read_uncommitted") as consumer:
            self.marks = self.numbers(consumer.end_offsets(places))

    @contextlib.contextmanager
    def consumer(self, isolation):
        client = kafka.KafkaConsumer(bootstrap_servers=self.sandbox.broker.address, enable_auto_commit=False, group_id=None,
                                     isolation_level=isolation, fetch_max_bytes=64 << 20,
                                     max_partition_fetch_bytes=32 << 20)
        try:
            yield client
        finally:
            client.close()

    def places(self):
        return [kafka.TopicPartition(self.topic, number) for number in self.partitions]

    @staticmethod
    def numbers(offsets):
        return {place.partition: offset for place, offset in offsets.items()}

    def read(self, consumer):
        places = [place for place in self.places() if self.starts[place.partition] < self.ends[place.partition]]
        records = {number: [] for number in self.partitions}
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        deadline = time.monotonic() + 60
        while any(consumer.position(place) < self.ends[place.partition] for place in places):
            assert time.monotonic() < deadline, f"the witness cannot read {self.topic} to its end"
            for place, batch in consumer.poll(timeout_ms=500).items():
                records[place.partition] += [Record(row.offset, row.timestamp, row.key, row.value, tuple(row.headers))
                                             for row in batch]
        return records

    def by_time(self, time_ms):
        """The broker's own answer; the end where there is none."""
        with self.consumer(self.isolation) as consumer:
            found = consumer.offsets_for_times(dict.fromkeys(self.places(), time_ms))
        return {place.partition: row.offset if row else self.ends[place.partition] for place, row in found.items()}

    def committed(self, group):
        with admin.admin(self.sandbox) as client:
            found = client.list_group_offsets(group)[group]
        return {number: row.offset if (row := found.get(kafka.TopicPartition(self.topic, number))) and row.offset >= 0 else None
                for number in self.partitions}


# --- the arithmetic ------------------------------------------------------------------------------------------------------


class Expected:
    """Survey and plans by hand: the words of the README, over what the witness saw."""

    def __init__(self, witness, group):
        self.witness, self.committed = witness, witness.committed(group)
        self.base = {number: max(self.committed[number] or 0, witness.starts[number]) for number in witness.partitions}
        self.first = {number: self.first_record(number) for number in witness.partitions}
        times = [row.time for number, row in self.first.items() if row and row.time >= 0 and self.committed[number] is not None]
        self.oldest = min(times) if times else None

    def first_record(self, number):
        return next((row for row in self.witness.records[number] if row.offset >= self.base[number]), None)

    def state(self, number):
        commit, witness = self.committed[number], self.witness
        if commit is None:
            return "no_commit"
        if commit > witness.marks[number]:
            return "past_end"
        if commit > witness.ends[number]:
            return "open_transaction"
        if commit < witness.starts[number]:
            return "below_start"
        return "ok" if self.first[number] else "caught_up"

    def survey_row(self, number):
        witness, first, commit = self.witness, self.first[number], self.committed[number]
        time_ms = first.time if commit is not None and first and first.time >= 0 else None
        return {"partition": number, "log_start": witness.starts[number], "end": witness.ends[number],
                "high_watermark": witness.marks[number], "committed": commit, "committed_time_ms": time_ms,
                "state": self.state(number)}

    def start(self, kind, time_ms=None):
        witness, base = self.witness, self.base
        if kind == "safe":
            at = witness.by_time(self.oldest) if self.oldest is not None else base
            below = {number for number in witness.partitions if self.committed[number] is not None and self.first[number] and
                     self.first[number].time < 0}
            return {number: base[number] if number in below else min(at[number], base[number]) for number in base}
        return {"now": lambda: dict(witness.ends), "earliest": lambda: dict(witness.starts), "committed": lambda: dict(base),
                "time": lambda: witness.by_time(time_ms)}[kind]()

    def counts(self, starts, ends=None):
        rows = {}
        for number, start in starts.items():
            commit = self.committed[number]
            rows[number] = {
                "start": start, "gap": max(0, start - self.base[number]), "duplicates": max(0, self.base[number] - start),
                "lost": None if commit is None else max(0, self.witness.starts[number] - commit),
                "to_read": max(0, (ends or self.witness.ends)[number] - start)}
        return rows

    def assert_counts_bound_records(self, starts):
        """Differences of offsets are at least the records: holes only make them larger."""
        for number, row in self.counts(starts).items():
            offsets = [record.offset for record in self.witness.records[number]]
            assert row["gap"] >= sum(self.base[number] <= offset < starts[number] for offset in offsets)
            assert row["duplicates"] >= sum(starts[number] <= offset < self.base[number] for offset in offsets)
            assert row["to_read"] >= sum(offset >= starts[number] for offset in offsets)


def assert_survey(document, expected):
    for row in document["partitions"]:
        wanted = expected.survey_row(row["partition"])
        assert {name: row[name] for name in wanted} == wanted, (row, wanted)
    assert len(document["partitions"]) == len(expected.witness.partitions)


def assert_plan(document, expected, starts, ends=None):
    counts = expected.counts(starts, ends)
    for row in document["partitions"]:
        wanted = counts[row["partition"]]
        assert {name: row[name] for name in wanted} == wanted, (document["start"], row)
    for name in ("gap", "duplicates", "lost", "to_read"):
        assert document["totals"][name] == sum(row[name] or 0 for row in counts.values()), name
    assert document["totals"]["lost_unknown"] == sum(row["lost"] is None for row in counts.values())


# --- what was delivered --------------------------------------------------------------------------------------------------


def unpack(key, body):
    """By the name alone, with programs that are not ours."""
    if key.endswith(".gz"):
        return gzip.decompress(body)
    if key.endswith(".zst"):
        return zstandard.ZstdDecompressor().decompressobj().decompress(body)
    return body


def bodies(stream):
    """Every object of a stream, unpacked: [(partition, start, next, count, bytes)] in the order of the chain."""
    s3, found = stream.s3(), []
    for key in stream.objects():
        _, partition, start = key.rsplit("/", 1)[1].split(".")[0].rsplit("+", 2)
        answer = s3.get_object(Bucket=stream.bucket, Key=key)
        metadata = answer["Metadata"]
        found.append((int(partition), int(start.split("-")[0]), int(metadata["hg-next"]), int(metadata["hg-count"]),
                      unpack(key, answer["Body"].read())))
    return sorted(found)


def delivered(stream):
    """The records of a `json` stream: {partition: [Record]} as they follow one another."""
    found = collections.defaultdict(list)
    for partition, _, _, count, body in bodies(stream):
        lines = body.splitlines()
        assert len(lines) == count
        for line in lines:
            row = json.loads(line)
            assert (row["topic"], row["partition"]) == (stream.topic, partition)
            found[partition].append(decoded(row))
    return found


def decoded(row):
    def field(holder, name):
        if f"{name}_base64" in holder:
            return base64.b64decode(holder[f"{name}_base64"])
        value = holder[name]
        return None if value is None else value.encode() if isinstance(value, str) else json.dumps(value).encode()

    headers = tuple((header["key"], field(header, "value")) for header in row["headers"] or [])
    return Record(row["offset"], -1 if row["timestamp"] is None else row["timestamp"], field(row, "key"), field(row, "value"), headers)


def assert_delivered(stream, witness, starts, ends=None, lost=None):
    """Exactly the records that the witness saw from the starts on, each once and in order; lost: {partition: (from, to)}
    was taken at the source after the witness had looked."""
    found, ends, lost = delivered(stream), ends or witness.ends, lost or {}
    for number in witness.partitions:
        low, high = lost.get(number, (0, 0))
        wanted = [row for row in witness.records[number]
                  if starts[number] <= row.offset < ends[number] and not low <= row.offset < high]
        assert [row.offset for row in found[number]] == [row.offset for row in wanted], f"partition {number}"
        assert found[number] == wanted, f"partition {number}"


def announced(made):
    """What a plan says that nobody will have: {partition: [(from, to, what)]}, from the words of its rows alone."""
    ranges = {}
    for row in made["partitions"]:
        start, commit, log_start = row["start"], row["committed"], row["log_start"]
        lost = (0, log_start) if commit is None else (commit, commit + row["lost"])
        ranges[row["partition"]] = [(*lost, "lost"), (start - row["gap"], start, "gap")]
    return ranges


def assert_cutover(stream, made, history, lost=None):
    """The old side had what lies before its commits, the new side what is in the bucket. What neither has of all that ever
    was visible is what the plan announced, record for record, but for what lies beyond its end; no record is there twice on
    the new side, and both have what was called duplicates. lost: taken after the plan was made, and announced by others."""
    found, ranges = delivered(stream), announced(made)
    ends = made["until"]["ends"] if made.get("until") else [row["end"] for row in made["partitions"]]
    for row in made["partitions"]:
        number, offsets = row["partition"], [record.offset for record in found[row["partition"]]]
        assert all(left < right for left, right in zip(offsets, offsets[1:])), f"partition {number}: twice, or out of order"
        visible = {record.offset for record in history[number] if record.offset < min(ends[number], row["end"])}
        old, new = {offset for offset in visible if offset < (row["committed"] or 0)}, set(offsets)
        said = {offset for start, end, *_ in ranges[number] + (lost or {}).get(number, [])
                for offset in visible if start <= offset < end}
        assert visible - old - new == said, f"partition {number}: missing {sorted(visible - old - new)}, said {sorted(said)}"
        assert new <= visible, f"partition {number}: {sorted(new - visible)} were never visible"
        both = {offset for offset in visible if row["start"] <= offset < row["start"] + row["duplicates"]}
        assert old & new == both, f"partition {number}: in both {sorted(old & new)}, said {sorted(both)}"
        assert row["duplicates"] >= len(both) and row["to_read"] >= len(new), f"partition {number}"
