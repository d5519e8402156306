"""What happens to a topic behind a stream's back: retention overtakes it, it is made again, partitions are added.

Streams here use partition folders where a loss is not to be waited for: there a late PUT of a former owner meets ours.
"""

import signal
import time

import admin
import awkward
import pexpect
import pytest
from awkward import Witness
from fault_proxy import FaultProxy
from program import finish, wait_for
from streams import Stream
from test_awkward import rows, stream_of, value
from test_width import Watch

PURE = ("--folders", "partition")
LONG_SESSION = ("-X", "session.timeout.ms=45000")


@pytest.fixture(scope="module", autouse=True)
def lake(sandbox):
    sandbox.s3.create_bucket("awkward")


def overtake(sandbox, stream, process, topic, produced, offsets):
    """Records come and go while the process does not look; what it had asked for before has been answered by then."""
    process.send_signal(signal.SIGSTOP)
    time.sleep(0.8)  # fetch.wait.max.ms of the request under way: the broker's, and it cannot be asked whether it is over
    awkward.write(sandbox, topic, produced)
    awkward.delete_records(sandbox, topic, offsets)
    process.send_signal(signal.SIGCONT)


def lost_of(report):
    return {row["partition"]: row["lost"] for row in report["partitions"] if row["lost"]}


def assert_loss(stream, lost, records):
    """The audit names exactly these ranges, and all else that there ever was is there once: {partition: [offset]}."""
    audit = stream.audit(accept=(3,))
    assert audit["verdict"] == "fail" and audit["chain"] == {"holes": 0, "overlaps": 0}, audit
    assert {row["partition"]: row["lost"] for row in audit["partitions"] if row["lost"]} == lost
    found = {number: [row.offset for row in found] for number, found in awkward.delivered(stream).items()}
    gone = {number: {offset for start, end in ranges for offset in range(start, end)} for number, ranges in lost.items()}
    assert found == {number: [offset for offset in offsets if offset not in gone.get(number, ())]
                     for number, offsets in records.items()}


@pytest.fixture(scope="module")
def patient(headgate, sandbox):
    """A stream with time folders whose loss has to wait for 39 s, which goes on beside the other tests."""
    sandbox.broker.create_topic("patient", 1)
    awkward.write(sandbox, "patient", rows(0, range(10)))
    stream = stream_of(headgate, "patient", "patient", until=None)
    process = stream.start("--interval", "1")
    wait_for(lambda: stream.committed() == {0: 10}, what="the first records")
    process.terminate()
    finish(process)
    awkward.write(sandbox, "patient", rows(0, range(10, 30)))
    awkward.delete_records(sandbox, "patient", {0: 15})
    process = stream.start("--interval", "1", "--allow-lost")
    yield stream, process
    if process.poll() is None:  # nobody was there to wait for it
        process.kill()
        process.communicate()


def test_retention_overtakes_a_running_delivery(headgate, sandbox, patient):
    """One partition parks and the other goes on; with --allow-lost it goes on behind exactly what is gone."""
    sandbox.broker.create_topic("chased", 2)
    awkward.write(sandbox, "chased", rows(0, range(20)) + rows(1, range(100, 120)))
    stream = stream_of(headgate, "chased", "chased", *PURE, until=None)
    process = stream.start("--interval", "1", *LONG_SESSION)
    wait_for(lambda: stream.committed() == {0: 20, 1: 20}, what="the first records")
    overtake(sandbox, stream, process, "chased", rows(0, range(20, 60)) + rows(1, range(120, 160)), {0: 45})
    wait_for(lambda: stream.committed() == {0: 20, 1: 60}, what="the other partition")
    process.terminate()
    report, err = stream.finish(process, accept=(3,))
    parked = [row for row in report["partitions"] if row["state"] == "parked"]
    assert [row["partition"] for row in parked] == [0]
    assert "20 to 44" in parked[0]["note"] and "--allow-lost" in parked[0]["note"]
    assert report["lost"] == 0 and not lost_of(report)
    # The same again, allowed: first between runs, then while it runs.
    process = stream.start("--interval", "1", "--allow-lost", *LONG_SESSION)
    wait_for(lambda: stream.committed() == {0: 60, 1: 60}, what="what is left")
    overtake(sandbox, stream, process, "chased", rows(1, range(160, 200)), {1: 75})
    wait_for(lambda: stream.committed() == {0: 60, 1: 100}, what="what is left of the other")
    process.terminate()
    report, err = stream.finish(process)
    assert report["lost"] == 25 + 15 and lost_of(report) == {0: [[20, 45]], 1: [[60, 75]]}
    assert "offsets 20 to 44 were lost" in err
    assert_loss(stream, {0: [[20, 45]], 1: [[60, 75]]}, {0: list(range(60)), 1: list(range(100))})


