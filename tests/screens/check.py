#!/usr/bin/env python3
"""Plays the console's scripts on fixtures and compares what the screen held with the golden text beside this file.

The first line of a script, "# screens [OPTIONS] SCENARIO", says what it runs on. --update writes the golden files anew.
Exits 1 and prints a diff where something differs, where a dump has no golden file, or a golden file no dump.
"""

import argparse
import difflib
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def play(program, script, folder):
    """Runs one script in a folder of its own. Returns the dumps it wrote, by name."""
    with open(script, encoding="utf-8") as file:
        words = file.readline().split()
    if words[:2] != ["#", "screens"]:
        raise SystemExit(f"{script}:1: the first line must be \"# screens [OPTIONS] SCENARIO\"")
    environment = {"PATH": os.environ.get("PATH", ""), "TZ": "XST-5:30",
                   "LC_ALL": os.environ.get("SCREENS_LOCALE", "C.UTF-8")}
    environment.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})
    command = [program, *words[2:], script]
    result = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                            text=True, errors="replace", timeout=300, check=False)
    if result.returncode != 0 or result.stdout:
        raise SystemExit(f"{' '.join(command)} ended with {result.returncode}\n{result.stdout}{result.stderr}")
    dumps = {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            dumps[name] = file.read()
    return dumps


def check_harmless(name, text):
    """No control character but the line end may stand in a cell."""
    bad = sorted({f"U+{ord(c):04X}" for c in text if c != "\n" and (ord(c) < 32 or 0x7F <= ord(c) < 0xA0)})
    return [f"{name}: control characters on the screen: {' '.join(bad)}\n"] if bad else []


def compare(name, text):
    golden = os.path.join(HERE, name)
    if not os.path.exists(golden):
        return [f"{name}: there is no golden file; look at the screen, then: make update-screens\n"]
    with open(golden, encoding="utf-8") as file:
        wanted = file.read()
    return list(difflib.unified_diff(wanted.splitlines(True), text.splitlines(True), name, name + " (now)"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--update", action="store_true", help="write the golden files anew")
    parser.add_argument("program", help="tests/screens/screens, as built")
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    dumps, complaints = {}, []

    for script in sorted(name for name in os.listdir(HERE) if name.endswith(".script")):
        with tempfile.TemporaryDirectory() as folder:
            played = play(program, os.path.join(HERE, script), folder)
        complaints += [f"{script}: {name} is written twice\n" for name in played if name in dumps]
        dumps.update(played)
    for name, text in dumps.items():
        complaints += check_harmless(name, text)
        if options.update:
            with open(os.path.join(HERE, name), "w", encoding="utf-8") as file:
                file.write(text)
        else:
            complaints += compare(name, text)
    for name in sorted(set(name for name in os.listdir(HERE) if name.endswith(".txt")) - set(dumps)):
        if options.update:
            os.remove(os.path.join(HERE, name))
        else:
            complaints.append(f"{name}: no script writes it\n")
    sys.stdout.writelines(complaints)
    print(f"screens: {len(dumps)} dumps, {'not ' if complaints else ''}as they should be", file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
