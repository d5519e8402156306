"""Where credentials come from: each source against a stand-in, the order beside botocore's own, what is said when one fails,
and a delivery that outlives its credentials."""

import concurrent.futures
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import time

import botocore.session
import pytest

from aws_standin import AwsStandin, S3Gate
import oracle
from program import wait_for
from sandbox_lib import scenario
from streams import Stream

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROLE, OTHER = "arn:aws:iam::123456789012:role/lake", "arn:aws:iam::123456789012:role/other"
SECRET = "hush/SECRET+hush"
CLEAN = {name: value for name, value in os.environ.items()
         if not name.startswith("AWS_") and not name.lower().endswith("_proxy")}


class Place:
    """Files, and an environment in which nothing of this machine's own credentials is seen."""

    def __init__(self, directory, standin):
        self.directory, self.standin = directory, standin
        self.variables = {**CLEAN, "HOME": str(directory), "AWS_EC2_METADATA_DISABLED": "true", "AWS_DEFAULT_REGION": "us-east-1",
                          "AWS_SHARED_CREDENTIALS_FILE": str(directory / "credentials"),
                          "AWS_CONFIG_FILE": str(directory / "config"), "AWS_ENDPOINT_URL_STS": standin.endpoint}

    def write(self, name, text, mode=0o600):
        path = self.directory / name
        path.write_text(text)
        path.chmod(mode)
        return str(path)

    def doctor(self, *arguments, **changes):
        """The credentials' rows by name, and the verdict of the first; nothing secret is ever said."""
        env = {name: value for name, value in {**self.variables, **changes}.items() if value is not None}
        began = time.monotonic()
        done = subprocess.run([os.environ.get("HEADGATE") or os.path.join(TOP, "build", "headgate"), "doctor", "--json", "-v", *arguments],
                              env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        self.seconds = time.monotonic() - began
        assert done.returncode in (0, 3), done.stderr
        for secret, token, _ in self.standin.keys.rows.values():
            assert secret not in done.stdout + done.stderr and (not token or token not in done.stdout + done.stderr)
        assert SECRET not in done.stdout + done.stderr
        rows = [row for row in json.loads(done.stdout)["checks"] if row["about"] == "credentials"]
        return {row["check"]: row for row in rows}

    def found(self, *arguments, **changes):
        rows = self.doctor(*arguments, **changes)
        assert rows["found"]["verdict"] == "ok", rows
        return rows

    def fails(self, *words, arguments=(), **changes):
        row = self.doctor(*arguments, **changes)["found"]
        assert row["verdict"] == "fail", row
        for word in words:
            assert word in row["text"], row["text"]
        assert self.seconds < 10
        return row["text"]


@pytest.fixture(scope="module")
def standin():
    with AwsStandin() as running:
        running.keys.add("AKIABASEKEYSBASE", SECRET)
        running.roles = {ROLE: {"tail": "ROLE", "ExternalId": None}, OTHER: {"tail": "OTHR", "ExternalId": "ext id/1"}}
        yield running


@pytest.fixture
def place(tmp_path, standin):
    standin.refuse, standin.hang, standin.clock_offset, standin.life = None, 0, 0, 3600
    standin.requests.clear()
    return Place(tmp_path, standin)


BASE = f"[profile base]\naws_access_key_id = AKIABASEKEYSBASE\naws_secret_access_key = {SECRET}\n"


# --- sources -------------------------------------------------------------------------------------------------------------

def test_role_by_source_profile(place):
    place.write("config", BASE + f"[profile lake]\nrole_arn = {ROLE}\nsource_profile = base\nrole_session_name = night\n"
                                 "duration_seconds = 1800\n")
    rows = place.found("--profile", "lake")
    assert ROLE in rows["found"]["text"] and "profile base" in rows["found"]["text"] and rows["found"]["text"].endswith("...ROLE")
    assert rows["until"]["verdict"] == "ok" and "in 59m" in rows["until"]["text"]
    assert "arn:aws:sts::123456789012:who/ROLE" in rows["who"]["text"]
    action, by, form = place.standin.requests[0]
    assert (action, by) == ("AssumeRole", "AKIABASEKEYSBASE")
    assert (form["RoleSessionName"], form["DurationSeconds"]) == ("night", "1800")


def test_chained_roles_and_external_id(place):
    place.write("config", BASE + f"[profile first]\nrole_arn = {ROLE}\nsource_profile = base\n"
                                 f"[profile second]\nrole_arn = {OTHER}\nsource_profile = first\nexternal_id = ext id/1\n")
    assert place.found("--profile", "second")["found"]["text"].endswith("...OTHR")
    assert [by[-4:] for action, by, _ in place.standin.requests if action == "AssumeRole"] == ["BASE", "ROLE"]


def test_role_by_credential_source(place):
    place.write("config", f"[profile env]\nrole_arn = {ROLE}\ncredential_source = Environment\n")
    rows = place.found("--profile", "env", AWS_ACCESS_KEY_ID="AKIABASEKEYSBASE", AWS_SECRET_ACCESS_KEY=SECRET)
    assert "by environment" in rows["found"]["text"]


def test_web_identity(place):
    token = place.write("token", place.standin.web_token + "\n")
    rows = place.found(AWS_WEB_IDENTITY_TOKEN_FILE=token, AWS_ROLE_ARN=ROLE, AWS_ROLE_SESSION_NAME="pod")
    assert "web identity" in rows["found"]["text"] and place.standin.requests[0][2]["RoleSessionName"] == "pod"
    place.write("config", f"[profile pod]\nrole_arn = {ROLE}\nweb_identity_token_file = {token}\n")
    assert "web identity" in place.found("--profile", "pod")["found"]["text"]
    place.write("token", "another token")
    place.fails("InvalidIdentityToken", "identity provider", arguments=("--profile", "pod"))


def test_container(place):
    token = place.write("token", place.standin.container_token)
    changes = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": place.standin.endpoint + "/container/x",
               "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": token}
    assert place.found(**changes)["found"]["text"].endswith("...CONT")
    place.write("token", "another")
    place.fails("401", "wrong authorization token", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", **changes)
    place.fails("cannot reach", "look at AWS_CONTAINER_CREDENTIALS_FULL_URI",
                AWS_CONTAINER_CREDENTIALS_FULL_URI=f"http://127.0.0.1:{dead_port()}/x")


def test_instance_metadata(place):
    changes = {"AWS_EC2_METADATA_DISABLED": None, "AWS_EC2_METADATA_SERVICE_ENDPOINT": place.standin.endpoint}
    rows = place.found(**changes)
    assert "role bastion" in rows["found"]["text"] and rows["found"]["text"].endswith("...IMDS")
    assert [what for what, _, _ in place.standin.requests][:2] == [
        "PUT /latest/api/token", "GET /latest/meta-data/iam/security-credentials/"]
    place.standin.instance_role = None
    try:
        place.fails("no AWS credentials", "this instance has no role", **changes)
    finally:
        place.standin.instance_role = "bastion"
    place.fails("does not answer", "hop limit",
                **{**changes, "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://127.0.0.1:{dead_port()}"})
    place.standin.hang = 3
    place.fails("does not answer", **changes)


def test_process(place):
    script = place.write("log in", "#!/bin/sh\nprintf '{\"Version\": 1, \"AccessKeyId\": \"AKIAPROCPROC\", "
                                   f"\"SecretAccessKey\": \"{SECRET}\"}}'\n", mode=0o700)
    place.write("config", f"[profile run]\ncredential_process = \"{script}\" --now\n")
    rows = place.found("--profile", "run")
    assert rows["found"]["text"].endswith("...PROC") and "do not end" in rows["until"]["text"]


# --- the order -----------------------------------------------------------------------------------------------------------

def sources(place):
    """Name -> what configures it: variables, lines of profile "default" in the config file, keys in the credentials file."""
    token = place.write("token", place.standin.web_token)
    script = place.write("process", "#!/bin/sh\nprintf '{\"Version\": 1, \"AccessKeyId\": \"AKIAPROCPROC\", "
                                    f"\"SecretAccessKey\": \"{SECRET}\"}}'\n", mode=0o700)
    return {
        "environment": ({"AWS_ACCESS_KEY_ID": "AKIAENVIRENV", "AWS_SECRET_ACCESS_KEY": SECRET}, "", ""),
        "role": ({}, f"role_arn = {ROLE}\nsource_profile = base\n", ""),
        "web": ({"AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_ROLE_ARN": OTHER.replace("other", "web")}, "", ""),
        "credentials file": ({}, "", f"[default]\naws_access_key_id = AKIASHAREDSHA\naws_secret_access_key = {SECRET}\n"),
        "process": ({}, f"credential_process = {script}\n", ""),
        "config file": ({}, f"aws_access_key_id = AKIACONFIGCON\naws_secret_access_key = {SECRET}\n", ""),
        "container": ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": place.standin.endpoint + "/container",
                       "AWS_CONTAINER_AUTHORIZATION_TOKEN": place.standin.container_token}, "", ""),
        "instance": ({"AWS_EC2_METADATA_DISABLED": None, "AWS_EC2_METADATA_SERVICE_ENDPOINT": place.standin.endpoint}, "", ""),
    }