def test_what_held_nothing_is_not_lost(headgate, sandbox):
    """Behind the last object lies an aborted transaction. Retention that takes only that takes nothing; what it takes
    beyond is the loss, to the offset; the declared loss outlives a restart in the commit."""
    sandbox.broker.create_topic("hollow", 2)
    awkward.write(sandbox, "hollow", rows(0, range(5)) + rows(1, range(100, 105)))
    stream = stream_of(headgate, "hollow", "hollow", *PURE, until=None)
    process = stream.start("--interval", "1")
    wait_for(lambda: stream.committed() == {0: 5, 1: 5}, what="the first records")
    awkward.transaction(sandbox, "hollow", [(0, value(7)), (0, value(8)), (1, value(9))], commit=False)
    wait_for(lambda: stream.committed() == {0: 5, 1: 5} and
             "seen=8" in admin.metadata(sandbox, stream.group, "hollow", 0), what="the end of the hollow stretch")
    process.terminate()
    stream.finish(process)
    awkward.write(sandbox, "hollow", rows(0, range(10, 20)) + rows(1, range(110, 120)))  # from 8 and from 7 on
    awkward.delete_records(sandbox, "hollow", {0: 11, 1: 7})
    witness = Witness(sandbox, "hollow")
    assert (witness.ends, witness.records[0][0].offset) == ({0: 18, 1: 17}, 11)
    process = stream.start("--allow-lost")  # nothing is old or full: the loss is declared, and in no object yet
    wait_for(lambda: "lost=8-11" in (admin.metadata(sandbox, stream.group, "hollow", 0) or ""), what="the declared loss")
    assert stream.audit(accept=(3,))["partitions"][0]["lost"] == [[8, 11]]
    process.kill()
    process.communicate()
    report = run_and_stop(stream, {0: 18, 1: 17})
    assert report["lost"] == 0, "it was declared before"
    assert_loss(stream, {0: [[8, 11]]}, {0: [*range(5), *range(8, 18)], 1: [*range(5), *range(7, 17)]})


def run_and_stop(stream, committed, *more, accept=(0,)):
    process = stream.start("--interval", "1", *more)
    try:
        wait_for(lambda: stream.committed() == committed, what=f"commits at {committed}")
    except AssertionError as error:
        process.terminate()
        raise AssertionError(f"{error}; there are {stream.committed()}\n{stream.finish(process, None)[1]}") from error
    process.terminate()
    return stream.finish(process, accept)[0]


def test_what_is_stored_is_not_lost(headgate, sandbox):
    """The commits went back, and retention passed them: the bucket has the records, in both partitions."""
    sandbox.broker.create_topic("stored", 2)
    awkward.write(sandbox, "stored", [row for number in range(2) for row in rows(number, range(30))])
    stream = stream_of(headgate, "stored", "stored", until=None)
    run_and_stop(stream, {0: 30, 1: 30})
    for number in range(2):
        text = admin.metadata(sandbox, stream.group, "stored", number)
        admin.set_offset(sandbox, stream.group, "stored", number, 0, text.split(" seen=")[0] + " seen=- x")
    awkward.write(sandbox, "stored", [row for number in range(2) for row in rows(number, range(30, 40))])
    awkward.delete_records(sandbox, "stored", {0: 30, 1: 25})
    assert run_and_stop(stream, {0: 40, 1: 40})["lost"] == 0
    assert {number: [row.offset for row in found] for number, found in awkward.delivered(stream).items()} == {
        0: list(range(40)), 1: list(range(40))}
    assert stream.audit()["verdict"] == "pass"


