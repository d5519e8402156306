"""What tests and scripts use: a sandbox to start and stop, and its servers with the requests that tests need.

    with Sandbox() as sandbox:
        sandbox.broker.create_topic("orders", 6)
        sandbox.s3.create_bucket("lake")
        sandbox.s3.kill()
        sandbox.s3.start()
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

from . import fetch
from .connect import ConnectError, call
from .kafka_wire import (COORDINATOR_ERRORS, EARLIEST, LATEST, LEADER_ERRORS, TOPIC_ALREADY_EXISTS, KafkaConnection,
                         KafkaError)
from .process import SandboxError, wait_until
from .s3_wire import S3Client
from .supervisor import alive, environment, read_state, socket_address

SANDBOX = os.path.join(fetch.HERE, "sandbox")


class Server:
    """One of the three servers of a sandbox, as the sandbox's supervisor sees it."""

    name = None

    def __init__(self, sandbox):
        self.sandbox = sandbox

    @property
    def facts(self):
        return self.sandbox.state[self.name]

    @property
    def pid(self):
        return self.facts["pid"]

    def start(self, **options):
        """Starts it on the same port and data, and waits until it answers."""
        self.sandbox.request(do="start", server=self.name, options=options)

    def stop(self):
        """Stops it in good order."""
        self.sandbox.request(do="stop", server=self.name)

    def kill(self):
        """Kills it outright, as a crash or a power cut would."""
        self.sandbox.request(do="kill", server=self.name)


class Broker(Server):
    name = "broker"

    @property
    def address(self):
        return self.facts["address"]

    def connection(self):
        return KafkaConnection(self.address)

    def create_topic(self, name, partitions, configs=None, exist_ok=False, at_once=5000):
        """Creates a topic and waits until each of its partitions has a leader. More than at_once partitions are added step
        by step: a controller refuses 10,000 in one request."""
        with self.connection() as kafka:
            try:
                kafka.create_topic(name, min(partitions, at_once), configs)
                for count in range(2 * at_once, partitions + at_once, at_once):
                    kafka.create_partitions(name, min(count, partitions))
            except KafkaError as error:
                if error.code != TOPIC_ALREADY_EXISTS or not exist_ok:
                    raise

            def led():
                leaders = kafka.metadata([name])["topics"].get(name, {})
                return len(leaders) >= partitions and all(leader >= 0 for leader in leaders.values())

            wait_until(led, 120, f"leaders for topic {name}", interval=0.02 if partitions < at_once else 1)

    def partitions(self, topic):
        with self.connection() as kafka:
            return sorted(kafka.metadata([topic])["topics"][topic])

    def log_starts(self, topic):
        return self._offsets(topic, EARLIEST)

    def ends(self, topic, committed_only=True):
        """Last stable offsets; high watermarks where committed_only is false."""
        return self._offsets(topic, LATEST, committed_only)

    def _offsets(self, topic, time_ms, committed_only=True):
        partitions = self.partitions(topic)
        return self._ask(lambda kafka: kafka.offsets(topic, partitions, time_ms, committed_only), LEADER_ERRORS)

    def committed(self, group, topic):
        """The group's committed offset for every partition of the topic; None where there is no commit."""
        partitions = self.partitions(topic)
        return self._ask_coordinator(lambda kafka: kafka.committed(group, topic, partitions))

    def commit(self, group, topic, offsets, at_once=1000):
        """Commits {partition: offset} for a group without members: how a test gives a group a history."""
        rows = sorted(offsets.items())
        for at in range(0, len(rows), at_once):
            self._ask_coordinator(lambda kafka, at=at: kafka.commit(group, topic, dict(rows[at:at + at_once])))

    def group(self, group):
        """{"state", "members"} of the group."""
        return self._ask_coordinator(lambda kafka: kafka.group(group))

    def _ask_coordinator(self, question):
        return self._ask(question, COORDINATOR_ERRORS)

    def _ask(self, question, again):
        """A broker that has just started, or a coordinator whose group is new, asks to come again."""
        deadline = time.monotonic() + 20
        while True:
            try:
                with self.connection() as kafka:
                    return question(kafka)
            except KafkaError as error:
                if error.code not in again or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)


class S3(Server):
    name = "s3"

    @property
    def endpoint(self):
        return self.facts["endpoint"]

    @property
    def access_key(self):
        return self.facts["access_key"]

    @property
    def secret_key(self):
        return self.facts["secret_key"]

    def client(self):
        return S3Client(self.endpoint, self.access_key, self.secret_key, self.facts["region"], self.facts["ca_file"])

    def create_bucket(self, bucket):
        client = self.client()
        try:
            client.create_bucket(bucket)
        finally:
            client.close()

    def list(self, bucket, prefix=""):
        client = self.client()
        try:
            return client.list(bucket, prefix)
        finally:
            client.close()

    def get(self, bucket, key):
        client = self.client()
        try:
            return client.get(bucket, key)
        finally:
            client.close()


