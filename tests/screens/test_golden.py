"""Every script's screens are as the golden text beside it, and one that differs is noticed."""

import os
import subprocess
import sys

import check
import pytest

SCRIPTS = sorted(name for name in os.listdir(check.HERE) if name.endswith(".script"))


@pytest.mark.parametrize("script", SCRIPTS)
def test_golden(screens, script, tmp_path):
    dumps = check.play(screens, os.path.join(check.HERE, script), tmp_path)
    complaints = [line for name, text in dumps.items() for line in check.check_harmless(name, text) + check.compare(name, text)]
    assert not complaints, "".join(complaints)


def test_every_golden_file_has_a_script(screens, tmp_path):
    written = set()
    for script in SCRIPTS:
        folder = tmp_path / script
        folder.mkdir()
        dumps = set(check.play(screens, os.path.join(check.HERE, script), folder))
        assert not written & dumps, f"{script} writes what another wrote"
        written |= dumps
    assert written == {name for name in os.listdir(check.HERE) if name.endswith((".txt", ".json", ".csv"))}


# Dumps of 80x24; each has one of 120x40 beside it. By view: 6, 60 and 10,000 partitions where it shows partitions, then its
# states.
VIEWS = {
    "topics": "topics empty-topics failing silent silent-cancelled flaky-failed frozen frame-marked",
    "groups": "groups empty-groups failing-groups flaky-groups hostile-groups",
    "skew": "skew sixty ten-thousand states partial partial-cancelled sixty-rows sixty-strip ten-thousand-strip states-buckets "
            "states-strip hostile-skew failing-skew flaky-skew local-skew plain-skew",
    "record": "record record-value record-avro record-tombstone record-none hostile-record",
    "start": "start start-sixty start-ten-thousand start-states start-states-rows start-partial start-asking start-safe "
             "start-ten-thousand-rows start-rows-filter start-buckets-filter flaky-start local-start plain-start",
    "launch": "launch launch-60 launch-10000 launch-readonly launch-gap launch-clock launch-changed launch-refused launch-resume",
    "pipeline": "pipeline pipeline-60 pipeline-10000 pipeline-paused pipeline-stopped pipeline-failed pipeline-trouble "
                "pipeline-detail streams stream-elsewhere",
    "audit": "audit audit-60 audit-10000 audit-fail audit-open audit-objects audit-deep",
    "log": "log log-warnings",
    "help": "help-topics help-groups help-skew help-record help-start help-launch help-pipeline help-audit help-log",
    "guide": "guide-topic guide-skew guide-start guide-launch guide-watch guide-proof",
}


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_and_state_at_both_sizes(view):
    missing = [name for word in VIEWS[view].split() for name in (word, word + "-120x40")
               if not os.path.exists(os.path.join(check.HERE, name + ".txt"))]
    assert not missing
    with open(os.path.join(check.HERE, VIEWS[view].split()[0] + "-120x40.txt"), encoding="utf-8") as file:
        assert file.readline().startswith("screen 120x40 ")


def test_a_difference_is_noticed():
    with open(os.path.join(check.HERE, "skew.txt"), encoding="utf-8") as file:
        text = file.read()
    assert check.compare("skew.txt", text) == []
    assert check.compare("skew.txt", text.replace("48,236,000", "48,236,001"))
    assert check.compare("no-such.txt", text)
    assert check.check_harmless("x", text) == []
    assert check.check_harmless("x", text + "\x9b") and check.check_harmless("x", "\x1b[2J")


@pytest.mark.parametrize("locale", ["C", "POSIX"])
def test_without_utf8_only_ascii_is_drawn(screens, locale, tmp_path, monkeypatch):
    monkeypatch.setenv("SCREENS_LOCALE", locale)
    for script in ("hostile.script", "orders.script"):
        for name, text in check.play(screens, os.path.join(check.HERE, script), tmp_path).items():
            assert text.isascii(), name
            ascii_name = name.replace("hostile-", "hostile-ascii-")
            assert check.compare(ascii_name, text) == []


def test_pictures_are_current():
    render = os.path.join(os.path.dirname(os.path.dirname(check.HERE)), "screenshots", "render.py")
    done = subprocess.run([sys.executable, render, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