@pytest.mark.parametrize("more", [0, 10], ids=["as long", "shorter"])
def test_a_late_put_takes_a_loss_back(headgate, sandbox, more):
    """A loss was declared while a dead owner's PUT was still under way: its object has those records, so it is adopted and
    nothing was lost, whether it ends where ours would have or not."""
    topic = f"late-{more}"
    sandbox.broker.create_topic(topic, 1)
    awkward.write(sandbox, topic, rows(0, range(20)))
    stream = stream_of(headgate, topic, topic, *PURE, until=None)
    with FaultProxy(sandbox.s3.endpoint) as proxy:
        stream.endpoint = proxy.endpoint
        proxy.hold("PUT")
        process = stream.start("--interval", "1")
        wait_for(lambda: proxy.held() == 1, what="the upload")
        process.kill()
        process.communicate()
        awkward.write(sandbox, topic, rows(0, range(20, 20 + more)))
        awkward.delete_records(sandbox, topic, {0: 12})
        process = stream.start("--interval", "4", "--allow-lost")
        try:
            wait_for(lambda: "lost=0-12" in (admin.metadata(sandbox, stream.group, topic, 0) or ""), what="the loss")
            proxy.release()
            wait_for(lambda: stream.committed() == {0: 20 + more}, what="the end")
            assert [request.status for request in proxy.late] == [200]
        finally:
            process.terminate()
        report, err = stream.finish(process)
    assert "what is lost is looked at again" in err
    assert report["lost"] == 0 and not lost_of(report)
    assert {number: [row.offset for row in found] for number, found in awkward.delivered(stream).items()} == {
        0: list(range(20 + more))}
    assert stream.audit()["verdict"] == "pass"


class Terminal:
    """deliver as an operator runs it."""

    def __init__(self, headgate, stream, *more):
        command = headgate.command("deliver", *stream.place(), *stream.options, *more)
        self.child = pexpect.spawn(command[0], command[1:], env=headgate.environment(), timeout=60, encoding="utf-8",
                                   dimensions=(40, 200))

    def answer(self, question, line):
        self.child.expect(question)
        self.child.sendline(line)

    def finish(self):
        self.child.expect(pexpect.EOF)
        self.child.close()
        return self.child.exitstatus


def test_the_operator_is_asked_about_a_loss(headgate, sandbox):
    sandbox.broker.create_topic("asked", 2)
    awkward.write(sandbox, "asked", [row for number in range(2) for row in rows(number, range(10))])
    stream = stream_of(headgate, "asked", "asked", *PURE, until=None)
    run_and_stop(stream, {0: 10, 1: 10})
    awkward.write(sandbox, "asked", [row for number in range(2) for row in rows(number, range(10, 20))])
    awkward.delete_records(sandbox, "asked", {0: 13})
    for answer, code, committed in (("no", 3, {0: 10, 1: 20}), ("asked", 0, {0: 20, 1: 20})):
        terminal = Terminal(headgate, stream, "--endpoint-url", sandbox.s3.endpoint, "--interval", "1")
        terminal.answer("to go on: ", "asked")
        terminal.answer("10 to 12 before they were read(?s:.*)leaves them parked: ", answer)
        wait_for(lambda: stream.committed() == committed, what=f"commits at {committed}")
        terminal.child.sendintr()
        assert terminal.finish() == code, terminal.child.before
    assert_loss(stream, {0: [[10, 13]]}, {0: list(range(20)), 1: list(range(20))})


# --- topics made again -----------------------------------------------------------------------------------------------------


def make_again(sandbox, topic, partitions, records):
    awkward.delete_topic(sandbox, topic)
    sandbox.broker.create_topic(topic, partitions)
    awkward.write(sandbox, topic, [row for number in range(partitions) for row in rows(number, range(1000, 1000 + records))])


@pytest.mark.parametrize("records", [5, 50], ids=["shorter", "longer"])
def test_a_topic_made_again_between_runs_is_refused(headgate, sandbox, records):
    topic = f"again-{records}"
    sandbox.broker.create_topic(topic, 1)
    awkward.write(sandbox, topic, rows(0, range(20)))
    stream = stream_of(headgate, topic, topic, *PURE, until=None)
    run_and_stop(stream, {0: 20})
    make_again(sandbox, topic, 1, records)
    refused = stream.run(accept=(1,))
    assert "was made again" in refused.err and "a new stream is needed" in refused.err
    assert [row.offset for row in awkward.delivered(stream)[0]] == list(range(20))


def test_a_topic_made_again_before_launch(headgate, sandbox):
    """The broker forgets a group's commits with the topic: there is nothing that could be taken for the old delivery's. A
    commit that comes back (an old sink that still runs) and lies beyond the new end is refused."""
    sandbox.broker.create_topic("reborn", 1)
    awkward.write(sandbox, "reborn", rows(0, range(20)))
    awkward.commit(sandbox, "connect-reborn", "reborn", {0: 15})
    make_again(sandbox, "reborn", 1, 5)
    refused = headgate.run("plan", "--topic", "reborn", "--group", "connect-reborn", "--start", "safe", accept=(1,))
    assert "no commits" in refused.err
    awkward.commit(sandbox, "connect-reborn", "reborn", {0: 15})
    stream = stream_of(headgate, "reborn", "reborn", "--group", "connect-reborn", start="safe")
    assert "made again or truncated" in stream.run(accept=(1,)).err


