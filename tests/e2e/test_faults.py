"""Exactly once, whatever crashes: after each fault none is missing, none is there twice, the chain is unbroken.

Every fault falls inside a delivery, because a proxy makes the delivery long enough; a test that depends on that checks it.
Random moments come from a seed that a failing test prints; HEADGATE_SEED repeats it. Runs of a stream cut their objects at
different sizes: with equal ones a run would build what the dead one has stored, and many a mistake would not show.
"""

import json
import os
import random
import signal
import time

import admin
import kafka
import pytest
from fault_proxy import FaultProxy
from program import kill, wait_for
from sandbox_lib import scenario
from streams import Stream

MIB = 1 << 20


@pytest.fixture(name="dice")
def fixture_dice():
    seed = int(os.environ.get("HEADGATE_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"HEADGATE_SEED={seed}")
    return random.Random(seed)


def fill(sandbox, topic, partitions, records):
    sandbox.broker.create_topic(topic, partitions)
    scenario.clickstream(sandbox, topic, records, partition_by="sequence", start_time="-3h", time_step=3 * 3600000 / records)
    return range(records)


@pytest.fixture(name="shopping", scope="module")
def fixture_shopping(sandbox):
    """A topic of 36 MB in four partitions over three hours, and a bucket: the sequence numbers of all its records."""
    sandbox.s3.create_bucket("faults")
    return fill(sandbox, "shopping", 4, 60000)


@pytest.fixture(name="proxy")
def fixture_proxy(sandbox):
    with FaultProxy(sandbox.s3.endpoint) as proxy:
        yield proxy


@pytest.fixture(name="stream")
def fixture_stream(headgate, sandbox, shopping, proxy, request):
    """A new stream of the topic through the proxy, named after the test."""
    name = request.node.name.removeprefix("test_").replace("[", "-").rstrip("]").replace("_", "-").replace(" ", "-")
    return Stream(headgate, name, "shopping", "faults", "--size", "1", "--compression", "none", "--memory", "32",
                  endpoint=proxy.endpoint)


def wait_inside(process, condition, what):
    """Waits for a moment of a running delivery: it must not have ended before."""
    def reached():
        if process.poll() is not None:
            out, err = process.communicate()
            raise AssertionError(f"ended before {what}: exit {process.returncode}\n{out.decode()}\n{err.decode()}")
        return condition()
    wait_for(reached, 60, what)


# --- processes that die --------------------------------------------------------------------------------------------------


def test_killed_20_times_at_random_moments(headgate, sandbox, proxy, dice):
    wanted = fill(sandbox, "long-run", 4, 150000)
    sandbox.s3.create_bucket("faults")
    stream = Stream(headgate, "long-run", "long-run", "faults", endpoint=proxy.endpoint)
    proxy.bytes_per_second, proxy.answer_delay = 0.8 * MIB, 0.3
    inside = stored = 0
    for number in range(20):
        process, begun = stream.start("--size", dice.randint(1, 3)), proxy.begun
        if number % 4:
            # Counted from the first upload, so that where the time to start goes does not matter.
            wait_inside(process, lambda: proxy.begun > begun, "an upload")
        time.sleep(dice.uniform(0.3, 2.5) if number % 4 == 0 else dice.uniform(0, 1.6))
        assert process.poll() is None, process.communicate()
        inside += proxy.under_way > 0
        kill(process)
        stored = proxy.count("PUT", 200)
        stream.assert_commits_follow()
    print(f"{inside} of 20 fell into an upload; {stored} objects stored until then")
    assert inside >= 10 and stored >= 10
    proxy.bytes_per_second, proxy.answer_delay = None, 0
    report = stream.run().report
    assert report["objects"] > 0, "the kills did not fall inside the delivery"
    stream.assert_whole(wanted)


@pytest.mark.parametrize("moment", ["before its answer", "after its answer"])
def test_launch_killed_after_the_stream_object(stream, proxy, shopping, moment):
    """No commit, or not all of them: the plan in the bucket holds, also where the topic has moved on since."""
    started = []

    def kill_it(method, path, status):
        if method == "PUT" and path.endswith(f"_headgate/{stream.name}.json") and status == 200 and started:
            if moment == "after its answer":
                proxy.before_answer = lambda *_: None
                return
            started.pop().send_signal(signal.SIGKILL)

    proxy.before_answer = kill_it
    process = stream.start()
    started.append(process)
    if moment == "before its answer":
        process.communicate(timeout=30)
        assert all(offset is None for offset in stream.committed().values())
    else:
        wait_for(stream.has_plan)
        kill(process)
    assert stream.has_plan() and not stream.objects()
    proxy.before_answer = lambda *_: None
    plan = stream.sandbox.s3.get(stream.bucket, stream.plan_key())
    report = stream.run().report
    assert report["plan"] == json.loads(plan)["plan"]["id"]
    assert stream.sandbox.s3.get(stream.bucket, stream.plan_key()) == plan
    stream.assert_whole(shopping)


class Uploads:
    """Who uploads, by the writer's name in the metadata: it holds the process id."""

    def __init__(self, proxy):
        self.heads = []
        proxy.saw_head = self.heads.append

    def of(self, process):
        return sum(b"hg-writer: " in head and f"-{process.pid}-".encode() in head for head in self.heads)


def test_two_instances_and_one_is_killed(stream, proxy, shopping):
    proxy.bytes_per_second = MIB
    uploads = Uploads(proxy)
    first = stream.start()
    wait_inside(first, lambda: proxy.count("PUT") > 0, "its first object")
    second = stream.start("--size", "2")
    wait_inside(second, lambda: uploads.of(second) > 0, "an upload of the second")
    assert len(stream.members()) == 2
    before = uploads.of(first)
    wait_inside(first, lambda: uploads.of(first) > before, "an upload of the first")
    kill(first)
    proxy.bytes_per_second = None
    stream.finish(second)
    stream.assert_whole(shopping)


def test_two_instances_started_at_once_follow_one_plan(stream, shopping):
    """Both plan; the conditional PUT of the stream object decides; who loses takes the winner's plan."""
    reports = [stream.finish(process)[0] for process in [stream.start(), stream.start()]]
    plan = json.loads(stream.sandbox.s3.get(stream.bucket, stream.plan_key()))["plan"]["id"]
    assert [report["plan"] for report in reports] == [plan, plan]
    stream.assert_whole(shopping)


def test_instances_come_and_go(headgate, sandbox, proxy, dice):
    """Up to three at a time, started, stopped, killed: partitions wander, and each record is stored once."""
    wanted = fill(sandbox, "wandering", 6, 90000)
    sandbox.s3.create_bucket("faults")
    stream = Stream(headgate, "wandering", "wandering", "faults", endpoint=proxy.endpoint)
    proxy.bytes_per_second = MIB / 2
    running, stopping = [stream.start()], []
    wait_inside(running[0], lambda: proxy.under_way > 0, "an upload")
    for _ in range(12):
        time.sleep(dice.uniform(0.2, 1.8))
        act = dice.choice(["start", "start", "kill", "stop"]) if 0 < len(running) < 3 else "kill" if running else "start"
        if act == "start":
            running.append(stream.start("--size", dice.randint(1, 3)))
        else:
            process = running.pop(dice.randrange(len(running)))
            if act == "kill":
                kill(process)
            else:
                process.send_signal(signal.SIGTERM)
                stopping.append(process)
        print(f"{act}: {len(running)} running, {len(stopping)} told to stop, {proxy.count('PUT', 200)} objects")
    proxy.bytes_per_second = None
    for process in stopping:
        stream.finish(process, accept=(0, 1), timeout=40)  # 1: it had not even begun
    for process in running or [stream.start()]:
        stream.finish(process)
    stream.assert_whole(wanted)


def test_zombie_wakes_up_after_another_took_over(stream, proxy, shopping):
    """Stopped for longer than its session, with uploads half sent; then it goes on as if nothing had happened."""
    proxy.bytes_per_second = MIB
    uploads = Uploads(proxy)
    zombie = stream.start()
    wait_inside(zombie, lambda: proxy.count("PUT") > 0 and proxy.under_way > 0, "an upload")
    zombie.send_signal(signal.SIGSTOP)
    try:
        heir = stream.start("--size", "2")
        wait_inside(heir, lambda: uploads.of(heir) > 4, "objects of the heir")
    finally:
        zombie.send_signal(signal.SIGCONT)
    proxy.bytes_per_second = None
    stream.finish(heir)
    stream.finish(zombie)
    stream.assert_whole(shopping)


def fill_with_holes(sandbox, topic):
    """Transactions, every other one of them aborted: stretches of which a reader sees nothing, at the head, in the middle and
    at the tail. The last one begins after the last object and ends the partition."""
    sandbox.broker.create_topic(topic, 2)
    producer = kafka.KafkaProducer(bootstrap_servers=sandbox.broker.address, transactional_id=f"{topic}-filler",
                                   linger_ms=20, batch_size=200000)
    producer.init_transactions()
    wanted, seq = [], 0
    for number in range(31):
        producer.begin_transaction()
        for _ in range(1500):
            value = json.dumps({"seq": seq, "filler": "x" * 600}).encode()
            producer.send(topic, value, partition=seq % 2, timestamp_ms=1700000000000 + seq)
            if number % 2:
                wanted.append(seq)
            seq += 1
        producer.flush()
        if number % 2:
            producer.commit_transaction()
        else:
            producer.abort_transaction()
    producer.close()
    return wanted


def test_killed_on_a_topic_with_holes(headgate, sandbox, proxy, dice):
    """Where nothing is visible the chain position stays: every run must call the next object by the same name (C1)."""
    wanted = fill_with_holes(sandbox, "holes")
    sandbox.s3.create_bucket("faults")
    stream = Stream(headgate, "holes", "holes", "faults", endpoint=proxy.endpoint)
    proxy.bytes_per_second, proxy.answer_delay = 1.5 * MIB, 0.2
    for _ in range(5):
        process, begun = stream.start("--size", dice.randint(1, 3)), proxy.begun
        wait_inside(process, lambda: proxy.begun > begun, "an upload")
        time.sleep(dice.uniform(0, 1))
        assert process.poll() is None, process.communicate()
        kill(process)
        stream.assert_commits_follow()
    proxy.bytes_per_second, proxy.answer_delay = None, 0
    report = stream.run().report
    chain = stream.chain()
    ends = sandbox.broker.ends("holes")
    assert [row["until"] for row in report["partitions"]] == [ends[0], ends[1]]
    assert any(count < next_offset - start for ranges in chain.values() for start, next_offset, count in ranges), "no holes"
    stream.assert_whole(wanted)


# --- a store that fails --------------------------------------------------------------------------------------------------


def test_s3_server_killed_and_back_after_20_seconds(sandbox, stream, proxy, shopping):
    proxy.bytes_per_second = MIB
    process = stream.start()
    wait_inside(process, lambda: proxy.count("PUT") > 1 and proxy.under_way > 0, "an upload")
    sandbox.s3.kill()
    try:
        time.sleep(20)  # the fault itself
        assert process.poll() is None
    finally:
        sandbox.s3.start()
    proxy.bytes_per_second = None
    back = time.monotonic()
    report, _ = stream.finish(process)
    print(f"done {time.monotonic() - back:.1f} s after it was back, {report['retries']} retries")
    assert report["retries"] > 0
    stream.assert_whole(shopping)


def test_lost_answers_to_puts(stream, proxy, shopping):
    """Stored, and the answer never came: it finds its own object there, looks whose it is, and goes on."""
    proxy.swallow("PUT", 6)
    report = stream.run().report
    assert len(proxy.swallowed) == 6 and report["adopted"] == 6
    assert proxy.count("PUT", 200) == report["objects"], "what was stored is ours, whoever told us"
    stream.assert_whole(shopping)


def test_lost_answer_and_killed(stream, proxy, shopping):
    """The next run finds objects at its position that no commit knows of."""
    proxy.swallow("PUT", 4)
    process = stream.start()
    wait_inside(process, lambda: len(proxy.swallowed) >= 4, "four lost answers")
    kill(process)
    stream.assert_commits_follow()
    stream.run("--size", "2")
    stream.assert_whole(shopping)


def test_late_put_finds_its_place_taken(stream, proxy, shopping):
    """Sent whole before the kill, carried out by the store long after others have gone on from there."""
    proxy.hold("PUT", 3)
    process = stream.start()
    wait_inside(process, lambda: proxy.held() == 3, "three uploads under way")
    kill(process)
    stream.run("--size", "2")
    before = stream.chain()
    proxy.release()
    wait_for(lambda: len(proxy.late) == 3)
    assert [request.status for request in proxy.late] == [412, 412, 412]
    assert stream.chain() == before
    stream.assert_whole(shopping)


def test_late_put_arrives_first(stream, proxy, shopping):
    """The same, but it is there before anybody else: it is the winner, and the chain goes on at its end."""
    proxy.hold("PUT", 3)
    process = stream.start()
    wait_inside(process, lambda: proxy.held() == 3, "three uploads under way")
    kill(process)
    proxy.release()
    wait_for(lambda: len(proxy.late) == 3)
    assert [request.status for request in proxy.late] == [200, 200, 200]
    stream.run("--size", "2")
    stream.assert_whole(shopping)


def test_late_put_overtakes_another(stream, proxy, shopping):
    """The same, but the next owner has looked, found nothing, and sends a longer object from the same position: its PUT is
    told 412, and it drops what it has built and goes on where the shorter one ends."""
    proxy.hold("PUT", 4)
    process = stream.start()
    wait_inside(process, lambda: proxy.held() == 4, "four uploads under way")
    kill(process)
    proxy.bytes_per_second, uploads = MIB, Uploads(proxy)
    heir = stream.start("--size", "2")
    wait_inside(heir, lambda: uploads.of(heir) == 4, "uploads of the heir")
    proxy.release()
    wait_for(lambda: len(proxy.late) == 4)
    assert [request.status for request in proxy.late] == [200] * 4
    wait_inside(heir, lambda: proxy.count("PUT", 412) == 4, "its refusal")
    proxy.bytes_per_second = None
    report, _ = stream.finish(heir)
    assert report["adopted"] == 4
    stream.assert_whole(shopping)


def test_throttled_and_failing_store(stream, proxy, shopping):
    for status, code in [(503, "SlowDown"), (500, "InternalError"), (502, "BadGateway"), (408, "RequestTimeout"),
                         (409, "ConditionalRequestConflict"), (503, "ServiceUnavailable")]:
        proxy.refuse(status, code, method="PUT")
    report = stream.run().report
    assert proxy.refused == 6 and report["retries"] >= 6
    stream.assert_whole(shopping)


# --- stopped on purpose --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_signal_drains(stream, proxy, shopping, number):
    """What is read is stored and committed, then it ends; the same command goes on from there."""
    proxy.bytes_per_second = 2 * MIB
    process = stream.start()
    wait_inside(process, lambda: proxy.count("PUT") > 0 and proxy.under_way > 0, "an upload")
    process.send_signal(number)
    began = time.monotonic()
    report, _ = stream.finish(process, timeout=35)
    print(f"drained in {time.monotonic() - began:.1f} s")
    chain = stream.chain()
    assert 0 < report["records"] < len(shopping)
    assert report["records"] == sum(count for ranges in chain.values() for _, _, count in ranges)
    assert {part: offset for part, offset in stream.committed().items() if offset} == {
        part: ranges[-1][1] for part, ranges in chain.items()}
    assert stream.state() == "Empty", "a drained instance leaves its group at once"
    assert stream.audit(accept=(0, 3))["verdict"] == "open"
    proxy.bytes_per_second = None
    stream.run()
    stream.assert_whole(shopping)


def test_a_signal_ends_it_though_nobody_answers(stream, sandbox, proxy, shopping):
    """With a commit to make, neither the broker nor the store says a word: it ends within 35 s (and what a process takes to
    end), and nothing is lost."""
    proxy.bytes_per_second = MIB
    process = stream.start("--size", "1")
    wait_inside(process, lambda: proxy.count("PUT", 200) > 0, "an object")
    os.kill(sandbox.broker.pid, signal.SIGSTOP)
    try:
        stored = proxy.count("PUT", 200)
        wait_inside(process, lambda: proxy.count("PUT", 200) > stored, "an object that cannot be committed")
        proxy.hold("PUT", 100)
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        process.communicate(timeout=90)
        took = time.monotonic() - began
    finally:
        os.kill(sandbox.broker.pid, signal.SIGCONT)
        proxy.release()
    print(f"ended with {process.returncode} in {took:.1f} s")
    assert process.returncode == 3, "commits could not be made"
    assert took < 38
    stream.run()
    stream.assert_whole(shopping)


def test_second_signal_aborts_without_harm(stream, proxy, shopping):
    proxy.bytes_per_second = MIB / 8
    process = stream.start()
    wait_inside(process, lambda: proxy.under_way > 0, "an upload")
    process.send_signal(signal.SIGINT)
    # Not at once again: two signals that arrive together are one.
    time.sleep(0.5)
    assert process.poll() is None, "it should still be storing"
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    stream.finish(process, accept=(1,), timeout=15)
    assert time.monotonic() - began < 5
    proxy.bytes_per_second = None
    stream.run()
    stream.assert_whole(shopping)


# --- commits that somebody took away or moved ----------------------------------------------------------------------------


def killed_on_the_way(stream, proxy):
    """A stream that was killed in the middle, its dead member gone from the group."""
    proxy.bytes_per_second = MIB
    process = stream.start()
    wait_inside(process, lambda: proxy.count("PUT") > 4, "a few objects")
    kill(process)
    proxy.bytes_per_second = None
    wait_for(lambda: stream.state() == "Empty", 15, "the end of the dead member's session")


@pytest.mark.parametrize("what", ["the group", "offsets of all partitions", "offsets of one partition"])
def test_offsets_deleted_by_an_admin_tool(sandbox, stream, proxy, shopping, what):
    killed_on_the_way(stream, proxy)
    if what == "the group":
        admin.delete_group(sandbox, stream.group)
    else:
        admin.delete_offsets(sandbox, stream.group, stream.topic, range(4) if "all" in what else [1])
    plan = sandbox.s3.get(stream.bucket, stream.plan_key())
    done = stream.run()
    assert sandbox.s3.get(stream.bucket, stream.plan_key()) == plan
    assert "stream object" in done.err, "a resume without commits is said"
    stream.assert_whole(shopping)


def refused(stream, before, *words, prefix=None):
    """The same command is refused with all these words, and nothing was written anywhere."""
    commits = stream.committed()
    done = stream.run(prefix=prefix, accept=(1,))
    for word in words:
        assert word in done.err, f"{word} in {done.err}"
    assert stream.committed() == commits
    assert stream.objects() == before
    return done


def test_commit_moved_by_an_admin_tool_is_refused(sandbox, stream, proxy, shopping):
    """Forward it would lose records; an offset that headgate did not write is not built upon."""
    killed_on_the_way(stream, proxy)
    before, committed = stream.objects(), stream.committed()[2]
    admin.set_offset(sandbox, stream.group, stream.topic, 2, committed + 1000)
    refused(stream, before, stream.group, str(committed + 1000), "partition 2")
    # The way out that the message names: without the moved commit the objects say how far it came.
    admin.delete_offsets(sandbox, stream.group, stream.topic, [2])
    stream.run()
    stream.assert_whole(shopping)


def test_commits_of_another_plan_are_refused(sandbox, stream, proxy, shopping):
    killed_on_the_way(stream, proxy)
    own = admin.metadata(sandbox, stream.group, stream.topic, 1)
    plan = json.loads(sandbox.s3.get(stream.bucket, stream.plan_key()))["plan"]["id"]
    assert plan in own
    admin.set_offset(sandbox, stream.group, stream.topic, 1, 0, own.replace(plan, "0badcafe"))
    refused(stream, stream.objects(), "0badcafe", plan)


def test_another_place_is_refused(sandbox, stream, proxy, shopping):
    """Commits and no stream object at the place that was given: never a fresh start."""
    killed_on_the_way(stream, proxy)
    refused(stream, stream.objects(), stream.group, "elsewhere/_headgate/", prefix="elsewhere/")
    assert not sandbox.s3.list(stream.bucket, "elsewhere/")
    stream.run()
    stream.assert_whole(shopping)


def test_commits_of_another_place_are_refused(sandbox, headgate, stream, proxy, shopping):
    """The group was deleted, the stream launched again elsewhere: the old place has another plan than the commits."""
    killed_on_the_way(stream, proxy)
    before = stream.objects()
    admin.delete_group(sandbox, stream.group)
    stream.run(prefix="moved/")
    plans = [json.loads(sandbox.s3.get(stream.bucket, f"{prefix}_headgate/{stream.name}.json"))["plan"]["id"]
             for prefix in (stream.prefix, "moved/")]
    assert plans[0] != plans[1]
    refused(stream, before, *plans)


def test_stream_object_gone_is_refused(sandbox, stream, proxy, shopping):
    """Commits, objects, but no plan any more: both facts, and nothing is made up."""
    killed_on_the_way(stream, proxy)
    plan = sandbox.s3.get(stream.bucket, stream.plan_key())
    stream.s3().delete_object(Bucket=stream.bucket, Key=stream.plan_key())
    refused(stream, stream.objects(), stream.group, stream.plan_key())
    assert not stream.has_plan()
    stream.s3().put_object(Bucket=stream.bucket, Key=stream.plan_key(), Body=plan)
    stream.run()
    stream.assert_whole(shopping)
