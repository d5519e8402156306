"""--json: one document on standard output and nothing else there, with the names that the design promises."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import threading
import time

import admin
import pytest

PLAN_NAMES = {"id", "topic", "group", "group_state", "taken_at", "isolation", "start", "totals", "partitions"}
TOTALS = {"partitions", "gap", "duplicates", "lost", "lost_unknown", "to_read"}
ROW = {"partition", "log_start", "end", "high_watermark", "committed", "committed_time_ms", "start", "gap", "duplicates",
       "lost", "to_read", "state"}
EVIL = "evil\x1b[2J\u202e-\u65e5\u672c"


@pytest.fixture(scope="module")
def shapes(sandbox):
    """Three partitions: one committed in the middle, one caught up, one never committed."""
    from kafka import KafkaProducer

    sandbox.broker.create_topic("shapes", 3)
    sandbox.s3.create_bucket("shapes-lake")
    producer = KafkaProducer(bootstrap_servers=sandbox.broker.address)
    for number in range(300):
        producer.send("shapes", value=b'{"n":%d}' % number, partition=number % 3, timestamp_ms=1_700_000_000_000 + number)
    producer.flush()
    producer.close()
    admin.set_offset(sandbox, "connect-shapes", "shapes", 0, 40)
    admin.set_offset(sandbox, "connect-shapes", "shapes", 1, 100)
    return ["--topic", "shapes", "--group", "connect-shapes"]


def test_survey(headgate, shapes):
    survey = headgate.json("survey", *shapes)
    assert set(survey) >= PLAN_NAMES - {"id"}
    assert survey["start"] is None
    rows = survey["partitions"]
    assert [set(row) for row in rows] == [ROW] * 3
    assert [row["state"] for row in rows] == ["ok", "caught_up", "no_commit"]
    assert [row["committed"] for row in rows] == [40, 100, None]
    assert rows[0]["committed_time_ms"] == 1_700_000_000_000 + 40 * 3
    assert [row["lost"] for row in rows] == [0, 0, None]
    assert [row["gap"] for row in rows] == [None] * 3


@pytest.mark.parametrize("start, kind, gap, duplicates, code", [
    ("safe", "safe", 0, 60, 0),
    ("committed", "committed", 0, 0, 0),
    ("earliest", "earliest", 0, 140, 0),
    ("now", "now", 160, 0, 3),
])
def test_plan(headgate, shapes, start, kind, gap, duplicates, code):
    plan = headgate.json("plan", *shapes, "--start", start, accept=(code,))
    assert set(plan) == PLAN_NAMES | {"until", "other_topics", "values"}
    assert (plan["until"], plan["other_topics"], plan["values"]) == (None, [], {"JSON": 1})
    assert set(plan["totals"]) == TOTALS
    assert [set(row) for row in plan["partitions"]] == [ROW] * 3
    assert plan["start"]["kind"] == kind
    assert (plan["totals"]["gap"], plan["totals"]["duplicates"]) == (gap, duplicates)
    assert (plan["totals"]["lost"], plan["totals"]["lost_unknown"]) == (0, 1)


def test_choices_stand_side_by_side_on_one_survey(headgate, shapes):
    document = headgate.json("plan", *shapes)
    labels = [choice["label"] for choice in document["choices"]]
    assert labels == ["safe", "committed", "earliest", "now", "at the median commit", "at the latest commit"]
    for choice in document["choices"]:
        assert choice["plan"]["taken_at"] == document["survey"]["taken_at"]
        for row, surveyed in zip(choice["plan"]["partitions"], document["survey"]["partitions"], strict=True):
            assert row["committed"] == surveyed["committed"]
    median = next(choice for choice in document["choices"] if choice["label"] == "at the median commit")
    alone = headgate.json("plan", *shapes, "--start", str(median["plan"]["start"]["time_ms"]), accept=(0, 3))
    assert alone["totals"] == median["plan"]["totals"]


def test_topics_and_groups(headgate, shapes):
    topics = {row["topic"]: row for row in headgate.json("topics")["topics"]}
    assert (topics["shapes"]["partitions"], topics["shapes"]["offsets"]) == (3, 300)
    one, = headgate.json("topics", "--topic", "shapes")["topics"]
    for row in (one, topics["shapes"]):
        assert (row["oldest_time_ms"], row["newest_time_ms"]) == (1_700_000_000_000, 1_700_000_000_299)
        assert (set(row["values"]), row["records_per_second"]) == ({"JSON"}, 0)
    group, = headgate.json("groups", "--topic", "shapes")["groups"]
    assert group in headgate.json("groups")["groups"]
    assert (group["group"], group["members"], group["lag"], group["lost"]) == ("connect-shapes", 0, 60, 0)
    assert group["oldest_time_ms"] == 1_700_000_000_000 + 40 * 3


def ends_of_topic(sandbox, topic):
    """Time and kind of the first and the last record of each partition that holds one, as another client reads them."""
    from kafka import KafkaConsumer, TopicPartition

    consumer = KafkaConsumer(bootstrap_servers=sandbox.broker.address, enable_auto_commit=False)
    parts = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic))]
    first, last = consumer.beginning_offsets(parts), consumer.end_offsets(parts)
    found = {"oldest": [], "newest": []}
    for part in parts:
        if first[part] < last[part]:
            for name, offset in (("oldest", first[part]), ("newest", last[part] - 1)):
                consumer.assign([part])
                consumer.seek(part, offset)
                found[name].append(next(consumer).timestamp)
    consumer.close()
    return found


def test_lists_show_what_the_console_shows(headgate, sandbox, shapes):
    """Without a topic too: the times of every topic and group, by another client's word, and no null where there is one."""
    topics = {row["topic"]: row for row in headgate.json("topics")["topics"]}
    for name in ("shapes", "sandbox-connect-config"):
        seen = ends_of_topic(sandbox, name)
        assert topics[name]["oldest_time_ms"] == min(seen["oldest"]), name
        assert topics[name]["newest_time_ms"] == max(seen["newest"]), name
        assert topics[name]["values"], name
    text = headgate.run("topics").out
    line = next(line for line in text.splitlines() if line.startswith("shapes "))
    assert line.split()[:4] == ["shapes", "3", "300", "0"] and line.split()[-1] == "JSON", text
    assert line.count("2023-11-14") == 2, text
    assert re.search(r"^connect-shapes .* 60 +2023-11-14$", headgate.run("groups").out, re.M)


