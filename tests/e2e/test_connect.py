"""Kafka Connect's own side of a cutover: connectors beside their groups, stop and resume, and where the connector's objects
end. The witnesses are Connect's REST interface asked by urllib, the group asked by kafka-python, and S3 by boto3."""

import gzip
import json
import os
import re
import socket
import sys
import time

import kafka
import pexpect
import pytest

import admin
import oracle
from connect_proxy import Proxy
from program import wait_for
from sandbox_lib import scenario
from sandbox_lib.secure import make_certificates
from streams import Stream

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "screens"))
from terminal_driver import Terminal  # noqa: E402

TOPIC, CONNECTOR, GROUP, BUCKET = "linked", "linked-s3", "connect-linked-s3", "linked"
PARTITIONS, RECORDS, FLUSH = 3, 6150, 100


@pytest.fixture(name="linked", scope="module")
def fixture_linked(sandbox, headgate):
    """A connector that runs and has delivered what is there, in objects of 100 records."""
    sandbox.s3.create_bucket(BUCKET)
    sandbox.broker.create_topic(TOPIC, PARTITIONS)
    produce(sandbox, RECORDS, 0)
    sandbox.connect.create(CONNECTOR, TOPIC, BUCKET, flush_size=FLUSH, tasks_max=2)
    sandbox.connect.wait_state(CONNECTOR, "RUNNING")
    wait_delivered(sandbox)
    yield sandbox
    sandbox.connect.call("PUT", f"/connectors/{CONNECTOR}/stop")
    # A worker that was killed leaves members behind, whose session lasts 45 s, and so may those that joined meanwhile.
    wait_for(lambda: not group(sandbox)["members"], 150, "the connector's end")


def produce(sandbox, count, first):
    scenario.clickstream(sandbox, TOPIC, count, partition_by="sequence", start_time="-1h", time_step=100, start_seq=first)


def wait_delivered(sandbox):
    """All whole objects are written and committed."""
    def reached():
        ends, committed = sandbox.broker.ends(TOPIC), sandbox.broker.committed(GROUP, TOPIC)
        return all((committed[number] or 0) >= end - end % FLUSH for number, end in ends.items())
    wait_for(reached, 60, "the connector's delivery")


def connect(headgate, *words, brokers=True, url=None, accept=(0,), **changes):
    return headgate.run("connect", *words, "--connect", url or headgate.sandbox.connect.url, brokers=brokers, accept=accept,
                        **changes)


def group(sandbox):
    return sandbox.broker.group(GROUP)


def objects_by_partition(sandbox, prefix="topics/"):
    """The connector's objects as {partition: [(start, records, key)]}, each read whole: the truth about where they end."""
    s3, found = oracle.s3_client(sandbox), {}
    for key in oracle.objects(sandbox, BUCKET, prefix):
        name = key.rsplit("/", 1)[1].split(".")[0].split("+")
        if len(name) != 3 or name[0] != TOPIC or ".keys" in key:
            continue
        body = oracle.read_object(s3, BUCKET, key)
        found.setdefault(int(name[1]), []).append((int(name[2]), len(body.splitlines()), key))
    return {number: sorted(rows) for number, rows in found.items()}


def ends(sandbox):
    return {number: rows[-1][0] + rows[-1][1] for number, rows in objects_by_partition(sandbox).items()}


def survey(headgate, *more, accept=(0,), where=f"s3://{BUCKET}/topics/"):
    document = headgate.json("survey", "--topic", TOPIC, "--group", GROUP, "--with-connect", where, *more, accept=accept)
    return document, document["connect_objects"]


def by_partition(objects, name):
    return {row["partition"]: row[name] for row in objects["partitions"]}


# --- states, stop, resume -----------------------------------------------------------------------------------------------

