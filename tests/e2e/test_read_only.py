"""Nothing but headgate-* groups is ever written, and nothing but below the given prefix."""

import contextlib

import admin
import kafka
import pytest
from sandbox_lib import scenario
from streams import Stream


@pytest.fixture(name="old", scope="module")
def fixture_old(sandbox):
    """A stopped connector on skewed partitions, and a bystander: a group of another tool with commits of its own."""
    facts = scenario.skewed(sandbox, topic="watched", partitions=6, records=12000, connector="watched-s3", bucket="watched")
    admin.set_offset(sandbox, "bystander", "watched", 3, 17, "theirs")
    return facts


@contextlib.contextmanager
def nothing_foreign_is_written(sandbox, own=()):
    """Fails when a group whose name does not begin with headgate- was touched in between, or a topic, or a record."""
    groups, topics, written = admin.settled_groups(sandbox), admin.topics(sandbox), admin.offsets_end(sandbox)
    records = {topic: sandbox.broker.ends(topic, committed_only=False) for topic in topics if topic.startswith("watched")}
    yield
    after = admin.groups(sandbox)
    assert set(after) - set(groups) == set(own)
    for name, group in groups.items():
        assert name.startswith("headgate-") or after[name] == group, f"group {name}"
    assert admin.topics(sandbox) == topics
    assert {topic: sandbox.broker.ends(topic, committed_only=False) for topic in records} == records
    # The broker's own log of groups also shows what left no trace, like a member that came and went.
    foreign = {name for name in admin.groups_written_since(sandbox, written) if name not in own}
    assert not foreign, f"written: {foreign}"


def test_questions_write_nothing(headgate, sandbox, old, tmp_path):
    script = tmp_path / "console.script"
    script.write_text(f"key 1\nkey 2\ntype :skew watched {old['group']}\nkey Enter\ndump {tmp_path}/skew.txt\nkey Esc 2\n")
    with nothing_foreign_is_written(sandbox):
        headgate.run("topics")
        headgate.run("groups")
        headgate.run("groups", "--topic", "watched")
        headgate.run("survey", "--topic", "watched", "--group", old["group"], accept=(0, 3))
        headgate.run("plan", "--topic", "watched", "--group", old["group"], accept=(0, 3))
        for start in ("now", "earliest", "safe", "committed", "-10m"):
            headgate.run("plan", "--topic", "watched", "--group", old["group"], "--start", start, accept=(0, 3))
        headgate.run("", "--script", script)
    assert "watched" in (tmp_path / "skew.txt").read_text()


def test_delivery_and_audit_write_their_own_group(headgate, sandbox, old):
    sandbox.s3.create_bucket("watched-new")
    before = sandbox.s3.list("watched")
    stream = Stream(headgate, "watching", "watched", "watched-new", "--group", old["group"], "--allow-lost", start="safe")
    with nothing_foreign_is_written(sandbox, own=[stream.group]):
        stream.run()
        stream.audit()
    assert stream.state() == "Empty"
    assert sandbox.s3.list("watched") == before
    assert all(key.startswith("watching/") for key, _ in sandbox.s3.list("watched-new"))
    with nothing_foreign_is_written(sandbox, own=[]):
        stream.audit()


def test_refused_delivery_writes_nothing_at_all(headgate, sandbox, old):
    with nothing_foreign_is_written(sandbox):
        refused = headgate.run("deliver", "--stream", "watched-gap", "--topic", "watched", "--group", old["group"], "--start", "now",
                               "--until", "end", "--bucket", "watched-new", "--prefix", "watched-gap/", "--yes", "--allow-lost",
                               accept=(1,))
    assert "--allow-gap" in refused.err
    assert not sandbox.s3.list("watched-new", "watched-gap/")


def aws_loop(sandbox, group, topic):
    """As the recipe's loop reads each partition's last record: with the connector's group id and automatic commits."""
    consumer = kafka.KafkaConsumer(bootstrap_servers=sandbox.broker.address, group_id=group, enable_auto_commit=True)
    try:
        for number in sorted(consumer.partitions_for_topic(topic)):
            partition = kafka.TopicPartition(topic, number)
            consumer.assign([partition])
            end = consumer.end_offsets([partition])[partition]
            consumer.seek(partition, max(0, end - 1))
            consumer.poll(timeout_ms=2000)
    finally:
        consumer.close()


def test_a_loop_like_aws_turns_this_check_red(sandbox):
    """Otherwise the tests above would prove less than they say."""
    facts = scenario.skewed(sandbox, topic="watched-loop", partitions=3, records=3000, connector="loop-s3", bucket="watched-loop")
    with pytest.raises(AssertionError, match=facts["group"]):
        with nothing_foreign_is_written(sandbox):
            aws_loop(sandbox, facts["group"], "watched-loop")
    moved = sandbox.broker.committed(facts["group"], "watched-loop")
    assert moved[0] > facts["partitions"][0]["committed"], "the loop moves the stopped connector's offsets"


def test_a_member_that_comes_and_goes_turns_this_check_red(sandbox, old):
    """A join without a commit changes no offset and leaves the group as it was; the broker's log tells it all the same."""
    with pytest.raises(AssertionError, match="bystander"):
        with nothing_foreign_is_written(sandbox):
            consumer = kafka.KafkaConsumer("watched", bootstrap_servers=sandbox.broker.address, group_id="bystander",
                                           enable_auto_commit=False)
            while not consumer.assignment():
                consumer.poll(timeout_ms=100)
            consumer.close()
