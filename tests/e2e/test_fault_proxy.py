"""The proxy that the fault tests stand on does what it says, told by the sandbox's own S3 client."""

import http.client
import threading
import time

import pytest
from fault_proxy import FaultProxy
from program import wait_for
from sandbox_lib.s3_wire import S3Client, S3Error

BUCKET = "proxy"


@pytest.fixture(name="through")
def fixture_through(sandbox):
    """A client of S3 through a proxy, and the proxy."""
    sandbox.s3.create_bucket(BUCKET)
    with FaultProxy(sandbox.s3.endpoint) as proxy:
        yield S3Client(proxy.endpoint, sandbox.s3.access_key, sandbox.s3.secret_key), proxy


def test_passes_everything_on_and_counts(sandbox, through):
    client, proxy = through
    client.request("PUT", BUCKET, "plain/a", body=b"a" * 100000)
    client.request("PUT", BUCKET, "plain/_headgate/b", body=b"b")
    assert client.get(BUCKET, "plain/a") == b"a" * 100000
    assert len(client.list(BUCKET, "plain/")) == 2
    with pytest.raises(S3Error, match="404"):
        client.get(BUCKET, "plain/missing")
    assert (proxy.count("PUT"), proxy.count("PUT", 200), proxy.count("GET", 404)) == (1, 1, 1)


def test_a_swallowed_answer_leaves_the_object(sandbox, through):
    client, proxy = through
    proxy.swallow("PUT")
    with pytest.raises((OSError, http.client.HTTPException)):
        client.request("PUT", BUCKET, "swallowed", body=b"stored all the same")
    assert sandbox.s3.get(BUCKET, "swallowed") == b"stored all the same"
    client.request("PUT", BUCKET, "answered", body=b"")
    assert proxy.swallowed == [f"/{BUCKET}/swallowed"]


def test_a_slow_body_can_be_cut_off(sandbox, through):
    """Half a body at the server is no object; without small windows the kernel would send on after the client is gone."""
    client, proxy = through
    proxy.bytes_per_second = 1000000
    thread = threading.Thread(target=lambda: pytest.raises(Exception, client.request, "PUT", BUCKET, "cut", body=b"x" * 1000000))
    thread.start()
    wait_for(lambda: proxy.under_way == 1)
    time.sleep(0.2)
    client.http.sock.shutdown(2)
    thread.join()
    wait_for(lambda: proxy.under_way == 0)
    assert not sandbox.s3.list(BUCKET, "cut")
    client.close()
    began = time.monotonic()
    client.request("PUT", BUCKET, "cut", body=b"x" * 500000)
    assert 0.4 < time.monotonic() - began < 5


def test_a_held_request_arrives_late(sandbox, through):
    client, proxy = through
    proxy.hold("PUT")
    thread = threading.Thread(target=lambda: pytest.raises(Exception, client.request, "PUT", BUCKET, "late", body=b"late"))
    thread.start()
    wait_for(lambda: proxy.held() == 1)
    assert not sandbox.s3.list(BUCKET, "late")
    client.http.sock.shutdown(2)
    proxy.release()
    wait_for(lambda: proxy.late)
    thread.join()
    assert proxy.late[0].status == 200
    assert sandbox.s3.get(BUCKET, "late") == b"late"


def test_refuses_in_words_of_its_own(through):
    client, proxy = through
    proxy.refuse(400, "ExpiredToken", method="PUT")
    with pytest.raises(S3Error, match="HTTP 400 ExpiredToken"):
        client.request("PUT", BUCKET, "refused", body=b"never seen")
    client.request("PUT", BUCKET, "refused", body=b"seen")
    assert proxy.refused == 1 and proxy.count("PUT") == 1
