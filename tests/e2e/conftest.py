"""What the end-to-end tests share: one sandbox of real servers, the built program, and a prepared topic with a history.

The program under test comes from HEADGATE (default: build/headgate). Servers run once for the whole session; a test that
kills one starts it again. Tests use topics, buckets and streams of their own, so that they do not meet.
"""

import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "sandbox")]

from program import Program  # noqa: E402
from sandbox_lib import Sandbox, fetch, scenario  # noqa: E402
import oracle  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "system_librdkafka: also run with the distribution's librdkafka")
    config.addinivalue_line("markers", "sanitized: also run with the address sanitizer, where no leak may be left")
    config.addinivalue_line("markers", "long: not part of check; run by hand (./bootstrap long)")


@pytest.fixture(scope="session")
def sandbox():
    fetch.fetch()
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="session")
def headgate(sandbox):
    """Runs the built program against the sandbox."""
    return Program(os.environ.get("HEADGATE") or os.path.join(TOP, "build", "headgate"), sandbox)


@pytest.fixture(scope="session")
def orders(sandbox):
    """300,000 records with disordered times in six partitions, and a connector stopped on the way: one partition far
    behind, one caught up, one never committed. As facts, with every record as an independent client reads it."""
    facts = scenario.skewed(sandbox, topic="orders", partitions=6, records=300000, connector="orders-s3", bucket="orders")
    facts["records"] = oracle.read_topic(sandbox, "orders")
    facts["old"] = oracle.sequence_numbers(sandbox, "orders", "topics/orders/")
    return facts
