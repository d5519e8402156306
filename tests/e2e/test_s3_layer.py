"""src/s3/ against real servers, with boto3 as the oracle: operations, refusals and their texts, TLS, a server that goes and
comes back, and the store probe on a good store and on a weak one."""

import os
import subprocess
import threading

import boto3
import pytest
from botocore.config import Config

import fault_proxy
from sandbox_lib import Sandbox

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = os.path.join(os.environ.get("HEADGATE_BUILD") or os.path.join(ROOT, "build"), "tests", "e2e", "s3_tool")


def server(**options):
    return Sandbox(options={"s3": options}, without=("broker", "connect"))


@pytest.fixture(scope="module")
def store():
    with server() as sandbox:
        sandbox.s3.create_bucket("lake")
        yield sandbox.s3


@pytest.fixture(scope="module")
def oracle(store):
    return boto3.client("s3", endpoint_url=store.endpoint, aws_access_key_id=store.access_key,
                        aws_secret_access_key=store.secret_key, region_name="us-east-1",
                        config=Config(s3={"addressing_style": "path"}))


def environment(store, **changes):
    """Nothing of the machine's own AWS settings, and what the test wants."""
    made = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    made.update(HOME="/nonexistent", AWS_EC2_METADATA_DISABLED="true", AWS_ACCESS_KEY_ID=store.access_key,
                AWS_SECRET_ACCESS_KEY=store.secret_key, AWS_ENDPOINT_URL=store.endpoint, S3_TOOL_BUCKET="lake")
    made.update(changes)
    return {name: value for name, value in made.items() if value is not None}


def run(store, *words, ok=True, **changes):
    """The tool's standard output, or with ok=False what it says on standard error."""
    done = subprocess.run([TOOL, *words], env=environment(store, **changes), capture_output=True, text=True, timeout=120,
                          check=False)
    assert done.returncode == (0 if ok else 1), done.stdout + done.stderr
    for secret in (store.secret_key, changes.get("AWS_SECRET_ACCESS_KEY")):
        assert not secret or secret not in done.stdout + done.stderr
    return done.stdout if ok else done.stderr.strip().split("\n")[-1]


KEYS = ["plain", "dt=2026-11-23/hour=10/orders+3+00000000000000000042.gz", "a b/+c~!*'()&$@=;:,?",
        "\u00e4\u00df\u20ac\u6f22\U0001f30a/x", "100%/%2F/%41", 'quote"<>&amp;']


@pytest.mark.parametrize("key", KEYS)
def test_a_key_of_any_kind(store, oracle, key):
    assert run(store, "put", key, "hello", "hg-v=1", "hg-next=77") == "stored\n"
    assert run(store, "put", key, "other") == "taken\n"
    theirs = oracle.get_object(Bucket="lake", Key=key)
    assert theirs["Body"].read() == b"hello"
    assert theirs["Metadata"] == {"hg-v": "1", "hg-next": "77"}
    assert run(store, "get", key, "100") == "hello"
    words = run(store, "head", key).removeprefix(key + " ").split()
    assert words[0] == "5" and words[1] == theirs["ETag"].strip('"')
    assert set(words[2:]) == {"hg-v=1", "hg-next=77"}
    assert run(store, "list", key).startswith(f"{key}\t5\t")
    assert run(store, "delete", key) == ""
    assert run(store, "head", key) == f"{key} missing\n"
    assert run(store, "get", key, "100") == "missing\n"


def test_a_listing_over_many_pages(store, oracle):
    keys = sorted(f"many/{number % 7}/{number:05d}" for number in range(2345))
    for key in keys:
        oracle.put_object(Bucket="lake", Key=key, Body=b"x" * (len(key) % 3))
    oracle.put_object(Bucket="lake", Key="many-not", Body=b"")
    listed = [line.split("\t")[:2] for line in run(store, "list", "many/").splitlines()]
    assert listed == [[key, str(len(key) % 3)] for key in keys]
    assert [line.split("\t")[0] for line in run(store, "list", "many/", keys[1999]).splitlines()] == keys[2000:]
    assert run(store, "list", "nothing/") == ""
    some = keys[::40] + ["many/none"]
    lines = run(store, "headmany", "8", *some).splitlines()
    assert sorted(line.split()[0] for line in lines) == sorted(some)
    assert "many/none missing" in lines


