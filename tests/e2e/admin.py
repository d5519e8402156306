"""What an operator's admin tool does to groups, by kafka-python; and what stands in the broker about them."""

import collections
import contextlib
import struct

import kafka
from kafka.admin import KafkaAdminClient

from program import wait_for

Group = collections.namedtuple("Group", "state members offsets")


@contextlib.contextmanager
def admin(sandbox):
    client = KafkaAdminClient(bootstrap_servers=sandbox.broker.address)
    try:
        yield client
    finally:
        client.close()


def delete_group(sandbox, group):
    with admin(sandbox) as client:
        client.delete_groups([group])


def delete_offsets(sandbox, group, topic, partitions):
    with admin(sandbox) as client:
        client.delete_group_offsets(group, [kafka.TopicPartition(topic, number) for number in partitions])


def set_offset(sandbox, group, topic, partition, offset, metadata=""):
    """As kafka-consumer-groups --reset-offsets does it: whoever wants to may move the commits of an empty group."""
    with admin(sandbox) as client:
        client.alter_group_offsets(group, {
            kafka.TopicPartition(topic, partition): kafka.structs.OffsetAndMetadata(offset, metadata, -1)})


def metadata(sandbox, group, topic, partition):
    """The text beside a commit."""
    with admin(sandbox) as client:
        return client.list_group_offsets(group)[group][kafka.TopicPartition(topic, partition)].metadata


def groups(sandbox):
    """Every group as {name: Group}: state, members and commits with their metadata."""
    with admin(sandbox) as client:
        found = {}
        for listed in client.list_groups():
            name = listed["group_id"]
            told = sandbox.broker.group(name)
            found[name] = Group(told["state"], told["members"], client.list_group_offsets(name)[name])
        return found


def settled_groups(sandbox):
    """The same, once nothing changes by itself: no group is rebalancing, and killed deliveries have fallen out of theirs."""
    def are_settled():
        found = groups(sandbox)
        moving = [name for name, group in found.items() if group.state not in ("Empty", "Stable", "Dead")
                  or (name.startswith("headgate-") and group.members)]
        return None if moving else found

    return wait_for(are_settled, 120, "quiet groups")


def topics(sandbox):
    """Names and numbers of partitions."""
    with sandbox.broker.connection() as connection:
        return {name: len(leaders) for name, leaders in connection.metadata()["topics"].items()}


OFFSETS_TOPIC = "__consumer_offsets"


def offsets_end(sandbox):
    """Where the topic ends in which the broker writes everything about groups: commits, joins, states."""
    return sandbox.broker.ends(OFFSETS_TOPIC, committed_only=False)


def groups_written_since(sandbox, ends):
    """The groups about which the broker has written something since then, from its own log of groups."""
    consumer = kafka.KafkaConsumer(bootstrap_servers=sandbox.broker.address, enable_auto_commit=False, group_id=None)
    now = offsets_end(sandbox)
    try:
        written = set()
        for number, end in now.items():
            partition = kafka.TopicPartition(OFFSETS_TOPIC, number)
            consumer.assign([partition])
            consumer.seek(partition, ends.get(number, 0))
            while consumer.position(partition) < end:
                for records in consumer.poll(timeout_ms=1000).values():
                    # Every kind of key begins with its number (16 bits) and the group's name.
                    written |= {record.key[4:4 + struct.unpack_from(">h", record.key, 2)[0]].decode() for record in records}
        return written
    finally:
        consumer.close()