def state_beside_group(headgate):
    document = headgate.json("groups", "--topic", TOPIC, "--connect", headgate.sandbox.connect.url)
    row, = [row for row in document["groups"] if row["group"] == GROUP]
    assert row["connector"] == CONNECTOR
    assert document["connect_error"] is None and headgate.sandbox.connect.url in document["connect"]
    return row["connector_state"]


def test_running_paused_stopped_resumed(headgate, linked):
    wait_for(lambda: group(linked)["state"] == "Stable", 60, "a group that has settled")
    status = json.loads(connect(headgate, "status", CONNECTOR, "--json").out)["connectors"][0]
    told = linked.connect.status(CONNECTOR)
    assert status["state"] == told["connector"]["state"] == "RUNNING"
    assert status["tasks_running"] == len(told["tasks"]) == 2
    assert (status["group"], status["group_state"], status["group_members"]) == (GROUP, "Stable", 2)
    assert state_beside_group(headgate) == "RUNNING"
    text = headgate.run("groups", "--topic", TOPIC, "--connect", linked.connect.url).out
    assert f"{CONNECTOR} RUNNING" in text

    linked.connect.call("PUT", f"/connectors/{CONNECTOR}/pause")
    wait_for(lambda: state_beside_group(headgate) == "PAUSED", 30, "PAUSED")

    stopped = json.loads(connect(headgate, "stop", CONNECTOR, "--yes", "--json").out)["connectors"][0]
    told = linked.connect.status(CONNECTOR)
    assert (told["connector"]["state"], told["tasks"]) == ("STOPPED", [])
    assert (group(linked)["state"], len(group(linked)["members"])) == ("Empty", 0)
    assert (stopped["state"], stopped["tasks"], stopped["group_state"]) == ("STOPPED", 0, "Empty")
    committed = {int(key.partition): value.offset for key, value in admin.groups(linked)[GROUP].offsets.items()}
    assert {row["partition"]: row["offset"] for row in stopped["offsets"]} == committed
    assert connect(headgate, "stop", CONNECTOR, "--yes").returncode == 0
    for command in (["survey"], ["plan"], ["plan", "--start", "safe"]):
        text = headgate.run(*command[:1], "--topic", TOPIC, "--group", GROUP, *command[1:], "--connect", linked.connect.url).out
        assert f"old sink {CONNECTOR} STOPPED" in text

    resumed = json.loads(connect(headgate, "resume", CONNECTOR, "--yes", "--json").out)["connectors"][0]
    assert (resumed["state"], resumed["tasks_running"]) == ("RUNNING", 2)
    assert resumed["group_members"] == 2
    wait_for(lambda: group(linked)["state"] == "Stable", 30, "Stable")


def test_the_name_is_typed_on_a_terminal(headgate, linked):
    def spawn():
        command = headgate.command("connect", "stop", CONNECTOR, "--connect", linked.connect.url)
        return pexpect.spawn(command[0], command[1:], env=headgate.environment(TERM="xterm-256color"), timeout=30,
                             encoding="utf-8")
    terminal = spawn()
    terminal.expect("type the connector's name")
    terminal.sendline("linked")
    terminal.expect("nothing was done")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 1
    assert linked.connect.status(CONNECTOR)["connector"]["state"] == "RUNNING"
    terminal = spawn()
    terminal.expect("type the connector's name")
    terminal.sendline(CONNECTOR)
    terminal.expect("sink STOPPED")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0