REFUSALS = [
    (("check",), {"S3_TOOL_BUCKET": "no-such-bucket"},
     ["there is no bucket no-such-bucket at http://127.0.0.1:", "404 NoSuchBucket", "check --bucket"]),
    (("put", "k", "v"), {"S3_TOOL_BUCKET": "no-such-bucket"}, ["cannot store s3://no-such-bucket/k", "404 NoSuchBucket"]),
    (("check",), {"AWS_SECRET_ACCESS_KEY": "wrong-secret"},
     ["403 SignatureDoesNotMatch", "the secret access key of environment, key ...gate is wrong"]),
    (("put", "k", "v"), {"AWS_SECRET_ACCESS_KEY": "wrong-secret"}, ["cannot store s3://lake/k", "SignatureDoesNotMatch"]),
    (("head", "k"), {"AWS_SECRET_ACCESS_KEY": "wrong-secret"}, ["cannot look at s3://lake/k", "a wrong secret"]),
    (("put", "k", "v"), {"AWS_ACCESS_KEY_ID": "somebody-else"},
     ["does not know the access key id", "check environment, key ...else"]),
    (("check",), {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, ["cannot reach http://127.0.0.1:1", "--endpoint-url"]),
    (("check",), {"AWS_ENDPOINT_URL": "http://store.invalid", "AWS_REGION": "r"}, ["usage: ", "use https://"]),
    (("check",), {"AWS_ENDPOINT_URL": "https://store.invalid"}, ["cannot reach", "resolve host", "store.invalid"]),
    (("check",), {"AWS_ENDPOINT_URL": None}, ["usage: ", "in which region is bucket lake?", "--region"]),
    (("check",), {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None},
     ["credentials: ", "no AWS credentials", "--profile"]),
    (("check",), {"AWS_SECRET_ACCESS_KEY": None}, ["credentials: ", "no AWS_SECRET_ACCESS_KEY"]),
    (("check",), {"AWS_PROFILE": "nobody", "AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None},
     ["credentials: ", "there is no profile nobody"]),
    (("check",), {"S3_TOOL_BUCKET": "Bad_Name"}, ["usage: ", "Bad_Name cannot be a bucket's name"]),
    (("check",), {"S3_TOOL_CA": "/nowhere/ca.pem"}, ["usage: ", "/nowhere/ca.pem"]),
]


@pytest.mark.parametrize("words, changes, texts", REFUSALS)
def test_a_refusal_names_the_thing_and_the_remedy(store, words, changes, texts):
    said = run(store, *words, ok=False, S3_TOOL_DEADLINE_MS="300", **changes)
    for text in texts:
        assert text in said, said
    assert "\x1b" not in said


def test_the_region_is_corrected_and_said(store):
    done = subprocess.run([TOOL, "put", "region/k", "v"], env=environment(store, AWS_REGION="eu-central-1"),
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "stored\n"
    assert "bucket lake is in region us-east-1" in done.stderr


def test_profiles(store, tmp_path):
    credentials = tmp_path / "credentials"
    credentials.write_text(f"[lake]\naws_access_key_id = {store.access_key}\naws_secret_access_key = {store.secret_key}\n")
    config = tmp_path / "config"
    config.write_text(f"[profile lake]\nregion = us-east-1\nservices = here\n"
                      f"[services here]\ns3 =\n  endpoint_url = {store.endpoint}\n")
    changes = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_ENDPOINT_URL": None, "AWS_PROFILE": "lake",
               "AWS_SHARED_CREDENTIALS_FILE": str(credentials), "AWS_CONFIG_FILE": str(config)}
    credentials.chmod(0o644)
    assert f"chmod 600 {credentials}" in run(store, "check", ok=False, **changes)
    credentials.chmod(0o600)
    assert run(store, "check", **changes) == f"{store.endpoint} as profile lake in {credentials}, key ...gate\n"


def test_the_probe_knows_a_good_store(store, oracle):
    for number in range(3):
        assert run(store, "probe", "good/", f"n{number}") == "exactly once||checksum checked|tidied\n"
    assert oracle.list_objects_v2(Bucket="lake", Prefix="good/")["KeyCount"] == 0


def test_the_probe_unmasks_a_store_whose_overlapping_puts_all_win():
    with server(version="1.7.0") as sandbox:
        sandbox.s3.create_bucket("lake")
        for number in range(3):
            said = run(sandbox.s3, "probe", "weak/", f"n{number}")
            assert said == "at least once|two overlapping conditional PUTs of one key both win|checksum checked|tidied\n"


def test_tls_with_a_private_ca():
    with server(tls=True) as sandbox:
        sandbox.s3.create_bucket("lake")
        said = run(sandbox.s3, "check", ok=False)
        assert "is not trusted" in said and "--ca-bundle" in said
        ca = sandbox.s3.facts["ca_file"]
        assert run(sandbox.s3, "check", S3_TOOL_CA=ca).startswith("https://127.0.0.1:")
        assert run(sandbox.s3, "check", AWS_CA_BUNDLE=ca).startswith("https://127.0.0.1:")
        assert run(sandbox.s3, "upload", "k", "20000000", S3_TOOL_CA=ca) == "stored retries=none\n"
        assert run(sandbox.s3, "put", "k", "v", S3_TOOL_CA=ca) == "taken\n"
        assert run(sandbox.s3, "probe", "p/", "n", S3_TOOL_CA=ca) == "exactly once||checksum checked|tidied\n"
        assert "SignatureDoesNotMatch" in run(sandbox.s3, "check", ok=False, S3_TOOL_CA=ca, AWS_SECRET_ACCESS_KEY="wrong-secret")


def test_a_foreign_object_parks_and_ours_is_adopted(store, oracle):
    oracle.put_object(Bucket="lake", Key="adopt/ours", Body=b"short", Metadata={"hg-plan": "p1"})
    assert run(store, "upload", "adopt/ours", "1000") == "adopted retries=none\n"
    oracle.put_object(Bucket="lake", Key="adopt/foreign", Body=b"short", Metadata={"hg-plan": "p2"})
    done = subprocess.run([TOOL, "upload", "adopt/foreign", "1000"], env=environment(store, S3_TOOL_DEADLINE_MS="2000"),
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stdout == "parked: this key holds an object that is not part of this plan\n"
    assert oracle.get_object(Bucket="lake", Key="adopt/foreign")["Body"].read() == b"short"


def test_the_server_goes_in_the_middle_of_an_upload_and_comes_back():
    """A slow PUT is cut by the server's death; the upload goes on until it is back, and the object is there once."""
    with server() as sandbox:
        sandbox.s3.create_bucket("lake")
        with fault_proxy.FaultProxy(sandbox.s3.endpoint, bytes_per_second=2_000_000) as proxy:
            begun = threading.Event()
            proxy.saw_head = lambda head: begun.set()
            process = subprocess.Popen([TOOL, "upload", "cut", "4000000"], stdout=subprocess.PIPE, text=True,
                                       env=environment(sandbox.s3, AWS_ENDPOINT_URL=proxy.endpoint,
                                                       S3_TOOL_DEADLINE_MS="90000"))
            try:
                assert begun.wait(30)
                sandbox.s3.kill()
                assert process.stdout.readline().startswith("trouble: cannot store s3://lake/cut: ")
                sandbox.s3.start()
                assert process.stdout.read().splitlines()[-1] == "stored retries=some"
                assert process.wait(60) == 0
            finally:
                process.kill()
                process.wait()
        assert run(sandbox.s3, "head", "cut").split()[:2] == ["cut", "4000000"]


def test_a_lost_answer_is_settled_by_a_look_that_finds_ours(store):
    with fault_proxy.FaultProxy(store.endpoint) as proxy:
        proxy.swallow("PUT")
        said = run(store, "upload", "lost", "100000", AWS_ENDPOINT_URL=proxy.endpoint, S3_TOOL_DEADLINE_MS="30000")
        assert "trouble: cannot store s3://lake/lost" in said
        assert said.splitlines()[-1] == "adopted retries=some"
        assert [(request.method, request.status) for request in proxy.requests] == [("PUT", 200), ("HEAD", 200)]


def test_a_lost_request_is_sent_again(store):
    """The look finds nothing, which settles nothing: the same PUT decides."""
    with fault_proxy.FaultProxy(store.endpoint) as proxy:
        cuts = [True]

        def cut_once(head):
            if head.startswith(b"PUT") and cuts:
                cuts.pop()
                raise OSError("cut by the test")

        proxy.saw_head = cut_once
        said = run(store, "upload", "cut-request", "100000", AWS_ENDPOINT_URL=proxy.endpoint, S3_TOOL_DEADLINE_MS="30000")
        assert said.splitlines()[-1] == "stored retries=some"
        assert [(request.method, request.status) for request in proxy.requests] == [("HEAD", 404), ("PUT", 200)]


def test_a_store_that_asks_to_slow_down(store):
    keys = [f"k{number}" for number in range(40)]
    with fault_proxy.FaultProxy(store.endpoint) as proxy:
        proxy.refuse(503, "SlowDown", count=10, everything=True)
        lines = run(store, "headmany", "16", *keys, AWS_ENDPOINT_URL=proxy.endpoint,
                    S3_TOOL_DEADLINE_MS="60000").splitlines()
        assert proxy.refused == 10
    assert sorted(lines) == sorted(f"{key} missing" for key in keys)
