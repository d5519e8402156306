"""The Kafka broker: one node, broker and controller in one."""

import base64
import os
import subprocess
import uuid

from . import fetch
from .kafka_wire import KafkaConnection
from .process import SandboxError, log_tail, spawn, wait_until
from .secure import SecureListeners

# A client's compiler saves nothing in servers that live for minutes, and starts them slower.
JVM = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
       "-Dorg.slf4j.simpleLogger.showDateTime=true", "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS"]


def java(main, *arguments, heap="512m", libraries=None, classes=None):
    path = os.path.join(libraries or fetch.kafka_libs(), "*") + (os.pathsep + classes if classes else "")
    return ["java", f"-Xmx{heap}", *JVM, "-cp", path, main, *arguments]


class BrokerServer:
    """Runs in the supervisor. Data and port stay the same over stop, kill and start."""

    name = "broker"
    grace = 20.0

    def __init__(self, directory, port, options, before=None):
        self.directory = os.path.join(directory, "broker")
        self.log = os.path.join(directory, "broker.log")
        self.port, self.controller_port = port("broker"), port("controller")
        self.options = {"heap": "512m", "config": {}, **options}
        self.address = f"127.0.0.1:{self.port}"
        self.secure = SecureListeners(directory, port, before or {}) if self.options.get("secure") else None

    def command(self):
        return java("kafka.Kafka", os.path.join(self.directory, "server.properties"), heap=self.options["heap"],
                    classes=self.secure.libraries() if self.secure else None)

    def prepare(self):
        """Writes the settings, and formats the storage the first time."""
        os.makedirs(self.directory, exist_ok=True)
        if self.secure:
            self.secure.prepare()
        settings = os.path.join(self.directory, "server.properties")
        with open(settings, "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
            out.writelines(f"{key}={value}\n" for key, value in self._settings().items())
        if os.path.exists(os.path.join(self.directory, "data", "meta.properties")):
            return
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if cluster.startswith("-"):
            cluster = "A" + cluster[1:]
        with open(self.log, "ab") as log:
            done = subprocess.run(java("kafka.tools.StorageTool", "format", "-t", cluster, "-c", settings,
                                       *(self.secure.format_options() if self.secure else [])),
                                  stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)
        if done.returncode != 0:
            raise SandboxError(f"the broker's storage cannot be formatted{log_tail(self.log)}")

    def _settings(self):
        return {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@127.0.0.1:{self.controller_port}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://{self.address},CONTROLLER://127.0.0.1:{self.controller_port}",
            "advertised.listeners": f"PLAINTEXT://{self.address}",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "log.dirs": os.path.join(self.directory, "data"),
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 4,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            "group.min.session.timeout.ms": 1000,
            "auto.create.topics.enable": "false",
            # Records with times of long ago stay, unless a topic asks otherwise; tests of that should not wait for minutes.
            "log.retention.ms": -1,
            "log.retention.check.interval.ms": 1000,
            "log.initial.task.delay.ms": 1000,
            **self._secure_settings(),
            **self.options["config"],
        }

    def _secure_settings(self):
        if not self.secure:
            return {}
        settings = self.secure.settings()
        more, protocols = settings.pop("listeners"), settings.pop("protocols")
        own = f"PLAINTEXT://{self.address}"
        return {
            **settings,
            "listeners": ",".join([own, f"CONTROLLER://127.0.0.1:{self.controller_port}", *more]),
            "advertised.listeners": ",".join([own, *more]),
            "listener.security.protocol.map": ",".join(["CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT", *protocols]),
            "super.users": "User:ANONYMOUS",
        }

    def start(self, note):
        """Starts the process, hands it to note at once, and returns it when it answers."""
        self.prepare()
        process = note(spawn(self.command(), self.log, self.directory))
        wait_until(self.ready, 60, "Kafka broker", process, self.log)
        return process

    def ready(self):
        """A metadata answer that lists the broker; an open port alone says nothing."""
        try:
            with KafkaConnection(self.address, 2.0) as kafka:
                return self.address in kafka.metadata([])["brokers"].values()
        except OSError:
            return False

    def facts(self):
        return {"address": self.address, "port": self.port, "log": self.log, **(self.secure.facts() if self.secure else {})}