def test_stopped_from_the_launch_dialog(headgate, linked, tmp_path):
    """The old sink still runs: the dialog says so, X asks for its name, another name does nothing, the right one stops it by
    Connect's own act; what was typed stands in the log, and no secret of its settings anywhere."""
    linked.connect.resume(CONNECTOR)
    linked.connect.wait_state(CONNECTOR, "RUNNING")
    wait_for(lambda: group(linked)["state"] == "Stable" and group(linked)["members"], 60, "a group that has settled")
    properties = tmp_path / "client.properties"
    properties.write_text("headgate.allow_write=true\n")
    command = [headgate.path, "-b", linked.broker.address, "-F", str(properties), "--connect", linked.connect.url,
               "--endpoint-url", linked.s3.endpoint, "--bucket", BUCKET, "--prefix", "dialog/", "--stream", "dialog",
               "--until", "end"]
    with Terminal(command, lines=40, columns=120, **headgate.environment()) as terminal:
        terminal.wait_for(re.compile(r"TOPICS +\d").search, seconds=60)
        terminal.send(*f":skew {TOPIC} {GROUP}", "Enter")
        terminal.wait_for(lambda text: "SKEW" in text and re.search(r"T (\d+)/\1\b", text), seconds=60)
        terminal.send(*":launch committed", "Enter")
        terminal.wait_for("X stops it", seconds=60)
        terminal.send("X")
        terminal.wait_for("READ-ONLY: type :arm first")
        terminal.send(*":arm", "Enter")
        terminal.wait_for("ARMED", seconds=60)
        terminal.send("X")
        terminal.wait_for("type the connector's name to stop it")
        terminal.send(*"linked-s4", "Enter")  # Enter counts only when the name is the right one
        terminal.settle(2)
        assert "type the connector's name to stop it: linked-s4" in terminal.text()
        assert linked.connect.status(CONNECTOR)["connector"]["state"] == "RUNNING" and group(linked)["members"]
        terminal.send("Esc")
        terminal.wait_for(lambda text: "to stop it:" not in text)
        terminal.send("X")
        terminal.wait_for("type the connector's name to stop it")
        terminal.send(*CONNECTOR, "Enter")
        text = terminal.wait_for(lambda text: f"{CONNECTOR} is STOPPED" in text or "stopped   " in text, seconds=90)
        assert linked.s3.secret_key.encode() not in terminal.output
        told = linked.connect.status(CONNECTOR)
        assert (told["connector"]["state"], told["tasks"]) == ("STOPPED", []), text
        assert (group(linked)["state"], group(linked)["members"]) == ("Empty", [])
        terminal.send("Q")
        assert terminal.finish() == 0
    with open(f"{headgate.state_folder()}/headgate/headgate.log", encoding="utf-8") as log:
        said = log.read()
    assert f"typed {CONNECTOR}: stop that connector" in said and linked.s3.secret_key not in said
    linked.connect.resume(CONNECTOR)


def test_refusals(headgate, linked):
    done = connect(headgate, "stop", "linked-s4", "--yes", accept=(1,))
    assert "no connector" in done.err and CONNECTOR in done.err
    done = connect(headgate, "stop", CONNECTOR, accept=(2,))
    assert "--yes" in done.err
    done = connect(headgate, "stop", accept=(2,))
    assert "which connector" in done.err
    done = connect(headgate, "start", CONNECTOR, accept=(2,))
    assert "status, stop and resume" in done.err
    done = headgate.run("connect", accept=(2,))
    assert "headgate.connect" in done.err


# --- who answers --------------------------------------------------------------------------------------------------------

def test_other_clusters_older_workers_sources(headgate, linked):
    def other(method, path, status, body):
        if path == "/":
            return status, json.dumps({**json.loads(body), "kafka_cluster_id": "another"}).encode()
        return None

    def older(method, path):
        return (404, b'{"error_code":404,"message":"HTTP 404 Not Found"}') if path.endswith(("/stop", "/offsets")) else None

    def source(method, path, status, body):
        if "expand" not in path:
            return None
        document = json.loads(body)
        document[CONNECTOR]["info"]["type"] = "source"
        return status, json.dumps(document).encode()

    with Proxy(linked.connect.url, change=other).running() as proxy:
        done = connect(headgate, "stop", CONNECTOR, "--yes", url=proxy.url, accept=(1,))
        assert "another" in done.err and "--brokers" in done.err
        assert ("PUT", f"/connectors/{CONNECTOR}/stop") not in proxy.requests
        document = headgate.json("groups", "--topic", TOPIC, "--connect", proxy.url)
        assert "another" in document["connect_error"] and document["groups"][0]["connector"] is None
    linked.connect.resume(CONNECTOR)
    with Proxy(linked.connect.url, instead=older).running() as proxy:
        done = connect(headgate, "stop", CONNECTOR, "--yes", url=proxy.url, accept=(1,))
        assert "older than 3.5" in done.err
        assert "older than 3.5" in connect(headgate, "status", CONNECTOR, url=proxy.url).out
    with Proxy(linked.connect.url, change=source).running() as proxy:
        done = connect(headgate, "stop", CONNECTOR, "--yes", url=proxy.url, accept=(1,))
        assert "no sink" in done.err
        assert not [method for method, _ in proxy.requests if method == "PUT"]
    assert linked.connect.status(CONNECTOR)["connector"]["state"] != "STOPPED"


