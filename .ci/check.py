#!/usr/bin/env python3
"""Runs every test there is, and counts them: ./bootstrap check.

All parts run even when one fails. Each writes to a log of its own; of a part that fails, the end of its log is shown.
The end-to-end tests wait for servers most of their time, so the builds with sanitizers go on beside them.
Ends with the single line "N passed, N failed, N skipped", and exits 1 when anything failed. What runs no test although
it should counts as a failure.
"""

import argparse
import glob
import os
import re
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOGS = os.path.join(TOP, "build-check", "check-logs")
UNIT_TESTS = "tests/unit"
# Without --enable-developer: what a sanitizer adds to the code makes the compiler warn of what cannot happen.
SANITIZER = ("--enable-sanitizer={}", "CFLAGS=-g -O1")
SHOWN_LINES = 80
LANES = ("build", "unit", "layers", "format", "screens"), ("e2e",)  # first these; then e2e, and beside it the others

said = threading.Lock()  # one part says its piece at a time
running = set()  # processes of parts, each the leader of its group


class Counts:
    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


class Part:
    """One part while it runs: its log, its commands, its time."""

    def __init__(self, name, jobs, librdkafka):
        self.name, self.jobs, self.librdkafka = name, jobs, librdkafka
        self.log_path = os.path.join(LOGS, name + ".log")
        self.log = open(self.log_path, "wb")
        self.env = dict(os.environ)

    def run(self, *command, minutes=20):
        """Runs the command into the log; whether it succeeded. Ends it, with all its children, when it takes too long."""
        self.log.write(("$ " + " ".join(command) + "\n").encode())
        self.log.flush()
        process = subprocess.Popen(command, cwd=TOP, env=self.env, stdin=subprocess.DEVNULL, stdout=self.log,
                                   stderr=subprocess.STDOUT, start_new_session=True)
        running.add(process)
        try:
            return process.wait(minutes * 60) == 0
        except subprocess.TimeoutExpired:
            self.log.write(f"\nended: it took longer than {minutes} minutes\n".encode())
            return False
        finally:
            if process.poll() is None:
                end_group(process)
            running.discard(process)

    def build(self, directory, *arguments, targets=("all",)):
        return (self.run(".ci/configure", directory, *arguments)
                and self.run("make", "-k", f"-j{self.jobs}", "-C", directory, *targets))


def end_group(process):
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(20)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


# --- counting ---------------------------------------------------------------------------------------------------------

def count_unit_tests(directory):
    """Adds up what cmocka says in the logs of the test programs. One that says nothing has crashed: a failure."""
    counts = Counts()
    for result in glob.glob(os.path.join(TOP, directory, UNIT_TESTS, "*.trs")):
        with open(result, encoding="utf-8") as file:
            passed = re.search(r"^:test-result: PASS", file.read(), re.M) is not None
        with open(result[:-len(".trs")] + ".log", encoding="utf-8", errors="replace") as file:
            output = file.read()
        one = Counts(*(sum(map(int, re.findall(r"^\[  " + word + r"\s*\] (\d+) test", output, re.M)))
                       for word in ("PASSED", "FAILED", "SKIPPED")))
        if not passed and one.failed == 0:
            one.failed = 1
        counts.add(one)
    return counts


def count_pytest(report):
    if not os.path.exists(report):
        return Counts(failed=1)
    suites = xml.etree.ElementTree.parse(report).getroot().iter("testsuite")
    counts = Counts()
    for suite in suites:
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped = int(suite.get("skipped", 0))
        counts.add(Counts(int(suite.get("tests", 0)) - failed - skipped, failed, skipped))
    return counts


def one(succeeded):
    return Counts(passed=1) if succeeded else Counts(failed=1)


# --- parts ------------------------------------------------------------------------------------------------------------

def build(part):
    """the program, developer's warnings being errors"""
    return one(part.build("build-check", "--enable-developer", *part.librdkafka))


