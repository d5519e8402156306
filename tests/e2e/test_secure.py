"""Secured clusters: every way to sign in, right and wrong, rights by ACLs, and a whole cutover with the least of them.

One broker with a listener for each way (sandbox_lib/secure.py). What is wrong has to be said within ten seconds, with its
cause and what to do, and secrets must be nowhere: not on the screen, not in the log, not among the arguments.
"""

import concurrent.futures
import glob
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import threading
import time

import pytest
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ACLResourcePatternType, ResourcePattern, ResourceType

import admin
import oracle
from program import Program, wait_for
from sandbox_lib import Sandbox, fetch, scenario
from streams import Stream

JAAS = "org.apache.kafka.common.security"
IAM_JAAS = "software.amazon.msk.auth.iam.IAMLoginModule required"
GROUP = "connect-orders-s3"
WITHIN_S = 10


@pytest.fixture(scope="module", name="sandbox")
def fixture_sandbox():
    fetch.fetch()
    with Sandbox(options={"broker": {"secure": True}}, without=("connect",)) as running:
        running.s3.create_bucket("lake")
        running.broker.create_topic("orders", 3)
        scenario.clickstream(running, "orders", 6000, partition_by="sequence")
        running.broker.create_topic("hidden", 1)
        ends = running.broker.ends("orders")
        running.broker.commit(GROUP, "orders", {partition: end // 2 + partition for partition, end in ends.items()})
        running.broker.commit("connect-hidden-s3", "hidden", {0: 0})
        yield running


@pytest.fixture(scope="module")
def headgate(sandbox):
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return Program(os.environ.get("HEADGATE") or os.path.join(top, "build", "headgate"), sandbox)


class Door:
    """One listener with a client.properties for it, and the credentials of the IAM one in a profile of its own."""

    def __init__(self, sandbox, directory):
        self.sandbox, self.directory, self.made = sandbox, str(directory), 0
        self.facts = sandbox.broker.facts
        self.tls = self.facts["tls"]
        self.credentials = self.write("[pilot]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"
                                      "region = {region}\n".format(**self.facts["iam"]))
        shutil.copy(self.file("sailor.key"), self.file("sailor-open.key"))
        os.chmod(self.file("sailor-open.key"), 0o644)
        self.secrets = [self.facts["iam"]["secret"], *self.facts["users"].values()]

    def write(self, text):
        self.made += 1
        path = os.path.join(self.directory, f"file-{self.made}")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def file(self, name):
        return os.path.join(self.tls, name)

    def properties(self, listener, **changes):
        """A file for a listener; changes with underscores for dots, None takes a line away."""
        lines = {"bootstrap.servers": self.facts["listeners"].get(listener) or self.facts["address"],
                 "security.protocol": "SSL" if listener in ("TLS", "MTLS", "OTHERHOST") else "SASL_SSL",
                 "ssl.truststore.type": "PEM", "ssl.truststore.location": self.file("ca.pem")}
        lines.update({name.replace("_", "."): value for name, value in changes.items()})
        return self.write("".join(f"{name}={value}\n" for name, value in lines.items() if value is not None))

    def sailor(self, way, user="sailor", password=None):
        """The settings to sign in as a user, in one of the ways."""
        password = password or self.facts["users"][user]
        if way == "PLAIN":
            return {"sasl_mechanism": "PLAIN", "sasl_jaas_config":
                    f'{JAAS}.plain.PlainLoginModule required username="{user}" password="{password}";'}
        if way == "SCRAM":
            return {"sasl_mechanism": "SCRAM-SHA-512", "sasl_username": user, "sasl_password": password}
        if way == "MTLS":
            return {"ssl_keystore_type": "PKCS12", "ssl_keystore_location": self.file("sailor.p12"),
                    "ssl_keystore_password": "pkcs12-secret"}
        if way.startswith("IAM"):
            return {"sasl_mechanism": "AWS_MSK_IAM", "sasl_jaas_config": f'{IAM_JAAS} awsProfileName="pilot";',
                    "sasl_client_callback_handler_class": "software.amazon.msk.auth.iam.IAMClientCallbackHandler"}
        return {}

    def open(self, way, **changes):
        return self.properties(way, **{**self.sailor(way), **changes})


@pytest.fixture(scope="module", name="door")
def fixture_door(sandbox, tmp_path_factory):
    return Door(sandbox, tmp_path_factory.mktemp("doors"))


def allow(sandbox, user, *rights):
    """rights: (operation, kind, name); a name that ends in * is a prefix."""
    with admin.admin(sandbox) as client:
        client.create_acls([
            ACL(f"User:{user}", "*", getattr(ACLOperation, operation.upper()), ACLPermissionType.ALLOW,
                ResourcePattern(getattr(ResourceType, kind.upper()), name.rstrip("*"),
                                ACLResourcePatternType.PREFIXED if name.endswith("*") else ACLResourcePatternType.LITERAL))
            for operation, kind, name in rights])


LEAST = (("Read", "topic", "orders"), ("Describe", "topic", "orders"), ("Describe", "group", GROUP),
         ("Read", "group", "headgate-*"))


@pytest.fixture(scope="module", autouse=True)
def rights(sandbox):
    for user in ("sailor", "pilot"):
        allow(sandbox, user, *LEAST)


def plain(text):
    """Messages are folded to the terminal's width: one blank for each fold."""
    return re.sub(r"\s+", " ", text)


def run(headgate, door, properties, verb="topics", *arguments, accept=(0,), **changes):
    """Runs with a properties file, and looks for secrets in everything that was said (and in the log, by -v)."""
    changes.setdefault("AWS_SHARED_CREDENTIALS_FILE", door.credentials)
    began = time.monotonic()
    done = headgate.run(verb, "-F", properties, "-v", *arguments, brokers=False, accept=accept, **changes)
    done.seconds = time.monotonic() - began
    done.said = plain(done.out + done.err)
    for secret in [*door.secrets, "pkcs12-secret", "wrong-password", "FwoGnotATokenThatIsKnown"]:
        assert secret not in done.out + done.err
    assert "auth=Bearer" not in done.out + done.err and "X-Amz-Signature" not in done.out + done.err
    return done


# --- right -----------------------------------------------------------------------------------------------------------------

WAYS = ("MTLS", "PLAIN", "SCRAM", "IAM")


def cutover(headgate, door, way, name):
    """Survey, plan, deliver and audit as a user with the least rights; what lies there is counted by the witness."""
    properties = door.open(way)
    stream = Stream(headgate, name, "orders", "lake")
    where = ("--topic", "orders", "--group", GROUP)
    place = ("--stream", name, "--bucket", "lake", "--prefix", f"{name}/")
    committed = door.sandbox.broker.committed(GROUP, "orders")
    survey = json.loads(run(headgate, door, properties, "survey", *where, "--json").out)
    assert {row["partition"]: row["committed"] for row in survey["partitions"]} == committed
    assert all(row["committed_time_ms"] for row in survey["partitions"])
    plan = json.loads(run(headgate, door, properties, "plan", *where, "--start", "committed", "--json").out)
    assert {row["partition"]: row["start"] for row in plan["partitions"]} == committed
    run(headgate, door, properties, "deliver", *place, *where, "--start", "committed", "--until", "end", "--yes", "--json",
        "--allow-lost")
    audit = json.loads(run(headgate, door, properties, "audit", *place, "--json").out)
    assert (audit["verdict"], audit["tail"]) == ("pass", "checked"), audit
    records = oracle.read_topic(door.sandbox, "orders")
    wanted = {record.seq for partition, rows in records.items() for record in rows if record.offset >= committed[partition]}
    oracle.assert_exactly_once(door.sandbox, "lake", f"{name}/", wanted)
    assert door.sandbox.broker.committed(GROUP, "orders") == committed
    return stream


@pytest.mark.parametrize("way", WAYS)
def test_a_whole_cutover_with_the_least_rights(headgate, door, way):
    cutover(headgate, door, way, f"least-{way.lower()}")


@pytest.mark.parametrize("way, says", [
    ("OPEN", ["nobody: no login"]), ("TLS", ["nobody: no login"]), ("MTLS", ["certificate in", "sailor.p12"]),
    ("PLAIN", ["PLAIN as sailor"]), ("SCRAM", ["SCRAM-SHA-512 as sailor"]),
    ("IAM", ["MSK IAM", "(profile pilot in", "for region eu-west-1"]),
])
def test_doctor_says_as_whom_the_brokers_know_us(headgate, door, way, says):
    """Beside the store's credentials: with IAM they can be others. Partition ends and the group are looked at as that user."""
    changes = {"security_protocol": "PLAINTEXT"} if way == "OPEN" else {}
    properties = door.open(way, **changes)
    done = run(headgate, door, properties, "doctor", "--topic", "orders", "--group", GROUP, "--bucket", "lake", "--prefix",
               f"doctor-{way}/", "--json")
    rows = {(row["about"], row["check"]): row for row in json.loads(done.out)["checks"]}
    for what in says:
        assert what in rows["kafka", "login"]["text"], rows["kafka", "login"]
    if way == "IAM":
        assert door.facts["iam"]["key_id"][-4:] in rows["kafka", "login"]["text"]
        assert door.facts["iam"]["key_id"][-4:] not in rows["credentials", "found"]["text"]
    for name in (("credentials", "found"), ("store", "read"), ("store", "write"), ("store", "clock"), ("kafka", "cluster"),
                 ("kafka", "broker 1"), ("kafka", "group")):
        assert rows[name]["verdict"] == "ok", rows[name]


def test_lists_show_what_may_be_seen_and_no_more(headgate, door):
    topics = json.loads(run(headgate, door, door.open("SCRAM"), "topics", "--json").out)
    assert [row["topic"] for row in topics["topics"]] == ["orders"]
    groups = json.loads(run(headgate, door, door.open("SCRAM"), "groups", "--json").out)
    assert GROUP in [row["group"] for row in groups["groups"]]
    assert "connect-hidden-s3" not in [row["group"] for row in groups["groups"]]


def test_a_group_that_may_be_listed_only_keeps_its_place(headgate, door, sandbox):
    """Describe on the cluster lists every group, and reads none."""
    allow(sandbox, "spare6", ("Describe", "cluster", "kafka-cluster"), *LEAST)
    properties = door.properties("SCRAM", **door.sailor("SCRAM", "spare6"))
    groups = json.loads(run(headgate, door, properties, "groups", "--json").out)["groups"]
    row, = [row for row in groups if row["group"] == "connect-hidden-s3"]
    assert "Describe on group connect-hidden-s3 is missing" in row["error"], row
    assert not [row for row in groups if row["group"] == GROUP and row.get("error")]


def test_who_may_not_read_records_still_sees_offsets(headgate, door, sandbox):
    """Describe alone gives the lists all but times and values."""
    allow(sandbox, "spare7", ("Describe", "topic", "orders"), ("Describe", "group", GROUP))
    properties = door.properties("SCRAM", **door.sailor("SCRAM", "spare7"))
    whole = door.open("SCRAM")
    seen, = json.loads(run(headgate, door, properties, "groups", "--json").out)["groups"]
    wanted, = [row for row in json.loads(run(headgate, door, whole, "groups", "--json").out)["groups"] if row["group"] == GROUP]
    assert wanted["oldest_time_ms"] and wanted["error"] is None
    assert (seen["group"], seen["lag"], seen["lost"]) == (GROUP, wanted["lag"], wanted["lost"])
    assert seen["oldest_time_ms"] is None and seen["error"] is None
    topic, = json.loads(run(headgate, door, properties, "topics", "--json").out)["topics"]
    assert (topic["topic"], topic["oldest_time_ms"], topic["values"]) == ("orders", None, {})
    assert topic["offsets"] > 0 and topic["records_per_second"] == 0 and topic["error"] is None


class Told:
    """What a running program writes on standard error, as it comes."""

    def __init__(self, stream):
        self.text, self.stream = "", stream
        self.thread = threading.Thread(target=self._read)
        self.thread.start()

    def _read(self):
        for line in self.stream:
            self.text += line.decode("utf-8", "replace")

    def wait(self, word, seconds=60):
        wait_for(lambda: word in plain(self.text), seconds, word)


def test_the_token_is_renewed_while_a_delivery_runs(headgate, door, sandbox):
    """The credentials end after 8 s and are fetched anew by a process; the broker asks to sign in again as often. When there
    are none for a while, that is said, and the delivery goes on as soon as there are."""
    iam = door.facts["iam"]
    broken = os.path.join(door.directory, "no-credentials")
    script = door.write(
        "#!/usr/bin/env python3\nimport datetime, json, os, sys\n"
        f"if os.path.exists('{broken}'):\n    sys.exit('the vault is sealed')\n"
        "end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=8)\n"
        f"print(json.dumps({{'Version': 1, 'AccessKeyId': '{iam['key_id']}', 'SecretAccessKey': '{iam['secret']}',\n"
        "                  'Expiration': end.strftime('%Y-%m-%dT%H:%M:%SZ')}))\n")
    os.chmod(script, 0o700)
    config = door.write(f"[profile pilot]\nregion = eu-west-1\ncredential_process = {script}\n")
    environment = {"AWS_CONFIG_FILE": config, "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent/credentials"}
    stream = Stream(headgate, "renewed", "orders", "lake", "--interval", "1", "--compression", "none", until=None)
    log = os.path.getsize(sandbox.broker.facts["log"])
    process = headgate.start("deliver", *stream.command("-F", door.open("IAM")), **environment)
    told = Told(process.stderr)

    def tokens():
        with open(sandbox.broker.facts["log"], "rb") as text:
            text.seek(log)
            return set(re.findall(rb"token accepted: made at (\S+)", text.read()))

    try:
        wait_for(lambda: len(tokens()) >= 3 or process.poll() is not None, 90, "three tokens")
        assert process.poll() is None, told.text
        with open(broken, "w", encoding="ascii"):
            pass
        told.wait("cannot sign in to Kafka")
        assert "credential_process" in told.text or "vault" in told.text, told.text
        os.unlink(broken)
        told.wait("lets us in again")
        scenario.clickstream(sandbox, "orders", 300, partition_by="sequence")
        end = sum(sandbox.broker.ends("orders").values())
        wait_for(lambda: sum(ranges[-1][1] for ranges in stream.chain().values()) == end, 60, "everything stored")
    finally:
        process.terminate()
        code = process.wait(60)
        told.thread.join()
    assert code == 0, told.text
    assert iam["secret"] not in told.text


# --- wrong: every command and the console say the same ---

def look(headgate, door, properties, way, directory, changes):
    """One of the ways to meet an error, to its end; what the console shows counts as said."""
    where = ("--topic", "orders", "--group", GROUP)
    if way == "console":
        script, screen = directory / "console.script", directory / "console.txt"
        script.write_text(f"size 120 40\ndump {screen}\n")
        done = run(headgate, door, properties, "", "--script", script, accept=None, **changes)
        done.said = plain(screen.read_text().partition("\nroles\n")[0]) if screen.exists() else done.said
        return done
    arguments = {"topics": (), "survey": where, "doctor": where,
                 "deliver": ("--stream", "refused", "--bucket", "lake", "--prefix", "refused/", *where, "--start", "committed",
                             "--until", "end", "--yes", "--allow-lost")}[way]
    return run(headgate, door, properties, way, *arguments, accept=(1, 2, 3), **changes)


def expect_everywhere(headgate, door, properties, directory, words, **changes):
    """Each word (choices by |) is said by every command and by the console, all at once, within ten seconds."""
    ways = ("topics", "survey", "doctor", "deliver", "console")
    with concurrent.futures.ThreadPoolExecutor(len(ways)) as pool:
        everything = dict(zip(ways, pool.map(lambda way: look(headgate, door, properties, way, directory, changes), ways)))
    for way, done in everything.items():
        assert done.seconds < WITHIN_S, (way, done.seconds, done.said)
        for word in words:
            assert any(choice in done.said for choice in word.split("|")), (way, word, done.said)


# --- wrong -----------------------------------------------------------------------------------------------------------------

def wrong(way, words, why, **changes):
    return pytest.param(way, words, changes, id=why)


@pytest.mark.parametrize("way, words, changes", [
    wrong("PLAIN", ["Invalid username or password", "check user and password"], "password-plain",
          sasl_jaas_config=f'{JAAS}.plain.PlainLoginModule required username="sailor" password="wrong-password";'),
    wrong("SCRAM", ["invalid credentials", "check user and password"], "password-scram", sasl_password="wrong-password"),
    wrong("SCRAM", ["Unsupported SASL mechanism", "SCRAM-SHA-512", "set sasl.mechanism"], "mechanism", sasl_mechanism="PLAIN"),
    wrong("PLAIN", ["Unsupported SASL mechanism", "SCRAM-SHA-256", "AWS_MSK_IAM"], "no-such-mechanism", sasl_mechanism="NOSUCH"),
    wrong("TLS", ["unknown CA", "ssl.ca.location"], "ca", ssl_truststore_location="wrong-ca.pem"),
    wrong("OTHERHOST", ["another host", "names in their certificates"], "host-name"),
    wrong("MTLS", ["wants a certificate", "ssl.certificate.location"], "no-client-certificate", ssl_keystore_location=None,
          ssl_keystore_type=None, ssl_keystore_password=None),
    wrong("MTLS", ["expired.pem expired at 2020-02-01T00:00:00Z", "renew"], "expired-client-certificate",
          ssl_keystore_location=None, ssl_keystore_type=None, ssl_keystore_password=None,
          ssl_certificate_location="expired.pem", ssl_key_location="expired.key"),
    wrong("TLS", ["security.protocol", "may want TLS"], "plaintext-to-tls", security_protocol="PLAINTEXT"),
    wrong("SCRAM", ["security.protocol", "a login"], "tls-to-sasl", security_protocol="SSL"),
    wrong("OPEN", ["has no TLS", "security.protocol=PLAINTEXT"], "tls-to-plaintext", security_protocol="SSL"),
    wrong("TLS", ["has no SASL", "security.protocol=SSL"], "sasl-to-tls", security_protocol="SASL_SSL",
          sasl_mechanism="PLAIN", sasl_username="sailor", sasl_password="wrong-password"),
    wrong("TLS", ["ssl.ca.location", "/nonexistent/ca.pem", "No such file", "name a file"], "ca-file-missing",
          ssl_truststore_location="/nonexistent/ca.pem"),
    wrong("TLS", ["ssl.ca.location", "holds no certificate", "PEM is wanted"], "ca-file-is-a-key",
          ssl_truststore_location="ca.key"),
    wrong("MTLS", ["sailor-open.key", "others may read it", "chmod 600"], "key-open", ssl_keystore_location=None,
          ssl_keystore_type=None, ssl_keystore_password=None, ssl_certificate_location="sailor.pem",
          ssl_key_location="sailor-open.key"),
    wrong("MTLS", ["ssl.key.location is not the key of ssl.certificate.location"], "key-of-another",
          ssl_keystore_location=None, ssl_keystore_type=None, ssl_keystore_password=None,
          ssl_certificate_location="sailor.pem", ssl_key_location="expired.key"),
    wrong("MTLS", ["ssl.keystore.password is not its password"], "keystore-password", ssl_keystore_password="wrong-password"),
    wrong("TLS", ["Java truststore", "keytool -exportcert"], "jks", ssl_truststore_type="JKS"),
    wrong("MTLS", ["JKS keystore", "-deststoretype PKCS12"], "jks-keystore", ssl_keystore_type="JKS"),
    wrong("IAMLATE", ["invalid_token", "check this machine's clock", "secret access key", "region eu-west-1", "made at 20"], "clock"),
    wrong("IAM", ["the right SASL_SSL|needs security.protocol=SASL_SSL"], "iam-without-tls",
          security_protocol="SASL_PLAINTEXT"),
])
def test_what_is_wrong_is_said_with_its_remedy(headgate, door, tmp_path, way, words, changes):
    changes = {name: door.file(value) if value and re.search(r"\.(pem|key)$", value) else value
               for name, value in changes.items()}
    expect_everywhere(headgate, door, door.open(way, **changes), tmp_path, words)


@pytest.mark.parametrize("words, changes", [
    pytest.param(["invalid_token", "key ...", "kafka-cluster:Connect"], {"secret": "f" * 40}, id="secret"),
    pytest.param(["invalid_token", "us-east-1"], {"region": "us-east-1"}, id="region"),
    pytest.param(["invalid_token", "session has not ended"], {"more": "aws_session_token = FwoGnotATokenThatIsKnown\n"}, id="token"),
    pytest.param(["in which region", "--region"], {"region": None}, id="no-region"),
    pytest.param(["chmod 600"], {"mode": 0o644}, id="readable-by-others"),
])
def test_wrong_aws_credentials(headgate, door, tmp_path, words, changes):
    iam = {**door.facts["iam"], **changes}
    lines = [f"aws_access_key_id = {iam['key_id']}", f"aws_secret_access_key = {iam['secret']}", iam.get("more", "")]
    if iam["region"]:
        lines.append(f"region = {iam['region']}")
    path = door.write("[pilot]\n" + "\n".join(lines) + "\n")
    os.chmod(path, changes.get("mode", 0o600))
    expect_everywhere(headgate, door, door.open("IAM"), tmp_path, words, AWS_SHARED_CREDENTIALS_FILE=path, AWS_REGION=None,
                      AWS_DEFAULT_REGION=None)


def test_credentials_that_do_not_come(headgate, door, tmp_path):
    """Their source hangs: that is said, and not that the brokers could not be reached."""
    config = door.write("[profile pilot]\nregion = eu-west-1\ncredential_process = /bin/sh -c 'sleep 60'\n")
    expect_everywhere(headgate, door, door.open("IAM"), tmp_path, ["credential_process /bin/sh has not ended in time", "does it wait"],
                      AWS_CONFIG_FILE=config, AWS_SHARED_CREDENTIALS_FILE="/nonexistent/credentials", AWS_PROFILE="pilot",
                      AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)


def test_credentials_that_have_ended(headgate, door, tmp_path):
    iam = door.facts["iam"]
    expect_everywhere(headgate, door, door.open("IAM", sasl_jaas_config=f"{IAM_JAAS};"), tmp_path,
                      ["expired at 2026-01-01T00:00:00Z", "fetch new ones|log in again|renew them"],
                      AWS_ACCESS_KEY_ID=iam["key_id"], AWS_SECRET_ACCESS_KEY=iam["secret"],
                      AWS_CREDENTIAL_EXPIRATION="2026-01-01T00:00:00Z")


@pytest.mark.parametrize("way, changes", [
    pytest.param("OTHERHOST", {"ssl_endpoint_identification_algorithm": "none"}, id="host"),
    pytest.param("TLS", {"ssl_truststore_location": None, "ssl_truststore_type": None,
                         "enable_ssl_certificate_verification": "false"}, id="certificate"),
])
def test_a_broker_that_is_not_verified_is_never_unseen(headgate, door, way, changes):
    """It works, since it is asked for; every command says what that means, and doctor has a row for it."""
    properties = door.open(way, **changes)
    done = run(headgate, door, properties, "survey", "--topic", "orders", "--group", GROUP, "--json")
    assert json.loads(done.out)["topic"] == "orders"
    assert "TLS without a check of who answers" in plain(done.err) and "ssl.ca.location" in plain(done.err), done.err
    rows = json.loads(run(headgate, door, properties, "doctor", "--json").out)["checks"]
    assert [row["verdict"] for row in rows if (row["about"], row["check"]) == ("kafka", "tls")] == ["warn"], rows
    done = run(headgate, door, properties, "topics", "-b", "b-1.x.c2.kafka.eu-west-1.amazonaws.com:9094", accept=(2,))
    assert "Amazon's" in done.said, done.said


# --- rights ----------------------------------------------------------------------------------------------------------------

MISSING = [
    # what is missing, on what, and what meets it first
    ("spare1", "Describe", "topic", "orders", ("survey", "plan", "deliver")),
    ("spare2", "Read", "topic", "orders", ("survey", "plan", "deliver")),
    ("spare3", "Describe", "group", GROUP, ("survey", "plan", "deliver")),
    ("spare4", "Read", "group", "headgate-*", ("deliver", "audit")),
]


@pytest.mark.parametrize("user, operation, kind, name, verbs", MISSING, ids=[f"{row[1]}-{row[2]}" for row in MISSING])
def test_each_missing_right_is_named(headgate, door, sandbox, user, operation, kind, name, verbs):
    rights = [right for right in LEAST if right != (operation, kind, name)]
    if (operation, kind) == ("Describe", "topic"):
        rights = [right for right in rights if right[1] != "topic"]  # Read implies Describe
    allow(sandbox, user, *rights)
    properties = door.properties("SCRAM", **door.sailor("SCRAM", user))
    stream = f"missing-{user}"
    whole = "least-scram"  # a stream that is there already
    if name.endswith("*"):
        name = f"headgate-{stream}"
    for verb in verbs:
        arguments = {
            "survey": ("--topic", "orders", "--group", GROUP),
            "plan": ("--topic", "orders", "--group", GROUP),
            "deliver": ("--stream", stream, "--bucket", "lake", "--prefix", f"{stream}/", "--topic", "orders",
                        "--group", GROUP, "--start", "committed", "--until", "end", "--yes", "--allow-lost"),
            "audit": ("--stream", whole, "--bucket", "lake", "--prefix", f"{whole}/"),
        }[verb]
        done = run(headgate, door, properties, verb, *arguments, accept=(1, 3))
        met = f"headgate-{whole}" if verb == "audit" else name
        assert f"right {operation} on {kind} {met} is missing" in done.said, done.said
        assert f"--allow-principal User:{user}" in done.said, done.said
        assert done.seconds < WITHIN_S + (5 if verb == "deliver" else 0), (verb, done.seconds)


# --- secrets ---------------------------------------------------------------------------------------------------------------

def test_a_password_among_the_arguments_is_warned_of(headgate, door):
    facts = door.facts
    done = headgate.run("topics", "-b", facts["listeners"]["SCRAM"], "-X", "security.protocol=SASL_SSL", "-X",
                        f"ssl.ca.location={door.file('ca.pem')}", "-X", "sasl.mechanism=SCRAM-SHA-512", "-X", "sasl.username=sailor",
                        "-X", f"sasl.password={facts['users']['sailor']}", brokers=False)
    assert "sasl.password" in plain(done.err) and "--config" in plain(done.err), done.err
    assert facts["users"]["sailor"] not in done.out + done.err


@pytest.mark.parametrize("way", ["PLAIN", "SCRAM", "IAM"])
def test_not_even_librdkafkas_own_log_shows_secrets(headgate, door, way):
    properties = door.open(way, debug="all")
    done = run(headgate, door, properties)
    assert "kafka" in done.err
    token = re.compile(r"aHR0cHM6Ly9rYWZrYS[A-Za-z0-9_-]{40}")  # https://kafka. in base64
    assert not token.search(done.out + done.err)


def test_nothing_secret_among_the_arguments(headgate, door):
    """What every user of the machine can see: the process list."""
    stream = Stream(headgate, "listed", "orders", "lake", until=None)
    process = headgate.start("deliver", *stream.command("-F", door.open("SCRAM")))
    try:
        deadline = time.monotonic() + 60
        while not stream.objects() and not stream.has_plan() and time.monotonic() < deadline:
            time.sleep(0.1)
        for path in glob.glob(f"/proc/{process.pid}/task/*/c*") + [f"/proc/{process.pid}/cmdline"]:
            if os.path.basename(path) in ("cmdline", "comm"):
                try:
                    with open(path, "rb") as text:
                        shown = text.read()
                except (FileNotFoundError, ProcessLookupError):  # the thread has ended since
                    continue
                assert not [secret for secret in door.secrets if secret.encode() in shown]
    finally:
        process.terminate()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT])
def test_a_crash_leaves_no_core(headgate, door, tmp_path, number):
    """Its memory holds secrets; whatever limit the shell set, none of it is written down."""
    stream = Stream(headgate, f"crash-{number}", "orders", "lake", until=None)
    command = headgate.command("deliver", *stream.command("-F", door.open("SCRAM")), brokers=False)
    limit = resource.getrlimit(resource.RLIMIT_CORE)[1]
    process = subprocess.Popen(command, env=headgate.environment(), cwd=tmp_path, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (limit, limit)))
    try:
        wait_for(stream.has_plan, what="a delivery that runs")
        os.kill(process.pid, number)
        status = os.waitpid(process.pid, 0)[1]
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        process.kill()
    assert not (os.WIFSIGNALED(status) and os.WCOREDUMP(status))
    assert os.listdir(tmp_path) == []