def test_user_and_password(headgate, linked, tmp_path):
    def settings(**values):
        path = tmp_path / "client.properties"
        path.touch(0o600)
        path.write_text("".join(f"{name.replace('_', '.')}={value}\n" for name, value in values.items()))
        return ["-F", str(path)]

    with Proxy(linked.connect.url, "operator", "Geheim#1/@:").running() as proxy:
        address = f"headgate.connect={proxy.url}"
        right = settings(headgate_connect=proxy.url, headgate_connect_user="operator", headgate_connect_password="Geheim#1/@:")
        done = headgate.run("connect", *right, "-v")
        assert CONNECTOR in done.out and "Geheim" not in done.out + done.err
        done = headgate.run("connect", "--connect", f"http://operator:Geheim%231%2F%40%3A@{proxy.address}", "-v")
        assert CONNECTOR in done.out and "Geheim" not in done.out + done.err
        wrong = settings(headgate_connect=proxy.url, headgate_connect_user="operator", headgate_connect_password="Falsch7")
        done = headgate.run("connect", *wrong, "-v", accept=(1,))
        assert 'refuses user "operator"' in done.err and "Falsch7" not in done.err + done.out
        done = headgate.run("connect", "-X", address, accept=(1,))
        assert "wants a user and a password" in done.err
        done = headgate.run("groups", "--topic", TOPIC, *wrong, "-v")
        assert "refuses user" in done.out and "Falsch7" not in done.err + done.out


def test_https(headgate, linked, tmp_path):
    """A private CA is given in the settings; another CA, another host and no TLS at all are told apart, and nothing is sent."""
    make_certificates(str(tmp_path))

    def ask(url, ca, accept, *more):
        began = time.monotonic()
        done = headgate.run("connect", "-X", f"headgate.connect={url}", "-X", f"headgate.connect.ca={tmp_path / ca}", *more,
                            accept=accept)
        assert time.monotonic() - began < 10
        return re.sub(r"\s+", " ", done.out + done.err)

    with Proxy(linked.connect.url, certificate=tmp_path / "server-both.pem").running() as proxy:
        assert f"{CONNECTOR} " in ask(proxy.url, "ca.pem", (0,))
        proxy.requests.clear()
        said = ask(proxy.url, "wrong-ca.pem", (1,))
        assert "is not trusted" in said and "headgate.connect.ca" in said and proxy.url in said, said
        said = ask(proxy.url.replace("https", "http"), "ca.pem", (1,))
        assert proxy.address in said and "--connect" in said, said
        said = ask(proxy.url, "nothing.pem", (1, 2))
        assert "nothing.pem" in said, said
        assert proxy.requests == []
    with Proxy(linked.connect.url, certificate=tmp_path / "otherhost-both.pem").running() as proxy:
        said = ask(proxy.url, "ca.pem", (1,))
        assert "is not trusted" in said and proxy.requests == [], said
    said = ask(linked.connect.url.replace("http", "https"), "ca.pem", (1,))
    assert "cannot be reached" in said and "--connect" in said, said


