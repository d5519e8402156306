"""HTTPS with a private CA, shared credentials files and tokens: the ways into a store, and what is said when one is shut."""

import os

import pexpect
import pytest
from fault_proxy import FaultProxy
from sandbox_lib import scenario
from streams import Stream

SECRET_TOKEN = "FwoGZXIvYXdzEKnotATokenButLongEnoughToBeOneXXXX"


@pytest.fixture(name="wanted", scope="module")
def fixture_wanted(sandbox):
    sandbox.s3.create_bucket("access")
    sandbox.broker.create_topic("access", 2)
    scenario.clickstream(sandbox, "access", 4000, partition_by="sequence")
    return range(4000)


@pytest.fixture(name="tls")
def fixture_tls(sandbox, wanted):
    sandbox.s3.stop()
    sandbox.s3.start(tls=True)
    yield sandbox.s3.facts["ca_file"]
    sandbox.s3.stop()
    sandbox.s3.start(tls=False)


def test_https_with_a_private_ca(headgate, sandbox, tls):
    stream = Stream(headgate, "https", "access", "access")
    assert sandbox.s3.endpoint.startswith("https://")
    stream.run("--ca-bundle", tls, AWS_CA_BUNDLE=None)
    assert stream.audit(AWS_CA_BUNDLE=tls)["verdict"] == "pass"


def test_https_with_an_unknown_ca_is_never_weakened(headgate, sandbox, tls):
    stream = Stream(headgate, "https-unknown", "access", "access")
    done = stream.run(accept=(1,), AWS_CA_BUNDLE=None)
    assert "certificate" in done.err and "--ca-bundle" in done.err
    done = stream.run(accept=(2,), AWS_CA_BUNDLE="/nonexistent/ca.pem")
    assert "/nonexistent/ca.pem" in done.err
    assert not stream.has_plan()


def profile_environment(path, **more):
    return {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_SHARED_CREDENTIALS_FILE": str(path),
            "AWS_CONFIG_FILE": "/nonexistent/config", **more}


def write_private(path, text):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text)


def test_profile_of_a_shared_credentials_file(headgate, sandbox, wanted, tmp_path):
    path = tmp_path / "credentials"
    write_private(path, "[default]\naws_access_key_id = WRONG\naws_secret_access_key = wrong\n\n"
                        f"[lake]\naws_access_key_id = {sandbox.s3.access_key}\n"
                        f"aws_secret_access_key = {sandbox.s3.secret_key}\n")
    stream = Stream(headgate, "profile", "access", "access")
    done = stream.run("--profile", "lake", **profile_environment(path))
    assert sandbox.s3.secret_key not in done.out + done.err
    assert stream.audit(**profile_environment(path, AWS_PROFILE="lake"))["verdict"] == "pass"
    done = headgate.run("audit", *stream.place(), "--profile", "nobody", accept=(1, 2), **profile_environment(path))
    assert "nobody" in done.err
    done = headgate.run("audit", *stream.place(), accept=(1,), **profile_environment(path))
    assert "WRONG"[-4:] in done.err or "default" in done.err, "which credentials were refused is said"
    stream.assert_whole(wanted)


def test_credentials_file_that_others_can_read_is_refused(headgate, sandbox, wanted, tmp_path):
    path = tmp_path / "credentials"
    write_private(path, f"[lake]\naws_access_key_id = {sandbox.s3.access_key}\naws_secret_access_key = {sandbox.s3.secret_key}\n")
    os.chmod(path, 0o644)
    stream = Stream(headgate, "readable", "access", "access")
    done = stream.run("--profile", "lake", accept=(1, 2), **profile_environment(path))
    assert "chmod" in done.err and str(path) in done.err.replace("\n", "")


def test_session_token_is_sent_and_never_shown(headgate, sandbox, wanted):
    seen = []
    with FaultProxy(sandbox.s3.endpoint) as proxy:
        proxy.saw_head = seen.append
        stream = Stream(headgate, "token", "access", "access", endpoint=proxy.endpoint)
        proxy.refuse(400, "ExpiredToken", "The provided token has expired.", count=50, everything=True)
        done = stream.run("-v", accept=(1,), AWS_SESSION_TOKEN=SECRET_TOKEN)
    assert any(b"x-amz-security-token: " + SECRET_TOKEN.encode() in head for head in seen)
    assert all(b"x-amz-security-token" in head.partition(b"SignedHeaders=")[2].partition(b",")[0] for head in seen)
    assert "ExpiredToken" in done.err and "token" in done.err and "access" in done.err
    assert SECRET_TOKEN not in done.out + done.err and sandbox.s3.secret_key not in done.out + done.err
    assert not stream.has_plan()


def test_token_that_expires_on_the_way_loses_nothing(headgate, sandbox, wanted):
    """Nobody can renew these credentials but a person: the partition parks, the run ends with bad news, and the same command
    goes on where it stood."""
    with FaultProxy(sandbox.s3.endpoint) as proxy:
        stream = Stream(headgate, "expiring", "access", "access", endpoint=proxy.endpoint)
        proxy.refuse(400, "ExpiredToken", "The provided token has expired.", count=2, method="PUT")
        done = stream.run(accept=(3,))
        assert "ExpiredToken" in done.err and "renew the credentials" in done.err
        assert "parked" in [row["state"] for row in done.report["partitions"]]
        stream.run()
    stream.assert_whole(wanted)


def spawn(stream, *more):
    """deliver on a terminal, as a person starts it."""
    arguments = [argument for argument in stream.command(*more) if argument not in ("--yes", "--json")]
    command = stream.headgate.command("deliver", *arguments, endpoint=stream.endpoint)
    return pexpect.spawn(command[0], command[1:], env=stream.headgate.environment(TERM="xterm-256color"), timeout=20,
                         encoding="utf-8", dimensions=(30, 100))


def test_a_person_confirms_by_name_and_drains_with_control_c(headgate, sandbox, wanted):
    with FaultProxy(sandbox.s3.endpoint, bytes_per_second=1 << 19) as proxy:
        stream = Stream(headgate, "person", "access", "access", endpoint=proxy.endpoint, until=None)
        terminal = spawn(stream)
        terminal.expect("earliest")
        terminal.expect("person")
        assert not stream.has_plan(), "nothing is written before it is confirmed"
        terminal.sendline("person")
        while proxy.begun == 0:
            terminal.expect(r".+")
        terminal.sendintr()
        terminal.expect(pexpect.EOF, timeout=40)
        terminal.close()
        assert terminal.exitstatus == 0, terminal.before
        assert stream.committed() == {partition: ranges[-1][1] for partition, ranges in stream.chain().items()}
    stream.sandbox.broker.group(stream.group)
    assert stream.state() == "Empty"


def test_a_person_who_types_another_name_launches_nothing(headgate, sandbox, wanted):
    stream = Stream(headgate, "unconfirmed", "access", "access")
    terminal = spawn(stream)
    terminal.expect("unconfirmed")
    terminal.sendline("something else")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 1, terminal.before
    assert not stream.has_plan()


def test_without_a_terminal_it_wants_yes(headgate, wanted):
    stream = Stream(headgate, "no-yes", "access", "access")
    done = headgate.run("deliver", *[word for word in stream.command() if word != "--yes"], accept=(1, 2))
    assert "--yes" in done.err
    assert not stream.has_plan()