def botocores(variables, profile, monkeypatch):
    """The last four letters of the key id that botocore finds; None for nothing."""
    with monkeypatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("AWS_"):
                patch.delenv(name)
        for name, value in variables.items():
            if name.startswith("AWS_"):
                patch.setenv(name, value)
        found = botocore.session.Session(profile=profile).get_credentials()
        return found.get_frozen_credentials().access_key[-4:] if found else None


@pytest.mark.parametrize("profile", [None, "default"])
def test_the_order_is_botocores(place, monkeypatch, profile):
    """Nothing, each source alone, each two together, and all: headgate and botocore choose the same."""
    place.standin.roles[OTHER.replace("other", "web")] = {"tail": "WEBI", "ExternalId": None}
    every = sources(place)
    # Several of them in one profile are a matter of a shared section; role and web identity exclude each other there.
    sets = [(), tuple(every), *((name,) for name in every), *itertools.combinations(every, 2)]
    for chosen in sets:
        variables = dict(place.variables)
        config, shared = "", ""
        for name in chosen:
            more, lines, keys = every[name]
            variables.update(more)
            config += lines
            shared += keys
        place.write("config", f"[default]\nregion = us-east-1\n{config}" + BASE)
        place.write("credentials", shared)
        variables = {name: value for name, value in variables.items() if value is not None}
        expected = botocores(variables, profile, monkeypatch)
        options = ["--profile", profile] if profile else []
        row = place.doctor(*options, **{**{name: None for name in place.variables if name not in variables}, **variables})["found"]
        if expected is None:
            assert row["verdict"] == "fail" and "no AWS credentials" in row["text"], (chosen, row)
        else:
            assert row["text"].endswith("..." + expected), (chosen, expected, row)


