"""The Kafka Connect worker: distributed mode, one worker, with the sandbox's S3 sink as its plugin."""

import json
import os
import urllib.error
import urllib.request

from . import fetch
from .broker import java
from .process import SandboxError, spawn, wait_until


class ConnectError(SandboxError):
    def __init__(self, status, message):
        super().__init__(f"Kafka Connect answers {status}: {message}")
        self.status = status


def call(url, method, path, body=None, timeout=30.0):
    """One request to Connect's REST interface: the parsed answer, or None where there is none."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data=data, method=method, headers={"Content-Type": "application/json"})
    # A proxy from the environment has no business between us and the loopback address.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        text = error.read().decode(errors="replace")
        try:
            text = json.loads(text).get("message", text)
        except ValueError:
            pass
        raise ConnectError(error.code, text) from None
    return json.loads(text) if text else None


class ConnectServer:
    """Runs in the supervisor. Its connectors live in the broker's topics and come back when it is started again."""

    name = "connect"
    grace = 20.0

    def __init__(self, directory, port, options, broker):
        self.directory = directory
        self.settings_path = os.path.join(directory, "connect.properties")
        self.log = os.path.join(directory, "connect.log")
        self.port = port("connect")
        self.options = {"heap": "512m", "config": {}, **options}
        self.broker = broker
        self.url = f"http://127.0.0.1:{self.port}"

    def _settings(self):
        converter = "org.apache.kafka.connect.converters.ByteArrayConverter"
        settings = {
            "bootstrap.servers": self.broker.address,
            "group.id": "sandbox-workers",
            "key.converter": converter,
            "value.converter": converter,
            "offset.flush.interval.ms": 1000,
            "plugin.path": fetch.sink_plugins(),
            "plugin.discovery": "service_load",
            "listeners": self.url,
        }
        for kind in ("config", "offset", "status"):
            settings[f"{kind}.storage.topic"] = f"sandbox-connect-{kind}"
            settings[f"{kind}.storage.replication.factor"] = 1
        settings["offset.storage.partitions"] = settings["status.storage.partitions"] = 1
        return {**settings, **self.options["config"]}

    def start(self, note):
        """Starts the process, hands it to note at once, and returns it when it answers."""
        with open(self.settings_path, "w", encoding="utf-8") as out:
            out.writelines(f"{key}={value}\n" for key, value in self._settings().items())
        command = java("org.apache.kafka.connect.cli.ConnectDistributed", self.settings_path, heap=self.options["heap"])
        process = note(spawn(command, self.log, self.directory))
        wait_until(self.ready, 60, "Kafka Connect", process, self.log)
        return process

    def ready(self):
        try:
            return isinstance(call(self.url, "GET", "/connectors", timeout=2.0), list)
        except (OSError, ConnectError):
            return False

    def facts(self):
        return {"url": self.url, "port": self.port, "log": self.log}
