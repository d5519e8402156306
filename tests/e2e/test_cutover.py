"""The whole line on real servers: what a start position costs, counted before and proven after."""

import datetime

import oracle
import pytest

STARTS = ["now", "earliest", "safe", "committed"]


def iso(time_ms):
    return datetime.datetime.fromtimestamp(time_ms / 1000, datetime.timezone.utc).isoformat(timespec="milliseconds")


def moments(facts):
    """Three times: inside the oldest commit's past, in the middle, and near the end, where records lie out of order."""
    times = sorted(record.time for records in facts["records"].values() for record in records)
    return [times[len(times) // 20], times[len(times) // 2], times[-len(times) // 50]]


def plan_of(headgate, facts, start):
    return headgate.json("plan", "--topic", facts["topic"], "--group", facts["group"], "--start", start, accept=(0, 3))


def assert_plan(facts, plan, starts):
    expected = oracle.cost(facts, starts)
    for row in plan["partitions"]:
        number = row["partition"]
        assert row["start"] == starts[number], row
        assert (row["gap"], row["duplicates"]) == (expected[number]["gap"], expected[number]["duplicates"]), row
    assert plan["totals"]["gap"] == sum(part["gap"] for part in expected.values())
    assert plan["totals"]["duplicates"] == sum(part["duplicates"] for part in expected.values())
    assert plan["totals"]["lost"] == 0
    assert plan["totals"]["lost_unknown"] == sum(part["committed"] is None for part in facts["partitions"])


def test_the_times_are_really_disordered(orders):
    """Otherwise the tests below would prove less than they say."""
    assert any(left.time > right.time for records in orders["records"].values() for left, right in zip(records, records[1:]))


def test_survey_is_what_an_independent_client_sees(headgate, orders):
    survey = headgate.json("survey", "--topic", "orders", "--group", orders["group"], accept=(0, 3))
    assert survey["group_state"] == "Empty"
    states = set()
    for row, part in zip(survey["partitions"], orders["partitions"], strict=True):
        assert (row["partition"], row["log_start"], row["end"]) == (part["partition"], part["log_start"], part["end"])
        assert row["committed"] == part["committed"]
        at_commit = [record for record in orders["records"][row["partition"]] if record.offset >= (part["committed"] or 0)]
        expected = at_commit[0].time if part["committed"] is not None and at_commit else None
        assert row["committed_time_ms"] == expected
        states.add(row["state"])
    assert states == {"ok", "caught_up", "no_commit"}


@pytest.mark.parametrize("start", STARTS)
def test_cost_of_a_start_position_equals_the_count_by_sequence_number(headgate, orders, start):
    assert_plan(orders, plan_of(headgate, orders, start), oracle.start_offsets(orders, start))


@pytest.mark.parametrize("which", range(3))
def test_cost_of_a_time_equals_the_count_by_sequence_number(headgate, orders, which):
    time = moments(orders)[which]
    plan = plan_of(headgate, orders, iso(time))
    assert plan["start"] == {"kind": "time", "time_ms": time}
    assert_plan(orders, plan, oracle.start_offsets(orders, "time", time))


def test_safe_has_no_gap_however_disordered(headgate, orders):
    assert plan_of(headgate, orders, "safe")["totals"]["gap"] == 0


def deliver(headgate, stream, start, *more, prefix=None, **options):
    return headgate.json("deliver", "--stream", stream, "--topic", "orders", "--group", "connect-orders-s3", "--start", start,
                         "--until", "end", "--bucket", "orders", "--prefix", prefix or f"{stream}/", "--yes",
                         "--allow-lost", *more, **options)


def audit(headgate, stream, *more, accept=(0,)):
    return headgate.json("audit", "--stream", stream, "--bucket", "orders", "--prefix", f"{stream}/", *more, accept=accept)


@pytest.mark.system_librdkafka
def test_delivery_from_safe_misses_nothing_and_repeats_as_planned(headgate, sandbox, orders):
    plan = plan_of(headgate, orders, "safe")
    report = deliver(headgate, "whole-safe", "safe", "--size", "4")
    new = oracle.sequence_numbers(sandbox, "orders", "whole-safe/")
    together = orders["old"] + new
    assert set(together) == set(range(300000))
    assert sum(count == 2 for count in together.values()) == plan["totals"]["duplicates"]
    assert max(together.values()) == 2
    assert max(new.values()) == 1
    assert report["records"] == sum(new.values())
    oracle.assert_chain(sandbox, "orders", "whole-safe/", oracle.start_offsets(orders, "safe"))
    verdict = audit(headgate, "whole-safe")
    assert verdict["verdict"] == "pass" and verdict["tail"] == "checked"
    assert verdict["cutover"]["planned"] == verdict["cutover"]["found"]
    assert verdict["cutover"]["found"]["duplicates"] == plan["totals"]["duplicates"]


def test_delivery_from_committed_misses_nothing_and_repeats_nothing(headgate, sandbox, orders):
    deliver(headgate, "whole-committed", "committed", "--compression", "none", "--size", "4")
    together = orders["old"] + oracle.sequence_numbers(sandbox, "orders", "whole-committed/")
    assert set(together) == set(range(300000))
    assert max(together.values()) == 1
    assert audit(headgate, "whole-committed")["verdict"] == "pass"


def test_a_finished_stream_resumes_to_nothing(headgate, sandbox, orders):
    deliver(headgate, "again", "committed")
    before = oracle.chain(sandbox, "orders", "again/")
    report = headgate.json("deliver", "--stream", "again", "--topic", "orders", "--bucket", "orders", "--prefix", "again/", "--yes")
    assert report["objects"] == 0
    assert oracle.chain(sandbox, "orders", "again/") == before


def test_lost_to_retention_is_counted_exactly(headgate, sandbox):
    """Records deleted behind a stopped connector's back: neither gap nor duplicates, but lost."""
    from kafka.admin import KafkaAdminClient
    from kafka import TopicPartition
    from sandbox_lib import scenario

    facts = scenario.skewed(sandbox, topic="shrunk", partitions=3, records=9000, connector="shrunk-s3", bucket="shrunk")
    committed = facts["partitions"][0]["committed"]
    admin = KafkaAdminClient(bootstrap_servers=sandbox.broker.address)
    admin.delete_records({TopicPartition("shrunk", 0): committed + 123})
    admin.close()
    facts["partitions"][0]["log_start"] = committed + 123
    facts["records"] = oracle.read_topic(sandbox, "shrunk")
    plan = plan_of(headgate, facts, "safe")
    assert [row["lost"] for row in plan["partitions"]] == [123, 0, None]
    assert plan["partitions"][0]["state"] == "below_start"
    assert (plan["totals"]["lost"], plan["totals"]["lost_unknown"]) == (123, 1)
    assert plan["totals"]["gap"] == 0
    refused = headgate.run("deliver", "--stream", "shrunk", "--topic", "shrunk", "--group", facts["group"], "--start", "safe",
                           "--until", "end", "--bucket", "shrunk", "--prefix", "s/", "--yes", accept=(1,))
    assert "--allow-lost" in refused.err
    assert not oracle.objects(sandbox, "shrunk", "s/")
