"""The one process that owns the servers of a sandbox.

It starts them, answers requests on DIR/control.sock (one line of JSON each way), and stops them all when it is told
to, when it is interrupted (also half way through starting), or when the program that wanted the sandbox goes away.
Should it be killed outright, the kernel kills the servers with it (process.spawn).
"""

import json
import os
import selectors
import shlex
import signal
import socket
import sys
import time

from .broker import BrokerServer
from .connect import ConnectServer
from .process import SandboxError, free_port, start_time, stop
from .s3 import S3Server


class Interrupted(BaseException):
    """A signal asked to stop; raised wherever the main thread happens to be."""


def socket_address(directory_descriptor):
    """The control socket below an open directory: a short name, however long the directory's own path is."""
    return f"/proc/self/fd/{directory_descriptor}/control.sock"


class Supervisor:
    """Owns the servers of one directory. One thread; requests are carried out one after the other."""

    def __init__(self, directory, options, without=(), say=print):
        self.directory = os.path.abspath(directory)
        self.say = say
        self.processes = {}
        self.ready = False
        # A directory that is used again gets its old ports and key: connectors stored in its topics name them.
        before = read_state(self.directory) or {}
        self.ports = {}

        def port(name):
            self.ports[name] = free_port(self.ports.values(), before.get("ports", {}).get(name))
            return self.ports[name]

        s3 = S3Server(self.directory, port, options.get("s3", {}), before.get("s3", {}).get("secret_key"))
        broker = BrokerServer(self.directory, port, options.get("broker", {}), before.get("broker"))
        connect = ConnectServer(self.directory, port, options.get("connect", {}), broker)
        self.servers = {server.name: server for server in (s3, broker, connect) if server.name not in without}

    def run(self, owner_descriptor=None, on_ready=None):
        """Starts everything and serves requests until it is told to stop; always stops everything at the end."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._interrupt)
        started = time.monotonic()
        try:
            with self._listen() as listener:
                for name in self.servers:
                    self._start(name, {})
                self.ready = True
                self.write_state()
                self.say(f"ready after {time.monotonic() - started:.1f} s")
                if on_ready:
                    on_ready()
                self._serve(listener, owner_descriptor)
        except Interrupted:
            self.say("interrupted")
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            self._stop_all()

    @staticmethod
    def _interrupt(number, frame):
        raise Interrupted

    def _listen(self):
        descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            path = os.path.join(self.directory, "control.sock")
            if os.path.exists(path):
                os.unlink(path)
            listener.bind(socket_address(descriptor))
            os.chmod(path, 0o600)
            listener.listen(8)
            return listener
        finally:
            os.close(descriptor)

    def _serve(self, listener, owner_descriptor):
        with selectors.DefaultSelector() as selector:
            selector.register(listener, selectors.EVENT_READ)
            if owner_descriptor is not None:
                selector.register(owner_descriptor, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj == owner_descriptor:
                        return
                    connection, _ = listener.accept()
                    with connection:
                        if not self._answer(connection):
                            return

    def _answer(self, connection):
        """Carries out one request; false when it was the last one."""
        connection.settimeout(5)
        try:
            with connection.makefile("rw", encoding="utf-8") as stream:
                request = json.loads(stream.readline())
                try:
                    answer = {"ok": True, "state": self._carry_out(request)}
                except (SandboxError, OSError) as error:
                    answer = {"ok": False, "error": str(error)}
                stream.write(json.dumps(answer) + "\n")
        except (OSError, ValueError) as error:
            self.say(f"a request went wrong: {error}")
            return True
        return request.get("do") != "down"

    def _carry_out(self, request):
        verb, name = request.get("do"), request.get("server")
        if verb == "down":
            # Answered when nothing is running any more.
            self._stop_all()
        elif verb == "state":
            pass
        elif name not in self.servers:
            raise SandboxError(f"this sandbox has no server {name}")
        elif verb == "start":
            self._start(name, request.get("options") or {})
        elif verb == "stop":
            self._stop(name)
        elif verb == "kill":
            self._kill(name)
        else:
            raise SandboxError(f"no such request: {verb}")
        return self.state()

    def _start(self, name, options):
        running = self.processes.get(name)
        if running and running.poll() is None:
            raise SandboxError(f"{name} is running already (process {running.pid})")
        server = self.servers[name]
        server.options.update(options)
        self.processes.pop(name, None)
        began = time.monotonic()
        self.say(f"starting {name}")
        process = None
        try:
            process = server.start(self._started(name))
        except SandboxError:
            if name in self.processes:
                stop(self.processes.pop(name), server.grace)
            raise
        self.say(f"  {name} is ready after {time.monotonic() - began:.1f} s (process {process.pid})")
        self.write_state()

    def _started(self, name):
        """Notes a process the moment it exists, so that an interruption while it starts cannot lose it."""
        def note(process):
            self.processes[name] = process
            return process
        return note

    def _stop(self, name):
        process = self.processes.pop(name, None)
        if process:
            stop(process, self.servers[name].grace)
        self.write_state()

    def _kill(self, name):
        process = self.processes.pop(name, None)
        if process:
            process.kill()
            process.wait()
        self.write_state()

    def _stop_all(self):
        """Connect before the broker that it needs; each is asked, waited for, and killed if it does not end."""
        for name in reversed(list(self.servers)):
            if name in self.processes:
                self.say(f"stopping {name}")
                stop(self.processes.pop(name), self.servers[name].grace)
        self.ready = False
        self.write_state()

    def state(self):
        servers = {}
        for name, server in self.servers.items():
            process = self.processes.get(name)
            running = process is not None and process.poll() is None
            servers[name] = {**server.facts(), "running": running, "pid": process.pid if running else None}
        return {"directory": self.directory, "ready": self.ready, "ports": self.ports,
                "supervisor": {"pid": os.getpid(), "start_time": start_time(os.getpid())}, **servers}

    def write_state(self):
        """sandbox.json for programs and sandbox.env for shells, both whole at any moment and for the owner's eyes only."""
        state = self.state()
        self._write("sandbox.json", json.dumps(state, indent=2) + "\n")
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in environment(state).items()]
        self._write("sandbox.env", "".join(lines))

    def _write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path + ".new", "w", encoding="utf-8", opener=lambda p, flags: os.open(p, flags, 0o600)) as out:
            out.write(text)
        os.rename(path + ".new", path)