def test_rate_of_a_topic(headgate, sandbox):
    """Records a second, by a producer that counts its own while the command reads twice."""
    from kafka import KafkaProducer

    sandbox.broker.create_topic("paced", 2)
    producer, ended, counts = KafkaProducer(bootstrap_servers=sandbox.broker.address), threading.Event(), []

    def produce():
        while not ended.is_set():
            for number in range(20):
                producer.send("paced", value=b"x", partition=number % 2)
            producer.flush()
            counts.append((time.monotonic(), 20))
            ended.wait(0.05)

    thread = threading.Thread(target=produce)
    thread.start()
    try:
        time.sleep(0.5)
        began = time.monotonic()
        row, = headgate.json("topics", "--topic", "paced")["topics"]
        took = time.monotonic() - began
        text = headgate.run("topics", "--topic", "paced").out
    finally:
        ended.set()
        thread.join()
        producer.close()
    sent = sum(count for at, count in counts if began <= at <= began + took) / took
    assert took >= 1
    assert 0.6 * sent < row["records_per_second"] < 1.5 * sent, (sent, row)
    assert "rec/s" in text and int(text.splitlines()[1].split()[3].replace(",", "")) > 0.3 * sent, text


def test_the_console_names_what_no_lag_counts(headgate, shapes, tmp_path):
    """Partition 2 was never committed: 100 offsets that skew shows and no lag counts."""
    script = tmp_path / "groups.script"
    script.write_text(f"type :groups shapes\nkey Enter\ndump {tmp_path}/groups.txt\n")
    headgate.run("", "--script", script)
    screen = (tmp_path / "groups.txt").read_text()
    assert re.search(r"^ connect-shapes .* 60 .* \?$", screen, re.MULTILINE), screen
    assert "1 partition without a commit: its 100 offsets are not in lag" in screen


def test_deliver_and_audit(headgate, shapes):
    place = ["--stream", "shapes", "--bucket", "shapes-lake", "--prefix", "shapes/"]
    done = headgate.run("deliver", *place, *shapes, "--start", "safe", "--until", "end", "--yes", "--allow-lost", "--json")
    report = json.loads(done.out)
    assert set(report) >= {"stream", "plan", "records", "bytes_in", "bytes_out", "objects", "retries", "seconds", "partitions"}
    assert report["stream"] == "shapes" and report["records"] == 220
    assert "launch stream shapes" in done.err
    audit = headgate.json("audit", *place)
    assert set(audit) == {"stream", "plan", "verdict", "chain", "cutover", "partitions", "foreign", "tail", "last_stored_at"}
    assert (audit["verdict"], audit["plan"], audit["tail"]) == ("pass", report["plan"], "checked")
    assert audit["chain"] == {"holes": 0, "overlaps": 0}
    assert audit["cutover"]["planned"] == audit["cutover"]["found"] == {"gap": 0, "duplicates": 60, "lost": 0}
    assert headgate.json("audit", *place, brokers=False)["tail"] == "not checked"


