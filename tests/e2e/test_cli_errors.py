"""Errors name the thing and the remedy, on standard error, with the right exit code, and leave standard output empty."""

import json
import os
import subprocess

import admin
import oracle
import pytest

FAILED, USAGE = 1, 2
NOBODY = "127.0.0.1:1"


@pytest.fixture(scope="module")
def small(sandbox):
    """A topic with 300 records in three partitions, and a group with commits for it."""
    sandbox.broker.create_topic("small", 3)
    sandbox.s3.create_bucket("small-lake")
    produce(sandbox, "small", 3, 100)
    for partition in range(3):
        admin.set_offset(sandbox, "connect-small", "small", partition, 50)
    return "small"


def produce(sandbox, topic, partitions, records):
    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers=sandbox.broker.address)
    for partition in range(partitions):
        for number in range(records):
            producer.send(topic, value=b'{"n":%d}' % number, partition=partition)
    producer.flush()
    producer.close()


def fails(headgate, *arguments, code, says, **options):
    """Runs it, expects this exit code and all these words; gives the message."""
    done = headgate.run(*arguments, accept=(code,), timeout=60, **options)
    assert done.out == "", done.out
    lines = [line for line in done.err.splitlines() if line.startswith("headgate: ")]
    assert len(lines) == 1, done.err
    for word in says:
        assert word in lines[0], f"{word!r} is not in {lines[0]!r}"
    return lines[0]


# --- wrong usage: known before anything is asked ------------------------------------------------------------------------

@pytest.mark.parametrize("arguments, says", [
    (["surve"], ["surve", "survey"]),
    (["survey", "--topik", "small"], ["--topik", "--topic"]),
    (["topics", "--bucket", "b"], ["topics does not take --bucket", "deliver"]),
    (["survey", "--topic", "small"], ["--group"]),
    (["survey", "small"], ["small"]),
    (["deliver", "--stream", "x", "--bucket", "b", "--format", "parquet", "--yes"], ["--format", "lines", "parquet"]),
    (["deliver", "--stream", "x", "--bucket", "b", "--size", "12M", "--yes"], ["--size", "12M"]),
    (["deliver", "--stream", "x/y", "--bucket", "small-lake", "--yes"], ["x/y"]),
    (["deliver", "--stream", "x", "--bucket", "small-lake", "--prefix", "a/../b", "--yes"], ["a/../b"]),
    (["audit", "--stream", "x"], ["--bucket"]),
])
def test_wrong_usage(headgate, arguments, says):
    fails(headgate, *arguments, code=USAGE, says=says, brokers=False)


def test_no_brokers(headgate):
    fails(headgate, "survey", "--topic", "t", "--group", "g", code=USAGE, says=["--brokers"], brokers=False)


@pytest.mark.parametrize("start, says", [
    ("yesterday", ["yesterday", "-15m", "safe"]),
    ("2999-01-01T00:00:00Z", ["2999-01-01", "future"]),
    ("-1", ["-1"]),
])
def test_a_time_that_cannot_be_a_start(headgate, small, start, says):
    fails(headgate, "plan", "--topic", small, "--group", "connect-small", f"--start={start}", code=USAGE, says=says)


def test_an_end_in_the_future(headgate, small):
    fails(headgate, "deliver", "--stream", "future", "--bucket", "small-lake", "--topic", small, "--start", "earliest",
          "--until", "2999-01-01T00:00:00Z", "--yes", code=USAGE, says=["--until", "future", "2999"])


def test_nobody_can_confirm(headgate, small):
    fails(headgate, "deliver", "--stream", "ask", "--bucket", "small-lake", "--topic", small, "--start", "earliest",
          code=USAGE, says=["--yes"])


# --- Kafka ----------------------------------------------------------------------------------------------------------------

def test_broker_unreachable(headgate):
    fails(headgate, "topics", "-b", NOBODY, code=FAILED, says=[NOBODY, "refused"], brokers=False)


def test_unknown_topic(headgate, small):
    fails(headgate, "survey", "--topic", "smal", "--group", "connect-small", code=FAILED, says=["smal", "small"])


def test_unknown_group(headgate, small):
    fails(headgate, "survey", "--topic", small, "--group", "connect-smal", code=FAILED, says=["connect-smal", "connect-small"])


def test_group_without_commits_for_the_topic(headgate, sandbox, small):
    sandbox.broker.create_topic("small-other", 1)
    fails(headgate, "survey", "--topic", "small-other", "--group", "connect-small", code=FAILED,
          says=["connect-small", "no commits for topic small-other", "small (3 partitions)"])


# --- S3 -------------------------------------------------------------------------------------------------------------------

def deliver(small, stream, *more):
    return ["deliver", "--stream", stream, "--bucket", "small-lake", "--prefix", f"{stream}/", "--topic", small, "--start",
            "earliest", "--until", "end", "--yes", *more]


