"""A whole cutover by a script, without a terminal, and each command around it, on servers of its own that start quickly.

Run once more with the address sanitizer: nothing may be left unfreed, whatever the program did before.
"""

import os

import pytest

from program import Program
from sandbox_lib import Sandbox, scenario
import oracle

pytestmark = pytest.mark.sanitized

SCRIPT = """\
size 120 40
wait few
type :arm
key Enter
wait ARMED
type :skew few {group}
key Enter
wait T 6/6
key v v v Enter
wait RECORD
key v Esc s
wait choices
key h l m =
type :launch committed
key Enter
wait type the stream's name
key Enter
type script
key Enter
wait next       Enter, then type the stream's name to start
key Enter
type script
key Enter
wait PIPELINE
wait STOPPED
key d d 5
wait VERDICT PASS
key 6 ? q
dump {folder}/log.txt
"""


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(without=("connect",)) as running:
        yield running


@pytest.fixture(scope="module")
def headgate(sandbox, request):
    return Program(os.environ.get("HEADGATE") or os.path.join(request.config.rootpath, "build", "headgate"), sandbox)


@pytest.fixture(scope="module")
def few(sandbox):
    sandbox.s3.create_bucket("few")
    return scenario.wide(sandbox, topic="few", partitions=6, records=20000, group="connect-few", skew=0)


def test_a_cutover_by_a_script(headgate, sandbox, few, tmp_path):
    properties = tmp_path / "client.properties"
    properties.write_text("headgate.allow_write=true\n")
    script = tmp_path / "cutover.script"
    script.write_text(SCRIPT.format(group=few["group"], folder=tmp_path))
    headgate.run("", "-F", properties, "--endpoint-url", sandbox.s3.endpoint, "--bucket", "few", "--prefix", "s/",
                 "--until", "end", "--script", script)
    assert "script" in (tmp_path / "log.txt").read_text(encoding="utf-8")
    report = headgate.json("audit", "--stream", "script", "--bucket", "few", "--prefix", "s/")
    wanted = sum(row["end"] - (row["committed"] or 0) for row in few["partitions"])
    assert report["verdict"] == "pass" and sum(row["records"] for row in report["partitions"]) == wanted
    assert len(oracle.sequence_numbers(sandbox, "few", "s/")) == wanted


def test_a_cutover_by_commands(headgate, sandbox, few):
    names, place = ("--topic", "few", "--group", few["group"]), ("--stream", "cli", "--bucket", "few", "--prefix", "c/")
    assert [row["topic"] for row in headgate.json("topics")["topics"] if row["topic"] == "few"]
    assert few["group"] in headgate.run("groups", "--topic", "few").out
    assert len(headgate.json("survey", *names)["partitions"]) == 6
    assert headgate.json("plan", *names, "--start", "safe")["totals"]["gap"] == 0
    headgate.run("plan", *names)
    report = headgate.json("deliver", *place, *names, "--start", "safe", "--until", "end", "--yes", "--allow-lost")
    assert report["records"] > 0
    again = headgate.json("deliver", *place, "--until", "end", "--yes")
    assert again["objects"] == 0
    assert headgate.json("audit", *place)["verdict"] == "pass"
    headgate.run("deliver", *place, *names, "--start", "nonsense", accept=(1, 2))
    headgate.run("survey", "--topic", "none", "--group", few["group"], accept=(1,))
