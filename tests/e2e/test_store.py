"""A store that cannot keep the promise is recognised before anything is written, and what is left of the promise is kept."""

import collections
import re

import oracle
import pytest
from fault_proxy import FaultProxy
from program import kill, wait_for
from sandbox_lib import scenario
from streams import Stream


@pytest.fixture(name="wanted", scope="module")
def fixture_wanted(sandbox):
    sandbox.s3.create_bucket("stores")
    sandbox.broker.create_topic("stores", 3)
    scenario.clickstream(sandbox, "stores", 15000, partition_by="sequence")
    return range(15000)


@pytest.fixture(name="weak")
def fixture_weak(sandbox, wanted):
    """The S3 server of which overlapping conditional PUTs all win. It also answers a simple test of the condition rightly,
    so that only overlapping it on purpose shows what it is."""
    sandbox.s3.stop()
    sandbox.s3.start(version="1.7.0")
    yield
    sandbox.s3.stop()
    sandbox.s3.start(version="1.8.0")


def test_weak_store_is_refused(headgate, sandbox, weak):
    stream = Stream(headgate, "weak-refused", "stores", "stores")
    done = stream.run(accept=(1,))
    assert "--allow-weak-store" in done.err and "at least once" in done.err
    assert not stream.has_plan() and not stream.objects()
    assert sandbox.broker.group(stream.group)["state"] == "Dead", "nothing was committed"
    # The probe clears away what it wrote.
    assert not sandbox.s3.list("stores", stream.prefix)


def test_strong_store_is_exactly_once(headgate, wanted):
    stream = Stream(headgate, "strong", "stores", "stores")
    done = stream.run()
    assert "exactly once" in done.err and "at least once" not in done.err
    stream.assert_whole(wanted)


def test_weak_store_allowed_is_at_least_once_in_those_words(headgate, sandbox, weak, wanted):
    stream = Stream(headgate, "weak-allowed", "stores", "stores")
    done = stream.run("--allow-weak-store")
    assert "at least once" in done.err.lower() and "exactly once" not in done.err.lower()
    found = oracle.sequence_numbers(sandbox, "stores", stream.prefix)
    assert set(found) == set(wanted)
    # No two writers can meet at a key, so nothing is ever overwritten.
    assert all(re.search(r"\+\d{20}-\d+-[A-Za-z0-9-]+\.", key) for key in stream.objects()), stream.objects()
    assert stream.audit()["verdict"] == "pass"


def test_weak_store_and_a_kill(headgate, sandbox, weak, wanted):
    """What was stored and not yet committed may be there twice: never more than that, and never too little."""
    with FaultProxy(sandbox.s3.endpoint, bytes_per_second=1 << 20) as proxy:
        stream = Stream(headgate, "weak-killed", "stores", "stores", endpoint=proxy.endpoint)
        process = stream.start("--allow-weak-store")
        wait_for(lambda: proxy.count("PUT") > 2 and proxy.under_way > 0 or process.poll() is not None)
        kill(process)
        before = oracle.sequence_numbers(sandbox, "stores", stream.prefix)
        proxy.bytes_per_second = None
        stream.run("--allow-weak-store")
    found = oracle.sequence_numbers(sandbox, "stores", stream.prefix)
    assert set(found) == set(wanted)
    assert max(found.values()) <= 2
    assert {seq for seq, count in found.items() if count > 1} <= set(before)
    audit = stream.audit(accept=(0, 3))
    assert audit["chain"]["holes"] == 0


def test_stream_is_not_resumed_on_a_weaker_store(headgate, sandbox, wanted):
    """Launched as exactly once; then the server was exchanged (F33)."""
    with FaultProxy(sandbox.s3.endpoint, bytes_per_second=1 << 20) as proxy:
        stream = Stream(headgate, "weakened", "stores", "stores", endpoint=proxy.endpoint)
        process = stream.start()
        wait_for(lambda: proxy.count("PUT") > 0 or process.poll() is not None)
        kill(process)
        proxy.bytes_per_second = None
        sandbox.s3.stop()
        sandbox.s3.start(version="1.7.0")
        try:
            before = collections.Counter(stream.objects())
            done = stream.run(accept=(1,))
            assert "exactly once" in done.err
            assert collections.Counter(stream.objects()) == before
            # Allowing it would not help: the plan promises exactly once.
            stream.run("--allow-weak-store", accept=(1,))
        finally:
            sandbox.s3.stop()
            sandbox.s3.start(version="1.8.0")
        stream.run()
    stream.assert_whole(wanted)