def test_names_from_outside_are_harmless(headgate, sandbox, shapes):
    """JSON keeps the original, the table shows it without a control character."""
    admin.set_offset(sandbox, EVIL, "shapes", 0, 1)
    assert EVIL in [row["group"] for row in headgate.json("groups")["groups"]]
    table = headgate.run("groups").out
    assert "evil\\x1b[2J\\u{202e}-" in table
    assert all(char == "\n" or char.isprintable() for char in table)
    error = headgate.run("survey", "--topic", "shapes", "--group", "no\x1b[2Jsuch", accept=(1,)).err
    assert "\x1b" not in error and "no\\x1b[2Jsuch" in error


def test_tables_fit_80_columns(headgate, shapes):
    for arguments in (["topics"], ["topics", "--topic", "shapes"], ["groups"], ["survey", *shapes], ["plan", *shapes],
                      ["plan", *shapes, "--start", "safe"]):
        for line in headgate.run(*arguments).out.splitlines():
            assert len(line) <= 80, line


# --- a terminal -------------------------------------------------------------------------------------------------------------

class Terminal:
    """The program on a terminal of its own for standard input and standard error; standard output goes to a pipe."""

    def __init__(self, headgate, *arguments):
        self.master, slave = pty.openpty()
        self.said = ""
        self.process = subprocess.Popen(headgate.command(*arguments), env=headgate.environment(), stdin=slave, stderr=slave,
                                        stdout=subprocess.PIPE, start_new_session=True)
        os.close(slave)

    def wait_for(self, word, seconds=30):
        deadline = time.monotonic() + seconds
        while word not in self.said:
            left = deadline - time.monotonic()
            assert left > 0, f"{word!r} was never said:\n{self.said}"
            if select.select([self.master], [], [], left)[0]:
                try:
                    self.said += os.read(self.master, 65536).decode("utf-8", "replace")
                except OSError:
                    assert word in self.said, self.said

    def type(self, text):
        os.write(self.master, text.encode())

    def end(self):
        out, _ = self.process.communicate(timeout=60)
        os.close(self.master)
        return self.process.returncode, out.decode()


@pytest.mark.parametrize("verb", ["topics", "groups"])
def test_lists_say_how_far_they_are_and_end_at_once(headgate, shapes, verb):
    terminal = Terminal(headgate, verb, "--json")
    terminal.wait_for("reading " if verb == "topics" else "asking ")
    terminal.process.send_signal(signal.SIGINT)
    began = time.monotonic()
    code, out = terminal.end()
    assert time.monotonic() - began < 5  # by the signal, as its code says
    # It may have been through by then; what it says is whole in any case.
    assert (code, out) == (-signal.SIGINT, "") or (code == 0 and json.loads(out))


def launch(headgate, shapes, stream):
    return Terminal(headgate, "deliver", "--stream", stream, "--bucket", "shapes-lake", "--prefix", f"{stream}/", *shapes,
                    "--start", "committed", "--until", "end", "--allow-lost")


def test_the_name_of_the_stream_launches(headgate, shapes):
    terminal = launch(headgate, shapes, "typed")
    terminal.wait_for("type the stream's name to launch: ")
    terminal.type("typed\n")
    code, out = terminal.end()
    assert code == 0 and "stored   160 records" in out


@pytest.mark.parametrize("answer", ["other\n", "\n", "\x04"])
def test_anything_else_does_not(headgate, sandbox, shapes, answer):
    terminal = launch(headgate, shapes, "refused")
    terminal.wait_for("type the stream's name to launch: ")
    terminal.type(answer)
    code, out = terminal.end()
    assert (code, out) == (1, "")
    assert not list(sandbox.s3.list("shapes-lake", "refused/_headgate/refused.json"))


def test_ctrl_c_drains_and_a_resume_goes_on(headgate, sandbox, shapes):
    """Without --until it runs until it is told to stop, stores what is open and ends well."""
    place = ["--stream", "endless", "--bucket", "shapes-lake", "--prefix", "endless/"]
    process = headgate.start("deliver", *place, *shapes, "--start", "earliest", "--yes", "--allow-lost", "--json")
    for line in process.stderr:
        if b"read 300" in line:
            break
    process.terminate()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert json.loads(out)["records"] == 300
    assert headgate.json("audit", *place)["verdict"] == "pass"
