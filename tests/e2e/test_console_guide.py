"""The guided demo as it is started for a person: on a terminal, on servers of its own, to a real cutover and its witness."""

import os
import re
import signal
import subprocess
import sys

import admin
from program import wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(os.path.dirname(HERE), "screens"))
from terminal_driver import Terminal  # noqa: E402

DEMO = os.path.join(os.path.dirname(HERE), "sandbox", "demo")
RECORDS = 40000
COUNTS = re.compile(r"> (safe|committed|earliest|now|at TIME).* gap +([\d,]+)  dup +([\d,]+)")


def number(text):
    return int(text.replace(",", ""))


def step(terminal, count, title):
    terminal.wait_for(f"DEMO {count} of 7: {title}", seconds=30)


def demo(*arguments):
    return Terminal([sys.executable, DEMO, "--records", str(RECORDS), *arguments], HEADGATE=os.environ.get("HEADGATE") or
                    os.path.join(os.path.dirname(os.path.dirname(HERE)), "build", "headgate"))


def servers(terminal):
    """The servers' processes that the demo has started, by its folder."""
    folder = re.search(r"\. (\S+)/sandbox\.env", terminal.output.decode(errors="replace")).group(1)
    found = subprocess.run(["pgrep", "-f", folder], stdout=subprocess.PIPE, text=True, check=False).stdout.split()
    return [pid for pid in found if os.path.exists(f"/proc/{pid}")]


def test_seven_steps_to_a_cutover_that_is_counted():
    """What step 3 predicts is what step 7 has measured, and what the witness counts in the objects of both sides."""
    with demo() as terminal:
        terminal.wait_for("DEMO 1 of 7: the topic", seconds=180)
        assert len(servers(terminal)) >= 3
        terminal.wait_for(lambda text: re.search(rf"^ orders +6 +{RECORDS:,} ", text, re.MULTILINE))
        terminal.send("n")
        step(terminal, 2, "the skew")
        terminal.wait_for(lambda text: re.search(r"T (\d)/\1 ", text) and "STOPPED" in text)
        terminal.send("n")
        step(terminal, 3, "where to start")
        terminal.wait_for(lambda text: (found := COUNTS.search(text)) and found.group(1) == "safe")
        _, gap, duplicates = COUNTS.search(terminal.text()).groups()
        assert gap == "0" and number(duplicates) > 0
        assert all(re.search(rf"^ p{number} ", terminal.text(), re.MULTILINE) for number in range(6)), "a row for each partition"
        terminal.send("j")
        terminal.wait_for(lambda text: COUNTS.search(text).group(1) == "committed")
        assert COUNTS.search(terminal.text()).groups()[1:] == ("0", "0")
        terminal.send("k", "Enter", "n")
        step(terminal, 4, "stop the old sink")
        terminal.wait_for("connect-orders-s3 is Empty: it was stopped")
        terminal.send("n")
        step(terminal, 5, "launch")
        terminal.wait_for(lambda text: re.search(rf"^ dup +{duplicates} ", text, re.MULTILINE))
        terminal.wait_for("Enter, then type: skip unknown 1", seconds=60)
        terminal.send("Enter", *"skip unknown 1", "Enter")
        terminal.wait_for("type the stream's name to start:")
        terminal.send(*"demo", "Enter")
        step(terminal, 6, "watch")
        terminal.wait_for("The delivery has ended", seconds=90)
        assert f"{duplicates} of {duplicates} expected have passed" in " ".join(terminal.text().split())
        terminal.send("n")
        step(terminal, 7, "proof")
        terminal.wait_for(lambda text: "VERDICT PASS" in text and "Lost: predicted" in " ".join(text.split()), seconds=30)
        said = " ".join(terminal.text().split())
        assert "Gap: predicted 0, found 0." in said
        assert f"Duplicates: predicted {duplicates}, found {duplicates}." in said
        terminal.send("Q")
        terminal.wait_for("Open it here now?", seconds=60)
        shown = terminal.text()
        for what, expected in (("records missing in S3: the planned gap", "0"), ("records there twice, planned and found", str(number(duplicates))),
                               ("records there more often", "0"), ("audit", "pass")):
            assert re.search(rf"^  {what} +{expected} +{expected}  ok$", shown, re.MULTILINE), (what, shown)
        pids = servers(terminal)
        terminal.send("q", "Enter")
        assert terminal.finish(60) == 0
        wait_for(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), what="the servers' end")


def test_left_on_the_way(headgate, sandbox, orders):
    """Esc closes the guide and nothing else; what was only looked at has left no trace."""
    before = set(admin.groups(sandbox))
    command = headgate.command("demo", "--endpoint-url", sandbox.s3.endpoint, "--topic", "orders", "--group", orders["group"],
                               "--stream", "left", "--bucket", "orders", "--prefix", "left/", "-X", "headgate.allow_write=true")
    with Terminal(command, **sandbox.environment()) as terminal:
        terminal.wait_for("DEMO 1 of 7")
        for count, title in enumerate(("the skew", "where to start", "stop the old sink", "launch"), 2):
            terminal.send("n")
            step(terminal, count, title)
        terminal.wait_for("Enter, then type", seconds=60)
        terminal.send("Enter")
        terminal.wait_for("type skip")
        terminal.send("Esc")
        terminal.send("N")
        step(terminal, 4, "stop the old sink")
        terminal.send("Esc")
        terminal.wait_for("the guide is closed; :guide opens it again")
        terminal.send(":", *"guide", "Enter")
        terminal.wait_for("DEMO 1 of 7")
        terminal.process.send_signal(signal.SIGHUP)
        assert terminal.finish() == 0
    assert set(admin.groups(sandbox)) == before
    assert not [key for key, _ in sandbox.s3.list("orders", "left/")]