def test_a_topic_made_again_while_the_operator_thinks(headgate, sandbox):
    """Between the plan and its confirmation the topic is replaced by one that looks the same."""
    sandbox.broker.create_topic("twin", 1)
    awkward.write(sandbox, "twin", rows(0, range(20)))
    stream = stream_of(headgate, "twin", "twin")
    terminal = Terminal(headgate, stream, "--endpoint-url", sandbox.s3.endpoint)
    terminal.child.expect("to launch: ")
    make_again(sandbox, "twin", 1, 20)
    terminal.child.sendline("twin")
    assert terminal.finish() == 1 and "made again" in terminal.child.before, terminal.child.before
    assert not stream.has_plan()


@pytest.mark.parametrize("records", [5, 50], ids=["shorter", "longer"])
def test_a_topic_made_again_during_a_delivery_is_noticed(headgate, sandbox, records):
    """Within seconds, from outside: the client library follows a topic's name without a word. What it read of a longer one
    until then is stored, and the message says why nothing may be built on it; a shorter one brings nothing."""
    topic = f"swapped-{records}"
    sandbox.broker.create_topic(topic, 1)
    awkward.write(sandbox, topic, rows(0, range(20)))
    stream = stream_of(headgate, topic, topic, *PURE, until=None)
    process = stream.start("--interval", "1")
    wait_for(lambda: stream.committed() == {0: 20}, what="the first records")
    make_again(sandbox, topic, 1, records)
    _, err = stream.finish(process, accept=(1,))
    assert "was made again" in err and "a new stream is needed" in err
    offsets = [row.offset for row in awkward.delivered(stream)[0]]
    assert offsets[:20] == list(range(20)) and (records > 20 or len(offsets) == 20)
    assert "was made again" in stream.run(accept=(1,)).err


# --- partitions added ------------------------------------------------------------------------------------------------------


def test_partitions_added_during_and_between_runs(headgate, sandbox):
    """New ones are delivered from their beginning; what retention took of one before anybody read it is a loss."""
    sandbox.broker.create_topic("grown", 1)
    awkward.write(sandbox, "grown", rows(0, range(10)))
    stream = stream_of(headgate, "grown", "grown", *PURE, until=None)
    process = stream.start("--interval", "1", "-X", "topic.metadata.refresh.interval.ms=500")
    wait_for(lambda: stream.committed() == {0: 10}, what="the first records")
    awkward.add_partitions(sandbox, "grown", 2)
    awkward.write(sandbox, "grown", rows(1, range(20)))
    wait_for(lambda: stream.committed() == {0: 10, 1: 20}, what="the partition added")
    process.terminate()
    stream.finish(process)
    awkward.add_partitions(sandbox, "grown", 4)
    awkward.write(sandbox, "grown", rows(2, range(30)) + rows(3, range(40)))
    awkward.delete_records(sandbox, "grown", {3: 5})
    report = run_and_stop(stream, {0: 10, 1: 20, 2: 30, 3: 40}, "--allow-lost")
    assert lost_of(report) == {3: [[0, 5]]}
    assert_loss(stream, {3: [[0, 5]]}, {0: list(range(10)), 1: list(range(20)), 2: list(range(30)), 3: list(range(40))})


# --- here, for it has waited all the while -----------------------------------------------------------------------------------


def test_with_time_folders_a_loss_waits_and_says_why(headgate, sandbox, patient):
    stream, process = patient
    # How long the tests before took is not this one's matter; from here on it is bounded by itself.
    wait_for(lambda: stream.committed() == {0: 30}, seconds=90, what="what is left after the wait")
    process.terminate()
    report, err = stream.finish(process)
    assert "waiting 39 s before they are called lost" in err and "--folders partition needs no wait" in err
    assert lost_of(report) == {0: [[10, 15]]}
    assert_loss(stream, {0: [[10, 15]]}, {0: list(range(30))})


