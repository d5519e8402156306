"""The built headgate as a test runs it: as a process with arguments, nothing of its inside."""

import json
import os
import signal
import subprocess
import time


class Program:
    def __init__(self, path, sandbox):
        self.path, self.sandbox = os.path.abspath(path), sandbox

    def command(self, verb, *arguments, endpoint=None, brokers=True):
        """The whole command line; brokers and endpoint are added where the command takes them. No verb: the console."""
        command = [self.path, *([verb] if verb else []), *(["-b", self.sandbox.broker.address] if brokers else [])]
        if verb in ("deliver", "audit"):
            command += ["--endpoint-url", endpoint or self.sandbox.s3.endpoint]
        return command + [str(argument) for argument in arguments]

    def state_folder(self):
        """Where the console keeps its log: never the tester's own."""
        return os.path.join(str(self.sandbox.directory), "state")

    def environment(self, **changes):
        environment = dict(self.sandbox.environment())
        environment["XDG_STATE_HOME"] = self.state_folder()
        environment.update(changes)
        return {name: value for name, value in environment.items() if value is not None}

    def run(self, verb, *arguments, accept=(0,), timeout=300, endpoint=None, brokers=True, **changes):
        """Runs to the end; an exit code that is not accepted fails the test with all that was said."""
        done = subprocess.run(self.command(verb, *arguments, endpoint=endpoint, brokers=brokers), env=self.environment(**changes),
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False)
        done.out, done.err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
        assert accept is None or done.returncode in accept, \
            f"{' '.join(done.args)}\nexit {done.returncode}\n{done.out}\n{done.err}"
        return done

    def json(self, verb, *arguments, **options):
        """The one document on standard output."""
        return json.loads(self.run(verb, *arguments, "--json", **options).out)

    def start(self, verb, *arguments, endpoint=None, **changes):
        """Starts it in a process group of its own and comes back; output goes to pipes."""
        return subprocess.Popen(self.command(verb, *arguments, endpoint=endpoint), env=self.environment(**changes),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                start_new_session=True)


def finish(process, accept=(0,), timeout=300):
    """Waits for a started program; gives standard output and standard error."""
    out, err = process.communicate(timeout=timeout)
    out, err = out.decode("utf-8", "replace"), err.decode("utf-8", "replace")
    assert accept is None or process.returncode in accept, f"exit {process.returncode}\n{out}\n{err}"
    return out, err


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.communicate()


def wait_for(condition, seconds=60, what="it"):
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"{what} did not come true in {seconds} s"
        time.sleep(0.02)
    return result
