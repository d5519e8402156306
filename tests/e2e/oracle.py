"""An independent witness: reads Kafka with kafka-python and S3 with boto3, and shares no code with headgate.

It knows the truth by the clickstream's sequence numbers: each record of a topic carries one, so what is missing or double
can be counted without a word about offsets, plans or chains.
"""

import collections
import gzip
import json

import boto3
import botocore.config
import kafka

Record = collections.namedtuple("Record", "offset time seq")


def s3_client(sandbox, endpoint=None):
    return boto3.client("s3", endpoint_url=endpoint or sandbox.s3.endpoint, aws_access_key_id=sandbox.s3.access_key,
                        aws_secret_access_key=sandbox.s3.secret_key, region_name="us-east-1",
                        config=botocore.config.Config(s3={"addressing_style": "path"}, retries={"max_attempts": 5}))


def read_topic(sandbox, topic):
    """Every visible record of a topic, as {partition: [Record]}, read by assignment without a group."""
    consumer = kafka.KafkaConsumer(bootstrap_servers=sandbox.broker.address, enable_auto_commit=False, group_id=None,
                                   isolation_level="read_committed", fetch_max_bytes=50 << 20,
                                   max_partition_fetch_bytes=8 << 20)
    try:
        partitions = [kafka.TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic))]
        ends = consumer.end_offsets(partitions)
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        records = {partition.partition: [] for partition in partitions}
        while any(consumer.position(partition) < ends[partition] for partition in partitions):
            for partition, batch in consumer.poll(timeout_ms=1000, max_records=20000).items():
                records[partition.partition] += [
                    Record(record.offset, record.timestamp, None if record.value is None else json.loads(record.value)["seq"])
                    for record in batch]
        return records
    finally:
        consumer.close()


def objects(sandbox, bucket, prefix):
    """All keys below a prefix but those under _headgate/, in S3's order."""
    pages = s3_client(sandbox).get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [entry["Key"] for page in pages for entry in page.get("Contents", []) if "/_headgate/" not in "/" + entry["Key"]]


def read_object(s3, bucket, key):
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return gzip.decompress(body) if key.endswith(".gz") or body[:2] == b"\x1f\x8b" else body


def sequence_numbers(sandbox, bucket, prefix):
    """How often each sequence number lies below a prefix: Counter."""
    s3, counts = s3_client(sandbox), collections.Counter()
    for key in objects(sandbox, bucket, prefix):
        counts.update(json.loads(line)["seq"] for line in read_object(s3, bucket, key).splitlines())
    return counts


def chain(sandbox, bucket, prefix):
    """The stream's objects as {partition: [(start, next, count)]} by start, from keys and metadata."""
    s3, found = s3_client(sandbox), collections.defaultdict(list)
    for key in objects(sandbox, bucket, prefix):
        topic, partition, start = key.rsplit("/", 1)[1].split(".")[0].rsplit("+", 2)
        metadata = s3.head_object(Bucket=bucket, Key=key)["Metadata"]
        assert metadata["hg-start"] == str(int(start)) and len(start) == 20, key
        found[int(partition)].append((int(start), int(metadata["hg-next"]), int(metadata["hg-count"])))
    return {partition: sorted(ranges) for partition, ranges in found.items()}


def assert_chain(sandbox, bucket, prefix, starts):
    """Each partition's objects touch and do not overlap, and begin where the plan says."""
    for partition, ranges in chain(sandbox, bucket, prefix).items():
        position = starts[partition]
        for start, next_offset, _ in ranges:
            assert start == position, f"partition {partition}: an object at {start}, the chain stands at {position}"
            position = next_offset


def assert_exactly_once(sandbox, bucket, prefix, wanted):
    """The sequence numbers below a prefix are exactly the wanted ones, each once."""
    found = sequence_numbers(sandbox, bucket, prefix)
    missing = set(wanted) - set(found)
    twice = [seq for seq, count in found.items() if count > 1]
    foreign = set(found) - set(wanted)
    assert not missing, f"{len(missing)} missing, {sorted(missing)[:5]} ..."
    assert not twice, f"{len(twice)} twice, {sorted(twice)[:5]} ..."
    assert not foreign, f"{len(foreign)} that should not be there, {sorted(foreign)[:5]} ..."


def first_at(records, time, end):
    """First offset with a timestamp at or after time, the end where there is none: what 'at timestamp' means."""
    return next((record.offset for record in records if record.time >= time), end)


def start_offsets(facts, kind, time=None):
    """S per partition for a start position, from the records alone."""
    parts = {part["partition"]: part for part in facts["partitions"]}
    base = {number: max(part["committed"] or 0, part["log_start"]) for number, part in parts.items()}
    if kind == "safe":
        firsts = [next((record for record in facts["records"][number] if record.offset >= base[number]), None)
                  for number, part in parts.items() if part["committed"] is not None]
        time = min(record.time for record in firsts if record)
    starts = {}
    for number, part in parts.items():
        at_time = None if time is None else first_at(facts["records"][number], time, part["end"])
        starts[number] = {"now": part["end"], "earliest": part["log_start"], "committed": base[number],
                          "time": at_time, "safe": None if at_time is None else min(at_time, base[number])}[kind]
    return starts


def cost(facts, starts):
    """Gap and duplicates per partition by sequence number: in neither delivery, in both."""
    result = {}
    for part in facts["partitions"]:
        number = part["partition"]
        committed = part["committed"] or 0
        old = {record.seq for record in facts["records"][number] if record.offset < committed}
        new = {record.seq for record in facts["records"][number] if record.offset >= starts[number]}
        everything = {record.seq for record in facts["records"][number]}
        result[number] = {"gap": len(everything - old - new), "duplicates": len(old & new)}
    return result