def test_wrong_addresses(headgate, linked):
    silent = socket.create_server(("127.0.0.1", 0))
    free = socket.create_server(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    for url, says in ((f"http://127.0.0.1:{port}", "cannot be reached"), (linked.s3.endpoint, "Kafka Connect"),
                      (f"http://127.0.0.1:{silent.getsockname()[1]}", "cannot be reached")):
        began = time.monotonic()
        done = connect(headgate, url=url, accept=(1,))
        assert says in done.err and "--connect" in done.err + "--connect" * ("user" in done.err)
        assert time.monotonic() - began < 10
    # Of several workers one is enough.
    assert CONNECTOR in connect(headgate, url=f"http://127.0.0.1:{port},{linked.connect.url}").out
    silent.close()


def test_secrets_stay_where_they_are(headgate, linked):
    secret = linked.s3.secret_key
    stored = linked.connect.call("GET", f"/connectors/{CONNECTOR}/config")
    assert stored["s3.secret.key"] == secret  # Connect itself hides nothing
    for words in (["connect", "status", CONNECTOR], ["connect", "status", CONNECTOR, "--json"], ["connect"],
                  ["groups", "--topic", TOPIC], ["survey", "--topic", TOPIC, "--group", GROUP]):
        done = headgate.run(*words, "--connect", linked.connect.url, "-v")
        assert secret not in done.out + done.err
    shown = json.loads(connect(headgate, "status", CONNECTOR, "--json").out)["connectors"][0]["settings"]
    assert shown == {name: "********" if ".key" in name else value for name, value in stored.items()}


# --- where the objects end ----------------------------------------------------------------------------------------------

@pytest.fixture(name="stopped")
def fixture_stopped(headgate, linked):
    """Stopped cleanly: the commits stand where the objects end."""
    connect(headgate, "stop", CONNECTOR, "--yes")
    return linked


def test_clean_stop_is_exact(headgate, stopped):
    document, objects = survey(headgate)
    truth = ends(stopped)
    assert by_partition(objects, "connect_end") == truth
    assert by_partition(objects, "committed") == truth == {row["partition"]: row["committed"] for row in document["partitions"]}
    assert objects["states"]["exact"] == PARTITIONS and objects["counted"] == PARTITIONS
    assert (objects["repeats"], objects["missing"], objects["holes"], objects["overlap"]) == (0, 0, 0, 0)
    assert objects["objects"] == sum(map(len, objects_by_partition(stopped).values()))
    _, objects = survey(headgate, "--count-all")
    assert objects["counted"] == objects["objects"] and objects["holes"] == 0
    text = headgate.run("survey", "--topic", TOPIC, "--group", GROUP, "--with-connect", "topics/", "--bucket", BUCKET).out
    assert "old side: connector's objects" in text and "MISSING" not in text


def test_other_keys_are_told_apart(headgate, stopped):
    s3, truth = oracle.s3_client(stopped), ends(stopped)
    side = f"topics/{TOPIC}/partition=0/{TOPIC}+0+0000000000.keys.json"
    keys = [side, "topics/README.txt", f"topics/{TOPIC}/partition=1/{TOPIC}+0+0000009000.json", "topics/other+0+0000000007.json"]
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x\n")
    try:
        _, objects = survey(headgate)
        assert (objects["side_files"], objects["foreign"], objects["other_topics"]) == (1, 2, 1)
        assert objects["first_foreign"] in keys[1:3]
        assert by_partition(objects, "connect_end") == truth
    finally:
        for key in keys:
            s3.delete_object(Bucket=BUCKET, Key=key)
    done = headgate.run("survey", "--topic", TOPIC, "--group", GROUP, "--with-connect", f"s3://{BUCKET}/nothing/", accept=(1,))
    assert "check --with-connect" in done.err


def test_a_deleted_object_is_missed(headgate, stopped):
    s3, rows = oracle.s3_client(stopped), objects_by_partition(stopped)
    start, records, key = rows[1][-1]
    body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    s3.delete_object(Bucket=BUCKET, Key=key)
    try:
        _, objects = survey(headgate, accept=(3,))
        assert by_partition(objects, "connect_state") == {0: "exact", 1: "behind", 2: "exact"}
        assert by_partition(objects, "connect_missing") == {0: 0, 1: records, 2: 0}
        assert by_partition(objects, "connect_end")[1] == start
        text = headgate.run("plan", "--topic", TOPIC, "--group", GROUP, "--start", "committed", "--with-connect",
                            f"s3://{BUCKET}/topics/", accept=(3,)).out
        assert "STOP" in text and f"[{start}, {start + records})" in text

        # The stream that starts at the commits does not bring them: the audit finds the gap that the plan could not see.
        stream = Stream(headgate, "after-deletion", TOPIC, BUCKET, "--group", GROUP, start="committed")
        stream.run(accept=(0,))
        assert stream.audit()["verdict"] == "pass"
        report = stream.audit("--with-connect", "topics/", accept=(3,))
        assert (report["verdict"], report["old_side"]) == ("fail", "objects")
        assert (report["cutover"]["planned"]["gap"], report["cutover"]["found"]["gap"]) == (0, records)
        everywhere = oracle.sequence_numbers(stopped, BUCKET, "topics/") + oracle.sequence_numbers(stopped, BUCKET, stream.prefix)
        topic = {record.seq for part in oracle.read_topic(stopped, TOPIC).values() for record in part}
        assert len(topic - set(everywhere)) == records
    finally:
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    assert survey(headgate)[1]["states"]["exact"] == PARTITIONS


def test_a_hole_between_objects_takes_reading_them_all(headgate, stopped):
    s3, rows = oracle.s3_client(stopped), objects_by_partition(stopped)
    start, records, key = rows[2][len(rows[2]) // 2]
    body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    s3.delete_object(Bucket=BUCKET, Key=key)
    try:
        assert survey(headgate)[1]["holes"] == 0
        _, objects = survey(headgate, "--count-all", accept=(3,))
        assert by_partition(objects, "connect_holes") == {0: [], 1: [], 2: [[start, start + records]]}
    finally:
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)


def test_objects_ahead_of_the_commit(headgate, stopped):
    """What a crash leaves: the objects are there, the commit is older. A start at the commit repeats exactly the difference."""
    before, back = ends(stopped), 70
    offsets = [{"partition": {"kafka_topic": TOPIC, "kafka_partition": 0}, "offset": {"kafka_offset": before[0] - back}}]
    stopped.connect.call("PATCH", f"/connectors/{CONNECTOR}/offsets", {"offsets": offsets})
    try:
        _, objects = survey(headgate)
        assert by_partition(objects, "connect_repeats") == {0: back, 1: 0, 2: 0}
        assert by_partition(objects, "connect_state") == {0: "ahead", 1: "exact", 2: "exact"}
        plan = headgate.json("plan", "--topic", TOPIC, "--group", GROUP, "--start", "committed", "--with-connect",
                             f"s3://{BUCKET}/topics/")
        assert plan["totals"]["duplicates"] == 0
        assert by_partition(plan["connect_objects"], "connect_duplicates") == {0: back, 1: 0, 2: 0}
        stream = Stream(headgate, "after-crash", TOPIC, BUCKET, "--group", GROUP, start="committed")
        stream.run()
        report = stream.audit("--with-connect", "topics/")
        assert report["verdict"] == "pass"
        assert (report["cutover"]["planned"]["duplicates"], report["cutover"]["found"]["duplicates"]) == (0, back)
        both = oracle.sequence_numbers(stopped, BUCKET, "topics/") + oracle.sequence_numbers(stopped, BUCKET, stream.prefix)
        assert sum(count > 1 for count in both.values()) == back
        assert "old side: connector's objects" in headgate.run("audit", *stream.place(), "--with-connect", "topics/").out
    finally:
        offsets[0]["offset"]["kafka_offset"] = before[0]
        stopped.connect.call("PATCH", f"/connectors/{CONNECTOR}/offsets", {"offsets": offsets})


def test_an_object_that_cannot_be_counted(headgate, stopped):
    s3, rows = oracle.s3_client(stopped), objects_by_partition(stopped)
    start, records, _ = rows[0][-1]
    key = f"topics/{TOPIC}/partition=0/{TOPIC}+0+{start + records:010}.snappy.parquet"
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"PAR1...PAR1")
    try:
        _, objects = survey(headgate, accept=(3,))
        assert by_partition(objects, "connect_state")[0] == "uncounted"
        assert "Parquet" in objects["uncounted_why"] and by_partition(objects, "connect_end")[0] is None
        # gzip under a name that does not say so, and no newline at the end: as Aiven's sink writes them
        s3.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(b"{}\n{}\n{}"))
        _, objects = survey(headgate)
        assert by_partition(objects, "connect_end")[0] == start + records + 3
    finally:
        s3.delete_object(Bucket=BUCKET, Key=key)