def test_a_signal_ends_the_search_for_stored_objects(headgate, sandbox):
    """Retention has passed the position, and the store does not answer the listing, which is asked for again and again."""
    sandbox.broker.create_topic("unlisted", 2)
    awkward.write(sandbox, "unlisted", rows(0, range(10)) + rows(1, range(100, 110)))
    stream = stream_of(headgate, "unlisted", "unlisted", *PURE, until=None)
    asked = []

    def cut_listings(head):
        if b"list-type=2" in head.split(b"\r\n")[0]:
            asked.append(head)
            raise OSError("cut by the test")

    with FaultProxy(sandbox.s3.endpoint) as proxy:
        stream.endpoint = proxy.endpoint
        process = stream.start("--interval", "1", *LONG_SESSION)
        wait_for(lambda: stream.committed() == {0: 10, 1: 10}, what="the first records")
        proxy.saw_head = cut_listings
        overtake(sandbox, stream, process, "unlisted", rows(0, range(10, 30)), {0: 15})
        wait_for(lambda: len(asked) > 2, what="the search")
        assert all(b"prefix=" in head and b"partition%3D0%2F" in head for head in asked)
        process.terminate()
        began = time.monotonic()
        stream.finish(process, timeout=90)
        assert time.monotonic() - began < 15
        proxy.saw_head = lambda head: None
        report = run_and_stop(stream, {0: 30, 1: 10}, "--allow-lost")
    assert lost_of(report) == {0: [[10, 15]]}
    assert_loss(stream, {0: [[10, 15]]}, {0: list(range(30)), 1: list(range(10))})


# --- objects that claim too much -------------------------------------------------------------------------------------------


def test_an_object_that_ends_behind_the_log_is_not_adopted(headgate, sandbox):
    """Its `next` would be committed and read from: the partition parks, and the commit stays where it can be read."""
    sandbox.broker.create_topic("beyond", 2)
    awkward.write(sandbox, "beyond", rows(0, range(10)) + rows(1, range(100, 110)))
    stream = stream_of(headgate, "beyond", "beyond", *PURE, until=None)
    run_and_stop(stream, {0: 10, 1: 10})
    key = next(key for key, _ in sandbox.s3.list(stream.bucket, f"{stream.prefix}partition=0/"))
    store = stream.s3()
    head = store.head_object(Bucket=stream.bucket, Key=key)
    store.copy_object(Bucket=stream.bucket, Key=key, CopySource={"Bucket": stream.bucket, "Key": key},
                      MetadataDirective="REPLACE", Metadata={**head["Metadata"], "hg-next": "4711"})
    admin.delete_offsets(sandbox, stream.group, "beyond", [0])
    awkward.write(sandbox, "beyond", rows(0, range(10, 20)) + rows(1, range(110, 120)))
    process = stream.start("--interval", "1", *LONG_SESSION)
    wait_for(lambda: stream.committed().get(1) == 20, what="the other partition")
    time.sleep(2)  # for the one that must not move
    process.terminate()
    report, _ = stream.finish(process, accept=(3,))
    parked = [row for row in report["partitions"] if row["state"] == "parked"]
    assert [row["partition"] for row in parked] == [0]
    assert "goes on at 4711, but it ends at 20" in parked[0]["note"]
    assert stream.committed().get(0) in (None, 0)


def test_a_topic_deleted_during_a_delivery_is_noticed(headgate, sandbox):
    """To the client library it looks as if nothing more came. What had been read and was still open is stored before the
    stream ends, and the same command says that the topic is gone."""
    sandbox.broker.create_topic("removed", 2)
    awkward.write(sandbox, "removed", rows(0, range(20)) + rows(1, range(100, 120)))
    witness = Witness(sandbox, "removed")
    stream = stream_of(headgate, "removed", "removed", *PURE, until=None)
    process = stream.start("-v")  # nothing is full or old
    watch = Watch(process)
    wait_for(lambda: watch.saw("read 40 "), what="all that there is")
    assert not stream.objects()
    awkward.delete_topic(sandbox, "removed")
    began = time.monotonic()
    process.stdout.read()
    process.wait(timeout=60)
    watch.join()
    assert process.returncode == 1
    assert any("removed was deleted" in line and "a new stream is needed" in line for line in watch.lines), watch.lines
    assert 15 < time.monotonic() - began < 50, "not at the first look: a broker that has just started may not know it yet"
    awkward.assert_delivered(stream, witness, {0: 0, 1: 0})
    assert "there is no topic removed" in stream.run(accept=(1,)).err
