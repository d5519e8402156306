"""src/kafka/ against a broker that asks who is there: passwords, TLS, and users with just enough rights."""

import os
import socket
import time

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from kafka.admin import (ACL, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType)

from kafka_layer import BASE, Reader, Sandbox, commit, fill, offsets_of, run

MODULE = "org.apache.kafka.common.security.plain.PlainLoginModule required"


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def guarded(sandbox):
    """Starts the broker again with a second listener that wants a password, and with rights. Returns its address."""
    with open(os.path.join(sandbox.directory, "broker", "server.properties"), encoding="utf-8") as file:
        now = dict(line.rstrip("\n").split("=", 1) for line in file)
    address = f"127.0.0.1:{free_port()}"
    sandbox.broker.stop()
    sandbox.broker.start(config={
        "listeners": f"{now['listeners']},SASL_PLAINTEXT://{address}",
        "advertised.listeners": f"{now['advertised.listeners']},SASL_PLAINTEXT://{address}",
        "listener.security.protocol.map": now["listener.security.protocol.map"] + ",SASL_PLAINTEXT:SASL_PLAINTEXT",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl_plaintext.plain.sasl.jaas.config":
            f'{MODULE} user_viewer="of views" user_nobody="nothing" user_sailor="delivers";',
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
    })
    return address


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(without=("s3", "connect")) as running:
        yield running


@pytest.fixture(scope="module")
def door(sandbox):
    """The guarded listener, with a topic and a foreign group behind it."""
    address = guarded(sandbox)
    broker = sandbox.broker
    broker.create_topic("guarded", 2)
    broker.create_topic("hidden", 1)
    producer = KafkaProducer(bootstrap_servers=broker.address)
    for partition in range(2):
        fill(producer, "guarded", partition, range(BASE, BASE + 10))
    producer.close()
    commit(broker, "connect-guarded", {TopicPartition("guarded", p): (4, "") for p in range(2)})
    admin = KafkaAdminClient(bootstrap_servers=broker.address)
    for user, operation, kind, name in (
            ("viewer", ACLOperation.READ, ResourceType.TOPIC, "guarded"),
            ("viewer", ACLOperation.DESCRIBE, ResourceType.GROUP, "connect-guarded"),
            ("sailor", ACLOperation.READ, ResourceType.TOPIC, "guarded"),
            ("sailor", ACLOperation.READ, ResourceType.GROUP, "headgate-guarded")):
        admin.create_acls([ACL(f"User:{user}", "*", operation, ACLPermissionType.ALLOW, ResourcePattern(kind, name))])
    admin.close()
    return address


def user(name, password):
    return ("security.protocol=SASL_PLAINTEXT", f'sasl.jaas.config={MODULE} username="{name}" password="{password}";',
            "sasl.mechanism=PLAIN")


VIEWER, NOBODY, SAILOR = user("viewer", "of views"), user("nobody", "nothing"), user("sailor", "delivers")


def test_wrong_password_is_told_as_such_and_soon(door):
    began = time.monotonic()
    answer = run(door, "connect", ok=False, settings=user("viewer", "wrong secret"))
    assert time.monotonic() - began < 10
    assert door in answer["error"] and "uthentication" in answer["error"] and "sasl.password" in answer["error"]
    assert "wrong secret" not in answer["error"] and not answer["retriable"]


def test_wrong_protocol_is_told(door, sandbox):
    answer = run(door, "connect", 4000, ok=False)
    assert door in answer["error"] and "security.protocol" in answer["error"], answer
    answer = run(sandbox.broker.address, "connect", 4000, ok=False, settings=("security.protocol=SSL",))
    assert "TLS" in answer["error"] or "SSL" in answer["error"], answer
    answer = run(door, "connect", ok=False, settings=("security.protocol=SSL", "ssl.ca.location=/no/such/ca.pem"))
    assert answer["kind"] == "usage" and "ssl.ca.location" in answer["error"]


def test_the_whole_survey_with_the_rights_to_look(door, sandbox):
    log_end = sandbox.broker.ends("__consumer_offsets")
    assert [topic["name"] for topic in run(door, "topics", settings=VIEWER)] == ["guarded"]
    assert run(door, "topic", "guarded", settings=VIEWER)["partitions"] == 2
    assert [group["name"] for group in run(door, "groups", settings=VIEWER)] == ["connect-guarded"]
    assert run(door, "group", "connect-guarded", settings=VIEWER)["state"] == "Empty"
    assert offsets_of(run(door, "committed", "connect-guarded", "guarded", settings=VIEWER)) == {0: 4, 1: 4}
    assert offsets_of(run(door, "range", "guarded", 2, "end", settings=VIEWER)) == {0: 10, 1: 10}
    rows = run(door, "times", "guarded", 2, "connect-guarded", settings=VIEWER)
    assert [(row["offset"], row["time"]) for row in rows] == [(4, BASE + 4)] * 2
    assert sandbox.broker.ends("__consumer_offsets") == log_end


def test_looking_does_not_allow_to_commit_or_join(door):
    answer = run(door, "commit", "headgate-guarded", "guarded", "0:1", ok=False, settings=VIEWER)
    assert "right Read on group headgate-guarded is missing" in answer["error"] and "kafka-acls" in answer["error"]
    assert not answer["retriable"]
    with Reader(door, "headgate-guarded", "guarded", settings=VIEWER) as reader:
        assert "right Read on group headgate-guarded is missing" in reader.event("fatal")["error"]
        reader.quit()


def test_without_rights_each_answer_says_so(door):
    assert run(door, "topics", settings=NOBODY) == []
    answer = run(door, "topic", "guarded", ok=False, settings=NOBODY)
    assert "right Describe on topic guarded is missing" in answer["error"] and "User:nobody" in answer["error"]
    assert run(door, "groups", settings=NOBODY) == []
    answer = run(door, "group", "connect-guarded", ok=False, settings=NOBODY)
    assert "right Describe on group connect-guarded is missing" in answer["error"]
    answer = run(door, "committed", "connect-guarded", "guarded", ok=False, settings=NOBODY)
    assert "right Describe on group connect-guarded is missing" in answer["error"]
    answer = run(door, "topic", "hidden", ok=False, settings=VIEWER)
    assert "right Describe on topic hidden is missing" in answer["error"]


def test_delivering_with_the_least_rights(door):
    run(door, "commit", "headgate-guarded", "guarded", "0:2:plan", settings=SAILOR)
    with Reader(door, "headgate-guarded", "guarded", settings=SAILOR) as reader:
        reader.event("end", partition=0, offset=10)
        reader.event("end", partition=1, offset=10)
        assert reader.offsets(0) == list(range(2, 10))
        reader.say("commit-wait 0:10:done")
        reader.event("commit-done")
        reader.quit()
    answer = run(door, "commit", "connect-guarded", "guarded", "0:2", ok=False, settings=SAILOR)
    assert answer["kind"] == "refused"