def unit(part, directory="build-check"):
    """unit tests"""
    for result in glob.glob(os.path.join(TOP, directory, UNIT_TESTS, "*.trs")):
        os.unlink(result)
    succeeded = part.run("make", "-k", f"-j{part.jobs}", "-C", directory, "check-unit")
    counts = count_unit_tests(directory)
    if not succeeded and counts.failed == 0:
        counts.failed = 1
    for path in sorted(glob.glob(os.path.join(TOP, directory, UNIT_TESTS, "*.log"))):
        with open(path, "rb") as file:
            output = file.read()
        if b"FAILED" in output or b"ERROR" in output or b"runtime error" in output:
            part.log.write(output)
    return counts


def layers(part):
    """who may see whom, banned words, lengths, headers; and the tests of this check"""
    return one(part.run("make", "-C", "build-check", "check-layers"))


def formatting(part):
    """clang-format"""
    return one(part.run(".ci/format", "--check"))


def pytest(part, folder, *arguments, directory="build-check", minutes=45):
    part.env.update(HEADGATE=os.path.join(TOP, directory, "headgate"), HEADGATE_BUILD=os.path.join(TOP, directory),
                    PYTHONDONTWRITEBYTECODE="1")
    report = os.path.join(LOGS, part.name + ".xml")
    if os.path.exists(report):
        os.unlink(report)
    succeeded = part.run(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-ra", "--durations=15", "--color=no",
                         f"--junitxml={report}", *arguments, folder, minutes=minutes)
    counts = count_pytest(report)
    if not succeeded and counts.failed == 0:
        counts.failed = 1
    return counts


def screens(part):
    """the console's screens against golden text, and the console on a terminal"""
    succeeded = part.run("make", "-C", "build-check", "check-screens")
    part.log.flush()
    with open(part.log_path, encoding="utf-8", errors="replace") as file:
        dumps = sum(map(int, re.findall(r"^screens: (\d+) dumps", file.read(), re.M)))
    counts = Counts(passed=dumps) if succeeded else Counts(failed=1)
    counts.add(pytest(part, "tests/screens"))
    return counts


def e2e(part):
    """the program on real servers, with an independent oracle"""
    return pytest(part, "tests/e2e")


def address(part):
    """unit tests under the address sanitizer"""
    return sanitized(part, "address", "build-asan")


def fuzz(part):
    """a few seconds for each parser of bytes from outside, under the address sanitizer"""
    return one(part.run("make", "-k", f"-j{part.jobs}", "-C", "build-asan", "fuzz", "FUZZ_SECONDS=5"))


def undefined(part):
    """unit tests and the console's scripts under the undefined behaviour sanitizer"""
    counts = sanitized(part, "undefined", "build-ubsan")
    counts.add(one(part.run("make", f"-j{part.jobs}", "-C", "build-ubsan", "check-screens")))
    return counts


def sanitized(part, sanitizer, directory):
    arguments = [argument.format(sanitizer) for argument in SANITIZER]
    configured = part.run(".ci/configure", directory, *arguments, *part.librdkafka)
    return unit(part, directory) if configured else Counts(failed=1)


def leaks(part):
    """the console's scripts, and cutovers on real servers, under the address sanitizer: no leak, no report"""
    arguments = [argument.format("address") for argument in SANITIZER]
    if not part.build("build-asan", *arguments, *part.librdkafka,
                      targets=("headgate", "tests/screens/screens", "tests/sandbox/clickstream")):
        return Counts(failed=1)
    # In files, since nobody may look at what a process said, or at how it ended.
    reports = os.path.join(LOGS, "leaks-report")
    for path in glob.glob(reports + ".*"):
        os.unlink(path)
    part.env["ASAN_OPTIONS"] = f"detect_leaks=1:exitcode=99:log_path={reports}"
    counts = one(part.run("python3", "tests/screens/check.py", "build-asan/tests/screens/screens"))
    counts.add(pytest(part, "tests/e2e", "-m", "sanitized", directory="build-asan"))
    for path in sorted(glob.glob(reports + ".*")):
        with open(path, "rb") as file:
            part.log.write(file.read())
        counts.failed += 1
    return counts


