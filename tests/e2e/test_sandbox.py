"""The sandbox itself: ready in time, killed and started again at will, and nothing of it left behind."""

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

SANDBOX_FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "sandbox")
sys.path.insert(0, SANDBOX_FOLDER)

from sandbox_lib import Sandbox, SandboxError, fetch, scenario  # noqa: E402
from sandbox_lib.process import start_time  # noqa: E402
from sandbox_lib.supervisor import read_state  # noqa: E402

PROGRAM = os.path.join(SANDBOX_FOLDER, "sandbox")
SERVERS = ("s3", "broker", "connect")


@pytest.fixture(scope="module", autouse=True)
def downloads():
    fetch.fetch()


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as running:
        yield running


def processes(state):
    """The running processes of a sandbox as {id: start time}: an id alone may belong to somebody else later."""
    pids = [state["supervisor"]["pid"]] + [state[name]["pid"] for name in SERVERS if name in state and state[name]["pid"]]
    return {pid: start_time(pid) for pid in pids}


def wait_gone(started, seconds=30):
    deadline = time.monotonic() + seconds
    while left := [pid for pid, when in started.items() if start_time(pid) == when]:
        assert time.monotonic() < deadline, f"still running: {left}"
        time.sleep(0.05)


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return result


def test_ready_within_30_seconds_and_stopped_without_trace():
    began = time.monotonic()
    sandbox = Sandbox().start()
    took = time.monotonic() - began
    directory, started = sandbox.directory, processes(sandbox.state)
    try:
        assert took < 30
        assert len(started) == 4 and all(started.values())
        assert sandbox.connect.call("GET", "/connectors") == []
        assert sandbox.broker.group("nobody")["state"] == "Dead"
        with open(os.path.join(directory, "sandbox.env"), encoding="utf-8") as env:
            assert f"AWS_ENDPOINT_URL={sandbox.s3.endpoint}" in env.read()
        assert os.stat(os.path.join(directory, "sandbox.json")).st_mode & 0o077 == 0
    finally:
        sandbox.stop()
    wait_gone(started)
    assert not os.path.exists(directory)


def test_s3_killed_and_started_again_keeps_data_and_port(sandbox):
    s3 = sandbox.s3
    s3.create_bucket("kept")
    client = s3.client()
    client.request("PUT", "kept", "a/key with space+1.txt", body=b"content")
    endpoint, pid = s3.endpoint, s3.pid
    s3.kill()
    assert s3.pid is None
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", s3.facts["port"]), 1).close()
    s3.start()
    assert s3.endpoint == endpoint and s3.pid != pid
    assert s3.get("kept", "a/key with space+1.txt") == b"content"
    assert s3.list("kept") == [("a/key with space+1.txt", 7)]


def test_s3_in_another_version_over_tls(sandbox):
    s3 = sandbox.s3
    s3.create_bucket("tls")
    s3.stop()
    s3.start(version="1.7.0", tls=True)
    try:
        assert s3.endpoint.startswith("https://")
        assert "tls" in s3.client().buckets()
        assert os.readlink(f"/proc/{s3.pid}/exe") == fetch.s3_server("1.7.0")
    finally:
        s3.stop()
        s3.start(version="1.8.0", tls=False)
    assert os.readlink(f"/proc/{s3.pid}/exe") == fetch.s3_server("1.8.0")
    with pytest.raises(SandboxError, match="running already"):
        s3.start()


def test_broker_killed_and_started_again_keeps_topics(sandbox):
    sandbox.broker.create_topic("survivor", 3, {"retention.ms": 3600000})
    produced = scenario.clickstream(sandbox, "survivor", 300, partition_by="sequence")
    sandbox.broker.kill()
    sandbox.broker.start()
    assert sandbox.broker.ends("survivor") == {0: 100, 1: 100, 2: 100}
    assert [part["records"] for part in produced["partitions"]] == [100, 100, 100]


def test_killed_supervisor_takes_its_servers_with_it():
    sandbox = Sandbox(without=("connect",)).start()
    started = processes(sandbox.state)
    os.kill(sandbox.state["supervisor"]["pid"], signal.SIGKILL)
    sandbox.process.wait()
    wait_gone(started)
    sandbox.stop()


def test_killed_owner_takes_the_sandbox_with_it(tmp_path):
    program = (f"import sys, time; sys.path.insert(0, {SANDBOX_FOLDER!r})\n"
               f"from sandbox_lib import Sandbox\n"
               f"Sandbox({str(tmp_path)!r}, without=('connect',)).start(); print('up', flush=True); time.sleep(600)\n")
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as owner:
        assert owner.stdout.readline() == b"up\n"
        started = processes(read_state(tmp_path))
        owner.kill()
    wait_gone(started)