# --- what goes wrong -----------------------------------------------------------------------------------------------------

def dead_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def lake(place, **more):
    lines = "".join(f"{name} = {value}\n" for name, value in {"role_arn": ROLE, "source_profile": "base", **more}.items())
    return f"[profile lake]\n{lines}"


def test_wrong_secret(place):
    place.write("config", BASE.replace(SECRET, "wrong" + SECRET) + lake(place))
    place.fails("SignatureDoesNotMatch", "secret does not belong", "profile base", "...BASE", arguments=("--profile", "lake"))


def test_unknown_key(place):
    place.write("config", BASE.replace("AKIABASEKEYSBASE", "AKIANOBODYNOBODY") + lake(place))
    place.fails("InvalidClientTokenId", "unknown, deactivated", "...BODY", arguments=("--profile", "lake"))


def test_expired_token_of_the_source(place):
    place.standin.keys.add("ASIAEXPIREDXEXPI", SECRET, "token-of-the-past", time.time() - 60)
    place.write("config", BASE.replace("AKIABASEKEYSBASE", "ASIAEXPIREDXEXPI") + "aws_session_token = token-of-the-past\n" + lake(place))
    place.fails("ExpiredToken", "log in again", arguments=("--profile", "lake"))


def test_role_that_may_not_be_assumed(place):
    place.write("config", BASE + lake(place, external_id="not asked for"))
    place.fails("AccessDenied", "sts:AssumeRole", "trust policy", "external_id", arguments=("--profile", "lake"))