def test_bucket_missing(headgate, small):
    arguments = deliver(small, "nobucket")
    arguments[arguments.index("small-lake")] = "no-such-lake"
    fails(headgate, *arguments, code=FAILED, says=["no-such-lake", "--bucket"])


def test_wrong_secret(headgate, small):
    message = fails(headgate, *deliver(small, "wrongsecret"), code=FAILED, says=["SignatureDoesNotMatch", "secret"],
                    AWS_SECRET_ACCESS_KEY="planted-canary-secret")
    assert "planted-canary-secret" not in message


def test_no_credentials(headgate, small, tmp_path):
    fails(headgate, *deliver(small, "nobody"), code=FAILED, says=["credentials", "AWS_ACCESS_KEY_ID"],
          AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, AWS_SHARED_CREDENTIALS_FILE=str(tmp_path / "none"),
          AWS_CONFIG_FILE=str(tmp_path / "none"), HOME=str(tmp_path))


def test_endpoint_unreachable(headgate, small):
    fails(headgate, *deliver(small, "noserver"), code=FAILED, says=["127.0.0.1:1"], endpoint="http://127.0.0.1:1")


@pytest.fixture(scope="module")
def foreign(headgate, sandbox, small):
    """A delivery that met somebody else's object at one of its keys; gives that key and what was said."""
    assert headgate.json(*deliver(small, "foreign"))["objects"] == 3
    s3 = oracle.s3_client(sandbox)
    keys = [key for key, _ in sandbox.s3.list("small-lake", "foreign/")]
    victim = next(key for key in keys if "+1+" in key)
    for key in keys:
        s3.delete_object(Bucket="small-lake", Key=key)
    admin.delete_group(sandbox, "headgate-foreign")
    s3.put_object(Bucket="small-lake", Key=victim, Body=b"mine")
    return victim, headgate.run(*deliver(small, "foreign"), "--json", accept=(3,), timeout=60)


def test_foreign_object_at_a_key(headgate, sandbox, foreign):
    """That partition parks, the others are delivered, nothing is overwritten, and the audit names the key."""
    victim, done = foreign
    assert "partition 1" in done.err and "not part of this plan" in done.err
    assert json.loads(done.out)["records"] == 200
    assert oracle.s3_client(sandbox).get_object(Bucket="small-lake", Key=victim)["Body"].read() == b"mine"
    audit = headgate.run("audit", "--stream", "foreign", "--bucket", "small-lake", "--prefix", "foreign/", accept=(3,))
    assert victim in "".join(audit.out.split())


def test_foreign_object_is_named_by_the_delivery(foreign):
    victim, done = foreign
    assert victim in done.err


# --- one name, one plan ---------------------------------------------------------------------------------------------------

def test_a_stream_cannot_change(headgate, small):
    headgate.json(*deliver(small, "frozen"))
    arguments = deliver(small, "frozen", "--format", "json")
    arguments[arguments.index("earliest")] = "now"
    fails(headgate, *arguments, code=FAILED, says=["frozen", "--format (the stream has lines, given is json)",
                                                   "--start (the stream has earliest, given is now)"])


def test_a_group_with_commits_and_no_stream_object(headgate, sandbox, small):
    headgate.json(*deliver(small, "moved"))
    before = sandbox.broker.committed("headgate-moved", small)
    arguments = deliver(small, "moved")
    arguments[arguments.index("moved/")] = "elsewhere/"
    fails(headgate, *arguments, code=FAILED, says=["headgate-moved", "elsewhere/_headgate/moved.json"])
    assert sandbox.broker.committed("headgate-moved", small) == before
    assert not list(sandbox.s3.list("small-lake", "elsewhere/_headgate/moved.json"))


def test_what_was_not_allowed_is_refused(headgate, sandbox, small):
    arguments = deliver(small, "gap", "--group", "connect-small")
    arguments[arguments.index("earliest")] = "now"
    done = headgate.run(*arguments, accept=(FAILED,))
    assert "refused: 150 offsets in 3 partitions would be delivered by neither side (--allow-gap)" in done.err
    assert not list(sandbox.s3.list("small-lake", "gap/_headgate/gap.json"))
    assert headgate.json(*arguments, "--allow-gap")["records"] == 0


# --- output ---------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("arguments", [["topics"], ["topics", "--json"], ["--help"], ["help", "survey"], ["--version"]])
def test_output_pipe_closed(headgate, arguments):
    """The reader is gone before a byte is written."""
    command = [headgate.path, *arguments, *(["-b", headgate.sandbox.broker.address] if arguments[0] == "topics" else [])]
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(command, env=headgate.environment(), stdin=subprocess.DEVNULL, stdout=writing,
                              stderr=subprocess.PIPE, timeout=60, check=False)
    finally:
        os.close(writing)
    assert done.returncode == FAILED
    assert b"cannot write to standard output: Broken pipe" in done.stderr


def test_output_disk_full(headgate):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([headgate.path, "--help"], stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE,
                              timeout=60, check=False)
    assert done.returncode == FAILED
    assert b"No space left" in done.stderr