def test_transactions_are_no_holes(headgate, linked):
    """Markers take offsets and are in no object: the brokers are asked before anything is called missing."""
    topic, connector = "linked-tx", "linked-tx-s3"
    linked.broker.create_topic(topic, 1)
    producer = kafka.KafkaProducer(bootstrap_servers=linked.broker.address, transactional_id="linked-tx")
    producer.init_transactions()
    for transaction in range(30):
        producer.begin_transaction()
        for number in range(7):
            producer.send(topic, json.dumps({"seq": transaction * 7 + number}).encode(), partition=0)
        producer.flush()
        if transaction % 5 == 4:
            producer.abort_transaction()
        else:
            producer.commit_transaction()
    producer.close()
    linked.connect.create(connector, topic, BUCKET, flush_size=20, topics_dir="tx")
    group_name = f"connect-{connector}"
    wait_for(lambda: (linked.broker.committed(group_name, topic)[0] or 0) >= 200, 60, "its delivery")
    connect(headgate, "stop", connector, "--yes")
    command = ["survey", "--topic", topic, "--group", group_name, "--with-connect", f"s3://{BUCKET}/tx/"]
    for more in ([], ["--count-all"]):
        objects = headgate.json(*command, *more)["connect_objects"]
        assert by_partition(objects, "connect_end") == {0: linked.broker.committed(group_name, topic)[0]}
        assert by_partition(objects, "connect_state") == {0: "exact"} and objects["empty"] > 0
    s3, keys = oracle.s3_client(linked), oracle.objects(linked, BUCKET, "tx/")
    s3.delete_object(Bucket=BUCKET, Key=keys[-1])
    objects = headgate.json(*command, accept=(3,))["connect_objects"]
    assert by_partition(objects, "connect_state") == {0: "behind"}
    linked.connect.delete(connector)


def test_killed_worker(headgate, linked):
    """Killed outright while it writes: whatever it left, objects are at or ahead of the commits, and the survey says what an
    independent count says."""
    linked.connect.resume(CONNECTOR)
    produce(linked, RECORDS, RECORDS)
    wait_for(lambda: len(objects_by_partition(linked)[0]) > RECORDS // PARTITIONS // FLUSH, 60, "new objects")
    linked.connect.kill()
    try:
        done = connect(headgate, accept=(1,))
        assert "cannot be reached" in done.err
        _, objects = survey(headgate, "--connect", linked.connect.url)
        truth = ends(linked)
        assert by_partition(objects, "connect_end") == truth
        committed = linked.broker.committed(GROUP, TOPIC)
        assert by_partition(objects, "connect_repeats") == {number: truth[number] - committed[number] for number in truth}
        assert objects["missing"] == 0
    finally:
        linked.connect.start()
        linked.connect.wait_state(CONNECTOR, "RUNNING")