def test_sts_is_down_hangs_or_is_something_else(place):
    place.write("config", BASE + lake(place))
    place.fails("cannot reach STS at http://127.0.0.1", "AWS_ENDPOINT_URL_STS", arguments=("--profile", "lake"),
                AWS_ENDPOINT_URL_STS=f"http://127.0.0.1:{dead_port()}")
    place.standin.refuse = (404, "")
    place.fails("not as STS does", "AWS_ENDPOINT_URL_STS", arguments=("--profile", "lake"))
    place.standin.refuse, place.standin.hang = None, 20
    place.fails("did not answer within", "look at the network", arguments=("--profile", "lake"))


def test_files_and_processes_that_are_wrong(place):
    path = place.write("credentials", f"[default]\naws_access_key_id = AKIA\naws_secret_access_key = {SECRET}\n", mode=0o644)
    place.fails("chmod 600 " + path)
    place.write("credentials", "")
    place.write("config", f"[default]\ncredential_process = /bin/echo {SECRET}\n")
    place.fails("is no JSON object", "/bin/echo")
    place.write("config", f"[default]\ncredential_process = /bin/sh -c 'echo {SECRET}; echo please log in >&2; exit 7'\n")
    place.fails("exit code 7", "please log in")
    place.write("config", "[default]\ncredential_process = /bin/sh -c 'sleep 60'\n")
    place.fails("was killed")
    place.write("config", "[profile a]\nrole_arn = x\nsource_profile = b\n[profile b]\nrole_arn = x\nsource_profile = a\n")
    place.fails("in a circle", arguments=("--profile", "a"))


def test_a_clock_that_is_off_by_twenty_minutes(place):
    """The signature is made again with STS's time; how far the clock is off is said, with what to do."""
    place.write("config", BASE + lake(place))
    place.standin.clock_offset = 20 * 60
    env = {**place.variables}
    done = subprocess.run([os.environ.get("HEADGATE") or os.path.join(TOP, "build", "headgate"), "doctor", "-v", "--profile", "lake"],
                          env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)
    assert re.search(r"-(1199|1200|1201) s off", done.stderr) and "set the clock" in done.stderr, done.stderr
    assert "...ROLE" in done.stdout, done.stdout


def every_service(place):
    """Source -> arguments and variables with which it is asked."""
    endpoint = place.standin.endpoint
    place.write("config", BASE + lake(place))
    return {
        "role": (("--profile", "lake"), {}),
        "container": ((), {"AWS_CONTAINER_CREDENTIALS_FULL_URI": endpoint + "/container/x", "AWS_CONTAINER_AUTHORIZATION_TOKEN": SECRET}),
        "instance": ((), {"AWS_EC2_METADATA_DISABLED": None, "AWS_EC2_METADATA_SERVICE_ENDPOINT": endpoint}),
    }


