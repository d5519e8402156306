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