class Connect(Server):
    name = "connect"

    @property
    def url(self):
        return self.facts["url"]

    def call(self, method, path, body=None):
        """One REST request. While the worker rebalances (409) it is asked again."""
        deadline = time.monotonic() + 60
        while True:
            try:
                return call(self.url, method, path, body, timeout=100)
            except ConnectError as error:
                if error.status != 409 or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    @staticmethod
    def _path(connector, rest=""):
        return f"/connectors/{urllib.parse.quote(connector, safe='')}{rest}"

    def create(self, connector, topic, bucket, **settings):
        """Creates an S3 sink on a topic; settings with underscores for dots are the sink's own (sink/README.md)."""
        s3 = self.sandbox.s3
        config = {
            "connector.class": "headgate.sandbox.S3Sink", "tasks.max": "1", "topics": topic, "s3.bucket": bucket,
            "s3.endpoint": s3.endpoint, "s3.region": s3.facts["region"], "s3.access.key": s3.access_key,
            "s3.secret.key": s3.secret_key,
            **{name.replace("_", "."): str(value) for name, value in settings.items()},
        }
        return self.call("POST", "/connectors", {"name": connector, "config": config})

    def status(self, connector):
        return self.call("GET", self._path(connector, "/status"))

    def offsets(self, connector, topic):
        """Committed offsets as Connect itself tells them: only partitions that have one."""
        answer = self.call("GET", self._path(connector, "/offsets"))
        return {entry["partition"]["kafka_partition"]: entry["offset"]["kafka_offset"] for entry in answer["offsets"]
                if entry["partition"]["kafka_topic"] == topic}

    def wait_state(self, connector, state, seconds=60):
        """Waits for a state of the connector; RUNNING means its tasks as well. A failed task is an error at once."""
        def reached():
            try:
                status = self.status(connector)
            except ConnectError as error:
                if error.status == 404:
                    return None
                raise
            for task in status["tasks"]:
                if task["state"] == "FAILED":
                    raise SandboxError(f"task {task['id']} of {connector} failed: {task.get('trace', '')[:2000]}")
            tasks = [task["state"] for task in status["tasks"]]
            if status["connector"]["state"] != state:
                return None
            if state == "RUNNING" and (not tasks or any(task != "RUNNING" for task in tasks)):
                return None
            return status if state != "STOPPED" or not tasks else None
        return wait_until(reached, seconds, f"connector {connector} {state}")

    def stop_connector(self, connector):
        """Stops the connector and waits until it has no task left and its group is empty."""
        self.call("PUT", self._path(connector, "/stop"))
        self.wait_state(connector, "STOPPED")
        group = f"connect-{connector}"
        wait_until(lambda: self.sandbox.broker.group(group)["state"] in ("Empty", "Dead"), 60, f"group {group} empty")

    def resume(self, connector):
        self.call("PUT", self._path(connector, "/resume"))
        self.wait_state(connector, "RUNNING")

    def delete(self, connector):
        self.call("DELETE", self._path(connector))


class Sandbox:
    """A sandbox of one's own, or with attach() one that is running already.

    options: "broker", "connect", "s3", each with a dictionary of the server's options; without: names of servers that
    are not wanted. The servers go away with this object's process, however it ends.
    """

    def __init__(self, directory=None, options=None, without=(), keep=None, say=None):
        self.keep = directory is not None if keep is None else keep
        self.directory = os.path.abspath(directory) if directory else None
        self.options, self.without, self.say = options or {}, tuple(without), say
        self.process = None
        self.owner = None
        self.state = None
        self.broker, self.s3, self.connect = Broker(self), S3(self), Connect(self)

    @classmethod
    def attach(cls, directory):
        sandbox = cls(directory)
        sandbox.request(do="state")
        return sandbox

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Starts the servers; downloads first what is missing. Returns itself when all of them answer."""
        if not fetch.complete():
            fetch.fetch(self.say or (lambda line: print(line, file=sys.stderr)))
        if self.directory is None:
            self.directory = tempfile.mkdtemp(prefix="headgate-sandbox-")
        os.makedirs(self.directory, exist_ok=True)
        self._refuse_running()
        reading, self.owner = os.pipe()
        command = [sys.executable, SANDBOX, "supervise", "--dir", self.directory, "--owner", str(reading),
                   "--options", json.dumps(self.options), *(f"--without={name}" for name in self.without)]
        log_path = os.path.join(self.directory, "supervisor.log")
        with open(log_path, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            pass_fds=[reading], start_new_session=True)
        os.close(reading)
        try:
            wait_until(self._is_ready, 120, "sandbox", self.process, log_path)
        except BaseException:
            self.stop()
            raise
        return self

    def _refuse_running(self):
        state = read_state(self.directory)
        if state and alive(state):
            raise SandboxError(f"a sandbox is running in {self.directory} (process {state['supervisor']['pid']})")

    def _is_ready(self):
        self.state = read_state(self.directory)
        return bool(self.state) and self.state["supervisor"]["pid"] == self.process.pid and self.state["ready"]

    def request(self, **request):
        """Sends a request to the supervisor and takes over the state that it answers with."""
        descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(150)
                connection.connect(socket_address(descriptor))
                with connection.makefile("rw", encoding="utf-8") as stream:
                    stream.write(json.dumps(request) + "\n")
                    stream.flush()
                    line = stream.readline()
        except (FileNotFoundError, ConnectionRefusedError):
            raise SandboxError(f"no sandbox is running in {self.directory}") from None
        finally:
            os.close(descriptor)
        if not line:
            raise SandboxError("the sandbox stopped before it answered")
        answer = json.loads(line)
        if not answer["ok"]:
            raise SandboxError(answer["error"])
        self.state = answer["state"]
        return self.state

    def stop(self):
        """Stops everything; removes the directory if it was made here and is not to be kept."""
        if self.owner is not None:
            os.close(self.owner)
            self.owner = None
        if self.process is not None:
            # The closed pipe tells it while it serves; the signal also reaches it half way through starting.
            self.process.terminate()
            self.process.wait()
            self.process = None
        if not self.keep and self.directory:
            shutil.rmtree(self.directory, ignore_errors=True)

    def environment(self):
        """The process environment with the sandbox's addresses and credentials, and without proxies or AWS profiles."""
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith("AWS_") and not name.lower().endswith("_proxy")}
        return {**kept, "AWS_EC2_METADATA_DISABLED": "true", **environment(self.state)}