def kafka_connect(place, url):
    """connect against something that is not Kafka Connect; refused, with what to check."""
    began = time.monotonic()
    done = subprocess.run([os.environ.get("HEADGATE") or os.path.join(TOP, "build", "headgate"), "connect", "-X",
                           f"headgate.connect={url}", "-X", "headgate.connect.user=me", "-X", f"headgate.connect.password={SECRET}"],
                          env=place.variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and time.monotonic() - began < 10 and SECRET not in done.stderr
    return done.stderr


def test_answers_of_a_gigabyte(place):
    """What is longer than it can be is not read to its end, by nobody: neither time nor memory is spent on it."""
    place.standin.flood = True
    try:
        for source, (arguments, variables) in every_service(place).items():
            place.standin.sent = 0
            text = place.fails(arguments=arguments, **variables)
            assert place.standin.sent < 16 << 20, (source, place.standin.sent)
            assert "more than 64 KiB" in text or source == "instance", text
        place.standin.sent = 0
        assert "longer than any it should be" in kafka_connect(place, place.standin.endpoint)
        assert place.standin.sent < 64 << 20
    finally:
        place.standin.flood = False
    for where, stream in (("", "more than 64 KiB"), (" >&2; exit 1", "exit code 1")):
        place.write("config", f"[default]\ncredential_process = /bin/sh -c 'head -c 1000000000 /dev/zero{where}'\n")
        place.fails(stream)


def test_nobody_is_sent_elsewhere(place):
    """A redirect is an answer like another; a secret in the request would otherwise go wherever somebody likes."""
    with AwsStandin() as trap:
        place.standin.elsewhere = trap.endpoint
        try:
            for arguments, variables in every_service(place).values():
                place.fails(arguments=arguments, **variables)
            assert "sends elsewhere (HTTP 307)" in kafka_connect(place, place.standin.endpoint)
        finally:
            place.standin.elsewhere = None
        assert trap.requests == []


def test_a_child_sees_no_secrets(place):
    """What everybody of the same user could read below /proc while the program runs."""
    seen = place.directory / "seen"
    place.write("config", f"[default]\ncredential_process = /bin/sh -c 'cat /proc/$$/environ /proc/$$/cmdline >{seen}; ls -l /proc/$$/fd "
                          f">>{seen}; exit 1'\n")
    place.fails("exit code 1", arguments=("--profile", "default"), AWS_ACCESS_KEY_ID="AKIABASEKEYSBASE",
                AWS_SECRET_ACCESS_KEY=SECRET, AWS_SESSION_TOKEN=SECRET + "token", AWS_CONTAINER_AUTHORIZATION_TOKEN=SECRET)
    text = seen.read_text()
    assert "HOME=" in text and SECRET not in text, text
    assert "socket:" not in text, text


# --- a delivery longer than its credentials ------------------------------------------------------------------------------

@pytest.fixture(name="wanted", scope="module")
def fixture_wanted(sandbox):
    sandbox.s3.create_bucket("renewed")
    sandbox.broker.create_topic("renewed", 2)
    scenario.clickstream(sandbox, "renewed", 30000, partition_by="sequence")
    return range(30000)


def role_environment(place):
    """What deliver needs to come by the role alone."""
    place.write("config", BASE + lake(place))
    names = ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_ENDPOINT_URL_STS", "AWS_DEFAULT_REGION", "HOME")
    return {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_PROFILE": "lake", "AWS_REGION": None,
            **{name: place.variables[name] for name in names}}


def test_delivery_outlives_its_credentials(headgate, sandbox, wanted, place):
    """Credentials of 6 s, a delivery of three lives and more: they are renewed before they end, nothing is refused."""
    place.standin.life = 6
    with S3Gate(sandbox.s3, place.standin.keys, delay=1.5) as gate:
        stream = Stream(headgate, "outlives", "renewed", "renewed", "--size", "1", "--compression", "none", endpoint=gate.endpoint)
        done = stream.run("-v", **role_environment(place))
        assert len(gate.used) >= 3, gate.used
        assert all(key_id.endswith("ROLE") for key_id in gate.used)
        assert not gate.refused, "renewed before the end"
    assert "renewed: profile lake, role" in done.err
    for secret, token, _ in place.standin.keys.rows.values():
        assert secret not in done.out + done.err and (not token or token not in done.out + done.err)
    oracle.assert_exactly_once(sandbox, "renewed", stream.prefix, wanted)


def renewable(place, directory):
    """Source -> how deliver is told of it, and what its log calls it; each hands out what the stand-in issues, for `life` s."""
    standin = place.standin
    token = place.write("pod-token", standin.container_token)
    web = place.write("web-token", standin.web_token)
    script = place.write("log in", f"""#!{sys.executable}
import json, urllib.request
request = urllib.request.Request("{standin.endpoint}/container/process")
request.add_header("Authorization", open("{token}").read().strip())
print(json.dumps({{"Version": 1, **json.load(urllib.request.urlopen(request))}}))
""", mode=0o700)
    config = directory / "renewable"
    place.write(config.name, BASE + lake(place) + f"[profile run]\ncredential_process = \"{script}\"\n")
    common = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_REGION": None, "AWS_DEFAULT_REGION": "us-east-1",
              "AWS_SHARED_CREDENTIALS_FILE": str(directory / "none"), "AWS_CONFIG_FILE": str(directory / "none"),
              "AWS_ENDPOINT_URL_STS": standin.endpoint, "HOME": str(directory)}
    return {
        "role": ({**common, "AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "lake"}, f"profile lake, role {ROLE}"),
        "process": ({**common, "AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "run"}, "profile run, credential_process"),
        "web": ({**common, "AWS_WEB_IDENTITY_TOKEN_FILE": web, "AWS_ROLE_ARN": ROLE}, f"the environment, role {ROLE} by web identity"),
        "container": ({**common, "AWS_CONTAINER_CREDENTIALS_FULL_URI": standin.endpoint + "/container/x",
                       "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": token}, "container at " + standin.endpoint),
        "instance": ({**common, "AWS_EC2_METADATA_DISABLED": None, "AWS_EC2_METADATA_SERVICE_ENDPOINT": standin.endpoint},
                     "instance metadata, role bastion"),
    }


def test_every_source_is_asked_again_while_a_delivery_runs(headgate, sandbox, wanted, place, tmp_path):
    """All that hand out credentials with an end, each with a delivery of its own over three of them, at once. On the way the
    pod's token is exchanged, as its platform does."""
    place.standin.life = 6
    sources = renewable(place, tmp_path)

    def deliver(source):
        variables, called = sources[source]
        with S3Gate(sandbox.s3, place.standin.keys, delay=1.5) as gate:
            stream = Stream(headgate, f"renew-{source}", "renewed", "renewed", "--size", "1", "--compression", "none",
                            endpoint=gate.endpoint)
            process = stream.start("-v", **variables)
            wait_for(lambda: gate.used or process.poll() is not None, what="the first request")
            if source == "container":
                place.standin.container_token = "container-token-the-second"
                place.write("pod-token", place.standin.container_token)
            _, err = stream.finish(process)
            assert len(gate.used) >= 3 and not gate.refused, (source, gate.used, gate.refused, err)
        assert f"renewed: {called}" in err, (source, err)
        for secret, token, _ in list(place.standin.keys.rows.values()):
            assert secret not in err and (not token or token not in err)
        oracle.assert_exactly_once(sandbox, "renewed", stream.prefix, wanted)

    with concurrent.futures.ThreadPoolExecutor(len(sources)) as pool:
        for done in [pool.submit(deliver, source) for source in sources]:
            done.result()


def test_a_file_that_is_exchanged_on_the_way(headgate, sandbox, wanted, place):
    """Keys in a file have no end that anybody tells: when they are refused the file is read again."""
    for name in ("AKIAFILEOLDFILEO", "AKIAFILENEWFILEN"):
        place.standin.keys.add(name, SECRET + name)

    def write(name):
        place.write("credentials.new", f"[default]\naws_access_key_id = {name}\naws_secret_access_key = {SECRET + name}\n")
        os.rename(place.directory / "credentials.new", place.directory / "credentials")

    def exchange(handler, _):
        if handler.command == "PUT" and "/_headgate/" not in handler.path and not place.standin.keys.revoked & set(gate.used):
            write("AKIAFILENEWFILEN")
            place.standin.keys.revoked.add("AKIAFILEOLDFILEO")

    write("AKIAFILEOLDFILEO")
    with S3Gate(sandbox.s3, place.standin.keys) as gate:
        stream = Stream(headgate, "exchanged", "renewed", "renewed", "--size", "1", "--compression", "none", endpoint=gate.endpoint)
        gate.before = exchange
        stream.run("-v", **{**role_environment(place), "AWS_PROFILE": None, "AWS_CONFIG_FILE": "/nonexistent/config"})
        assert gate.used == ["AKIAFILEOLDFILEO", "AKIAFILENEWFILEN"] and gate.refused
    oracle.assert_exactly_once(sandbox, "renewed", stream.prefix, wanted)


def test_credentials_refused_on_the_way_are_fetched_again(headgate, sandbox, wanted, place):
    """Valid by the clock, revoked at the store: one refusal, new ones, and on it goes without a park."""
    with S3Gate(sandbox.s3, place.standin.keys) as gate:
        stream = Stream(headgate, "revoked", "renewed", "renewed", "--size", "1", "--compression", "none", endpoint=gate.endpoint)
        gate.before = lambda handler, key_id: (
            place.standin.keys.revoked.add(gate.used[0])
            if handler.command == "PUT" and "/_headgate/" not in handler.path and len(gate.used) == 1 else None)
        stream.run("-v", **role_environment(place))
        assert len(gate.used) == 2 and gate.refused and {code for _, code in gate.refused} == {"InvalidToken"}
    oracle.assert_exactly_once(sandbox, "renewed", stream.prefix, wanted)


@pytest.mark.parametrize("right", ["s3:ListBucket", "s3:GetObject", "s3:PutObject"])
def test_each_missing_right_on_the_bucket_is_named(headgate, sandbox, wanted, place, right):
    """deliver before it launches, audit, doctor: which right is missing, on what, for whom; and nothing was launched."""
    with S3Gate(sandbox.s3, place.standin.keys) as gate:
        whole = Stream(headgate, f"rights-{right[3:].lower()}", "renewed", "renewed", "--compression", "none", endpoint=gate.endpoint)
        whole.run(**role_environment(place))
        gate.denied = right
        fresh = Stream(headgate, f"denied-{right[3:].lower()}", "renewed", "renewed", "--compression", "none", endpoint=gate.endpoint)
        at = ("--bucket", "renewed", "--prefix", fresh.prefix, "--endpoint-url", gate.endpoint)
        commands = {
            "deliver": lambda: fresh.run(accept=(1,), **role_environment(place)),
            "doctor": lambda: headgate.run("doctor", *at, accept=(3,), **role_environment(place)),
            "audit": lambda: headgate.run("audit", *whole.place(), endpoint=gate.endpoint, accept=(1,), **role_environment(place)),
        }
        if right == "s3:PutObject":
            del commands["audit"]  # writes nothing
        for name, command in commands.items():
            began = time.monotonic()
            done = command()
            said = re.sub(r"\s+", " ", done.out + done.err)
            assert time.monotonic() - began < 10, (name, said)
            assert right in said and "s3://renewed/" in said and "...ROLE" in said and f"role {ROLE}" in said, (name, said)
        gate.denied = None
        assert not fresh.has_plan() and not fresh.objects()


@pytest.mark.parametrize("minutes", [-20, 20])
def test_a_delivery_with_a_clock_that_is_off(headgate, sandbox, wanted, place, minutes):
    """The store refuses one request, says its time, and is answered by that time from then on; how far the clock is off is said
    with what to do, by doctor in a row of its own. The keys' folders come from the records, not from any clock."""
    with S3Gate(sandbox.s3, place.standin.keys) as gate:
        gate.clock_offset = minutes * 60
        stream = Stream(headgate, f"clock{minutes}", "renewed", "renewed", "--compression", "none", endpoint=gate.endpoint)
        done = stream.run(**role_environment(place))
        said = re.sub(r"\s+", " ", done.err)
        where = "behind" if minutes > 0 else "ahead of"
        assert re.search(rf"clock (19m59s|20m00s|20m01s) {where} the store's: set it \(timedatectl set-ntp true\)", said), said
        assert {code for _, code in gate.refused} == {"RequestTimeTooSkewed"}
        done = headgate.run("doctor", "--bucket", "renewed", "--prefix", stream.prefix, "--endpoint-url", gate.endpoint, "--json",
                            **role_environment(place))
        row, = [row for row in json.loads(done.out)["checks"] if row["check"] == "clock"]
        assert row["verdict"] == "warn" and "chronyc" in row["text"] and re.search(r"is (1199|1200|1201) s", row["text"]), row
    oracle.assert_exactly_once(sandbox, "renewed", stream.prefix, wanted)


def test_source_that_is_away_while_the_old_ones_are_valid(headgate, sandbox, wanted, place):
    """STS is down when it is time to renew, and comes back before the end: nobody but the log notices."""
    place.standin.life = 12
    with S3Gate(sandbox.s3, place.standin.keys, delay=1.5) as gate:
        stream = Stream(headgate, "away", "renewed", "renewed", "--size", "1", "--compression", "none", endpoint=gate.endpoint)
        environment = role_environment(place)
        process = stream.start("-v", **environment)
        wait_for(lambda: gate.used, what="the first request")
        place.standin.refuse = (503, "ServiceUnavailable")
        before = place.standin.turned_away
        wait_for(lambda: place.standin.turned_away > before + 1, what="a renewal that fails")
        place.standin.refuse = None
        _, err = stream.finish(process)
        assert len(gate.used) >= 2 and not gate.refused
    assert "credentials cannot be renewed, the old ones serve" in err
    oracle.assert_exactly_once(sandbox, "renewed", stream.prefix, wanted)


def test_doctor_with_everything(headgate, sandbox, wanted):
    """Against the sandbox all is well; a wrong bucket and a dead broker are rows with a remedy, and exit code 3."""
    def doctor(*more, **options):
        options.setdefault("brokers", True)
        return headgate.run("doctor", "--json", "--endpoint-url", sandbox.s3.endpoint, *more, **options)

    report = json.loads(doctor("--bucket", "renewed", "--prefix", "doctor/", "--topic", "renewed").out)
    rows = {(row["about"], row["check"]): row for row in report["checks"]}
    for name in (("credentials", "found"), ("store", "read"), ("store", "write"), ("store", "store"), ("store", "clock"),
                 ("kafka", "cluster"), ("kafka", "topic")):
        assert rows[name]["verdict"] == "ok", rows[name]
    assert any(about == "kafka" and check.startswith("broker ") for about, check in rows)
    assert list(sandbox.s3.list("renewed", "doctor/")) == [], "the probe's objects are gone"
    report = json.loads(doctor("--bucket", "nowhere", "--connect", f"http://127.0.0.1:{dead_port()}", accept=(3,)).out)
    rows = {(row["about"], row["check"]): row for row in report["checks"]}
    assert rows["store", "read"]["verdict"] == "fail" and "nowhere" in rows["store", "read"]["text"]
    assert rows["connect", "worker"]["verdict"] == "fail" and rows["kafka", "cluster"]["verdict"] == "ok"
    report = json.loads(doctor("--bucket", "renewed", accept=(3,), AWS_SECRET_ACCESS_KEY=None).out)
    rows = {(row["about"], row["check"]): row for row in report["checks"]}
    assert (rows["credentials", "found"]["verdict"], rows["store", "bucket"]["verdict"]) == ("fail", "note"), rows
    assert "AWS_SECRET_ACCESS_KEY" not in rows["store", "bucket"]["text"], "what is wrong is said once"
    done = headgate.run("doctor", "-b", f"127.0.0.1:{dead_port()}", brokers=False, accept=(3,))
    assert "check the brokers' addresses" in " ".join(done.out.split()) and "FAIL" in done.out