def test_interrupted_half_way(tmp_path):
    log_path = tmp_path / "log"
    with open(log_path, "wb") as log:
        up = subprocess.Popen([sys.executable, PROGRAM, "up", "--dir", str(tmp_path / "sandbox")], stdout=log, stderr=log)
    wait_for(lambda: "starting connect" in log_path.read_text())
    state = wait_for(lambda: read_state(tmp_path / "sandbox"))
    started = processes(state)
    assert len(started) >= 3
    up.send_signal(signal.SIGINT)
    up.wait(30)
    wait_gone(started)
    assert not state["ready"]


def test_detached_and_down(tmp_path):
    directory = str(tmp_path / "a directory with a name that is far too long for the address of a unix socket" / ("x" * 60))
    up = subprocess.run([sys.executable, PROGRAM, "up", "--detach", "--dir", directory, "--without", "connect"],
                        capture_output=True, text=True, check=True)
    assert up.stdout.strip() == directory
    started = processes(read_state(directory))
    again = subprocess.run([sys.executable, PROGRAM, "up", "--detach", "--dir", directory], capture_output=True, text=True)
    assert again.returncode == 1 and "running" in again.stderr
    subprocess.run([sys.executable, PROGRAM, "down", "--dir", directory], check=True)
    wait_gone(started)


def test_clickstream_is_the_same_for_the_same_options(sandbox):
    kafka = pytest.importorskip("kafka")

    def records(topic):
        consumer = kafka.KafkaConsumer(bootstrap_servers=sandbox.broker.address, consumer_timeout_ms=3000)
        partitions = [kafka.TopicPartition(topic, partition) for partition in range(4)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        found = []
        while len(found) < 5000:
            batch = [record for part in consumer.poll(timeout_ms=5000).values() for record in part]
            assert batch, f"only {len(found)} records"
            found += [(record.partition, record.offset, record.timestamp, record.key, record.value) for record in batch]
        consumer.close()
        return sorted(found)

    options = {"create": True, "partitions": 4, "seed": 7, "skew": 1, "start_time": 1700000000000, "time_step": 2,
               "disorder": "3:10", "start_seq": 100}
    counted = scenario.clickstream(sandbox, "same-1", 5000, **options)
    scenario.clickstream(sandbox, "same-2", 5000, **options)
    first = records("same-1")
    assert first == records("same-2")
    values = [json.loads(value) for *_, value in first]
    assert sorted(value["seq"] for value in values) == list(range(100, 5100))
    assert all(value["time_ms"] == record[2] for value, record in zip(values, first))
    late = [value for value in values if value["time_ms"] < 1700000000000 + (value["seq"] - 100) * 2]
    assert len(late) == counted["late"] and 400 < len(late) < 600
    sizes = [part["records"] for part in counted["partitions"]]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] > 2 * sizes[3]
    assert 550 < sum(len(record[4]) for record in first) / 5000 < 700


def test_scenario_leaves_partitions_apart(sandbox):
    facts = scenario.skewed(sandbox, topic="small", records=20000, connector="small-s3", bucket="small", flush_size=500)
    parts = facts["partitions"]
    assert facts["group_state"] == "Empty"
    assert parts[0]["committed"] < parts[0]["end"] * 0.2
    assert parts[1]["committed"] == parts[1]["end"] > 0
    assert parts[2]["committed"] is None and parts[2]["objects"] == 0
    assert sandbox.connect.offsets("small-s3", "small") == {
        part["partition"]: part["committed"] for part in parts if part["committed"] is not None}
    for part in parts:
        lines = 0
        for key, _ in sandbox.s3.list("small", f"topics/small/partition={part['partition']}/"):
            assert int(key.rsplit("+", 1)[1].split(".")[0]) == lines
            content = gzip.decompress(sandbox.s3.get("small", key)).splitlines()
            assert len({json.loads(line)["seq"] for line in content}) == len(content)
            lines += len(content)
        assert lines == (part["committed"] or 0)


def test_resumed_connector_goes_on_where_it_stopped(sandbox):
    topic, connector = "resumed", "resumed-s3"
    sandbox.broker.create_topic(topic, 1)
    sandbox.s3.create_bucket("resumed")
    scenario.clickstream(sandbox, topic, 1000)
    # No limit: the 50 records of the object that is still open at the stop are thrown away, not committed.
    sandbox.connect.create(connector, topic, "resumed", flush_size=150)
    wait_for(lambda: sandbox.broker.committed(f"connect-{connector}", topic)[0] == 900)
    sandbox.connect.stop_connector(connector)
    assert sandbox.broker.committed(f"connect-{connector}", topic) == {0: 900}
    assert len(sandbox.s3.list("resumed")) == 6
    scenario.clickstream(sandbox, topic, 50, start_seq=1000)
    sandbox.connect.resume(connector)
    wait_for(lambda: sandbox.broker.committed(f"connect-{connector}", topic)[0] == 1050)
    sandbox.connect.delete(connector)
    assert [key.rsplit("+", 1)[1] for key, _ in sandbox.s3.list("resumed")][-1] == "0000000900.json.gz"
