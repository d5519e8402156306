"""The command line of the sandbox."""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

from . import fetch
from .process import SandboxError, start_time
from .sandbox import Sandbox
from .scenario import add_scenario_arguments, run_scenario
from .supervisor import Supervisor, alive, log, read_state


def main(arguments=None):
    options = parse(arguments)
    try:
        return options.run(options) or 0
    except (SandboxError, OSError) as error:
        log(str(error))
        return 1
    except KeyboardInterrupt:
        log("interrupted")
        return 130


def parse(arguments):
    parser = argparse.ArgumentParser(prog="sandbox", description="Starts a real Kafka broker, a Kafka Connect worker with an S3 "
                                     "sink, and an S3 server on the loopback interface, for demo and tests.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verb = verbs.add_parser("fetch", help="download and build everything that is started, once, into the user's cache")
    verb.set_defaults(run=run_fetch)

    verb = verbs.add_parser("up", help="start the servers; they run until Ctrl-C")
    verb.add_argument("--dir", help="directory for data, logs and sandbox.json (made when missing; a new one by default)")
    verb.add_argument("--detach", action="store_true", help="return when the servers are ready; stop them with 'down'")
    add_server_options(verb)
    verb.set_defaults(run=run_up)

    verb = verbs.add_parser("down", help="stop the servers of a directory")
    verb.add_argument("--dir", required=True)
    verb.set_defaults(run=run_down)

    verb = verbs.add_parser("status", help="print addresses, process ids and credentials as JSON")
    verb.add_argument("--dir", required=True)
    verb.set_defaults(run=run_status)

    for name in ("broker", "connect", "s3"):
        add_control(verbs, name)

    verb = verbs.add_parser("topic", help="create a topic")
    verb.add_argument("name")
    verb.add_argument("--dir", required=True)
    verb.add_argument("--partitions", type=int, default=6)
    verb.add_argument("--config", action="append", default=[], metavar="NAME=VALUE")
    verb.set_defaults(run=run_topic)

    verb = verbs.add_parser("bucket", help="create a bucket")
    verb.add_argument("name")
    verb.add_argument("--dir", required=True)
    verb.set_defaults(run=run_bucket)

    verb = verbs.add_parser("scenario", help="bring a running sandbox into a known state")
    add_scenario_arguments(verb)
    verb.set_defaults(run=run_scenario)

    # For the sandbox itself: what Sandbox.start() and 'up --detach' run.
    verb = verbs.add_parser("supervise")
    verb.add_argument("--dir", required=True)
    verb.add_argument("--owner", type=int)
    verb.add_argument("--options", type=json.loads, default={})
    verb.add_argument("--without", action="append", default=[])
    verb.set_defaults(run=run_supervise)
    return parser.parse_args(arguments)


def add_server_options(verb):
    verb.add_argument("--without", action="append", default=[], choices=("broker", "connect", "s3"),
                      help="leave a server out; may be repeated")
    verb.add_argument("--partitions", type=int, metavar="N", help="partitions of a topic that does not say how many (num.partitions)")
    verb.add_argument("--broker-config", action="append", default=[], metavar="NAME=VALUE", help="a setting of the broker")
    verb.add_argument("--secure", action="store_true",
                      help="listeners with TLS, client certificates, SASL PLAIN, SCRAM and MSK IAM, and ACLs")
    verb.add_argument("--broker-heap", metavar="SIZE", help="heap of the broker (512m; 10,000 partitions want 1500m)")
    add_s3_options(verb, "--s3-")


def add_s3_options(verb, prefix):
    verb.add_argument(prefix + "version", choices=fetch.S3_VERSIONS, dest="s3_version",
                      help="S3 server: 1.7.0 lets overlapping conditional PUTs all win")
    verb.add_argument(prefix + "max-requests", type=int, dest="s3_max_requests", metavar="N",
                      help="requests at once before the S3 server answers SlowDown; 0 for no limit")
    verb.add_argument(prefix + "tls", action=argparse.BooleanOptionalAction, default=None, dest="s3_tls",
                      help="HTTPS, with a certificate by an authority of the sandbox's own (DIR/tls/ca.pem)")


def add_control(verbs, name):
    control = verbs.add_parser(name, help=f"start, stop or kill the {name} server alone")
    actions = control.add_subparsers(dest="action", required=True, metavar="start|stop|kill")
    for action, help_text in (("start", "start it on the same port and data, wait until it answers"),
                              ("stop", "stop it in good order"), ("kill", "kill it (SIGKILL)")):
        verb = actions.add_parser(action, help=help_text)
        verb.add_argument("--dir", required=True)
        if name == "s3" and action == "start":
            add_s3_options(verb, "--")
        verb.set_defaults(run=run_control, server=name)


def s3_options(options):
    chosen = {"version": options.s3_version, "max_requests": options.s3_max_requests, "tls": options.s3_tls}
    return {name: value for name, value in chosen.items() if value is not None}


def pairs(settings):
    for setting in settings:
        if "=" not in setting:
            raise SandboxError(f"{setting}: a setting is written NAME=VALUE")
    return dict(setting.split("=", 1) for setting in settings)


def server_options(options):
    broker = {"config": pairs(options.broker_config)}
    if options.partitions:
        broker["config"]["num.partitions"] = options.partitions
    if options.secure:
        broker["secure"] = True
    if options.broker_heap:
        broker["heap"] = options.broker_heap
    return {"broker": broker, "s3": s3_options(options)}


def run_fetch(options):
    fetch.fetch(log)


def run_up(options):
    if not fetch.complete():
        fetch.fetch(log)
    directory = os.path.abspath(options.dir) if options.dir else tempfile.mkdtemp(prefix="headgate-sandbox-")
    os.makedirs(directory, exist_ok=True)
    state = read_state(directory)
    if state and alive(state):
        raise SandboxError(f"a sandbox is running in {directory} (process {state['supervisor']['pid']})")
    if options.detach:
        detach(directory, options)
    else:
        Supervisor(directory, server_options(options), options.without, log).run(on_ready=lambda: show(directory))


def show(directory):
    """Where everything is. The directory alone goes to standard output, for scripts."""
    state = read_state(directory)
    if "broker" in state:
        log(f"Kafka          {state['broker']['address']}")
        for name, address in state["broker"].get("listeners", {}).items():
            log(f"  {name:<12} {address}")
    if "connect" in state:
        log(f"Kafka Connect  {state['connect']['url']}")
    if "s3" in state:
        log(f"S3             {state['s3']['endpoint']}")
    log(f"for a shell:   . {os.path.join(directory, 'sandbox.env')}")
    print(directory, flush=True)


def detach(directory, options):
    """Leaves a supervisor behind in a session of its own, and shows its progress until it is ready."""
    log_path = os.path.join(directory, "supervisor.log")
    open(log_path, "w", encoding="utf-8").close()
    command = [sys.executable, sys.argv[0], "supervise", "--dir", directory, "--options", json.dumps(server_options(options)),
               *(f"--without={name}" for name in options.without)]
    process = launch(command, log_path)
    try:
        with open(log_path, encoding="utf-8") as progress:
            while True:
                ended = process.poll() is not None
                state = read_state(directory)
                ready = state and state["ready"] and state["supervisor"]["pid"] == process.pid
                sys.stderr.write(progress.read())
                if ready:
                    break
                if ended:
                    raise SandboxError("the sandbox did not start")
                time.sleep(0.1)
    except BaseException:
        process.terminate()
        process.wait()
        raise
    show(directory)


def launch(command, log_path):

    with open(log_path, "a", encoding="utf-8") as output:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)


def run_supervise(options):
    Supervisor(options.dir, options.options, options.without, log).run(options.owner)


def run_down(options):
    state = read_state(options.dir)
    if not state or not alive(state):
        log("nothing is running there")
        return
    pid = state["supervisor"]["pid"]
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 60
    while start_time(pid) == state["supervisor"]["start_time"]:
        if time.monotonic() > deadline:
            raise SandboxError(f"process {pid} does not end")
        time.sleep(0.05)
    log("stopped")


def run_status(options):
    print(json.dumps(Sandbox.attach(options.dir).state, indent=2))


def run_control(options):
    sandbox = Sandbox.attach(options.dir)
    request = {"do": options.action, "server": options.server}
    if options.server == "s3" and options.action == "start":
        request["options"] = s3_options(options)
    sandbox.request(**request)
    log(f"{options.server}: {options.action} done")


def run_topic(options):
    Sandbox.attach(options.dir).broker.create_topic(options.name, options.partitions, pairs(options.config))


def run_bucket(options):
    Sandbox.attach(options.dir).s3.create_bucket(options.name)