def read_state(directory):
    """The directory's sandbox.json; None where there is none."""
    try:
        with open(os.path.join(directory, "sandbox.json"), encoding="utf-8") as state:
            return json.load(state)
    except FileNotFoundError:
        return None


def alive(state):
    """Whether the supervisor of a state still runs: the process of that id, and not a later one."""
    recorded = state["supervisor"]
    return start_time(recorded["pid"]) == recorded["start_time"]


def environment(state):
    """What a program needs to find the servers, under the names that the AWS tools, headgate and its tests read."""
    variables = {"SANDBOX_DIR": state["directory"]}
    if "broker" in state:
        variables["SANDBOX_BROKERS"] = state["broker"]["address"]
    if "connect" in state:
        variables["SANDBOX_CONNECT"] = state["connect"]["url"]
    if "s3" in state:
        s3 = state["s3"]
        variables.update(AWS_ENDPOINT_URL=s3["endpoint"], AWS_ACCESS_KEY_ID=s3["access_key"],
                         AWS_SECRET_ACCESS_KEY=s3["secret_key"], AWS_REGION=s3["region"],
                         AWS_DEFAULT_REGION=s3["region"])
        if s3["ca_file"]:
            variables["AWS_CA_BUNDLE"] = s3["ca_file"]
    return variables


def log(line):
    print(f"[sandbox] {line}", file=sys.stderr, flush=True)