def system(part):
    """unit tests, and one end-to-end test, with the system's librdkafka"""
    if not part.librdkafka:
        part.log.write(b"every other part has used the system's librdkafka\n")
        return Counts(skipped=1)
    if not part.build("build-system", "--enable-developer"):
        return Counts(failed=1)
    counts = unit(part, "build-system")
    counts.add(pytest(part, "tests/e2e", "-m", "system_librdkafka", directory="build-system"))
    return counts


PARTS = {
    "build": build,
    "unit": unit,
    "layers": layers,
    "format": formatting,
    "screens": screens,
    "e2e": e2e,
    "address": address,
    "leaks": leaks,
    "fuzz": fuzz,
    "undefined": undefined,
    "system": system,
}


# --- all of it --------------------------------------------------------------------------------------------------------

def say_result(name, part, counts, seconds):
    with said:
        if counts.failed > 0:
            with open(part.log_path, encoding="utf-8", errors="replace") as file:
                for line in file.read().splitlines()[-SHOWN_LINES:]:
                    print("    | " + line)
            print(f"    all of it: {os.path.relpath(part.log_path, TOP)}")
        print(f"    {name}: {counts} in {seconds:.0f} s", flush=True)


def run_part(name, options):
    with said:
        print(f"==> {name}: {PARTS[name].__doc__}", flush=True)
    began = time.monotonic()
    part = Part(name, options.jobs, options.librdkafka.split())
    try:
        counts = PARTS[name](part)
    except Exception as error:  # a part of which nobody knows how it ended has failed
        part.log.write(f"{type(error).__name__}: {error}\n".encode())
        counts = Counts(failed=1)
    if counts.passed + counts.failed + counts.skipped == 0:
        part.log.write(b"no test was run\n")
        counts.failed = 1
    part.log.close()
    seconds = time.monotonic() - began
    say_result(name, part, counts, seconds)
    return counts, seconds


def run_parts(names, options):
    """Their results by name, in the order of PARTS."""
    results = {}

    def run(some):
        for name in some:
            results[name] = run_part(name, options)

    first, aside = ([name for name in names if name in lane] for lane in LANES)
    run(first)
    beside = threading.Thread(target=run, args=(aside,), daemon=True)
    beside.start()
    run([name for name in names if name not in first + aside])
    beside.join()
    return {name: results[name] for name in names}


def main():
    parser = argparse.ArgumentParser(prog="bootstrap check", description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help=argparse.SUPPRESS)
    parser.add_argument("--librdkafka", default="", help=argparse.SUPPRESS)
    parser.add_argument("--list", action="store_true", help="list the parts")
    parser.add_argument("parts", nargs="*", metavar="PART", help="only these; all of them by default")
    options = parser.parse_args()
    if options.list:
        for name, function in PARTS.items():
            print(f"{name:10} {function.__doc__}")
        return 0
    unknown = [name for name in options.parts if name not in PARTS]
    if unknown:
        parser.error(f"no part {unknown[0]}; there are {', '.join(PARTS)}")

    # What the parts that are asked for need is run too.
    wanted = set(options.parts or PARTS) | {"build"} | ({"address"} if "fuzz" in options.parts else set())
    names = [name for name in PARTS if name in wanted]
    os.makedirs(LOGS, exist_ok=True)
    results = run_parts(names, options)

    total = Counts()
    print()
    for name, (counts, seconds) in results.items():
        print(f"{name:10} {str(counts):40} {seconds:5.0f} s")
        total.add(counts)
    print(total)
    return 1 if total.failed else 0


if __name__ == "__main__":
    # What is asked to end ends what it started, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        for process in list(running):
            end_group(process)
        print("interrupted", file=sys.stderr)
        sys.exit(130)
