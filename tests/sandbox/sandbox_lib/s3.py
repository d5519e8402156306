"""The S3 server: versitygw over a folder, in a version of choice."""

import os
import secrets
import subprocess

from . import fetch
from .process import SandboxError, spawn, wait_until
from .s3_wire import S3Client, S3Error


class S3Server:
    """Runs in the supervisor. Data, port and credentials stay the same over stop, kill and start; version, TLS and the
    limit of requests may change from one start to the next."""

    name = "s3"
    grace = 5.0

    def __init__(self, directory, port, options, secret_key=None):
        self.directory = directory
        self.data = os.path.join(directory, "s3")
        self.log = os.path.join(directory, "s3.log")
        self.port = port("s3")
        self.options = {"version": fetch.S3_VERSIONS[0], "max_requests": None, "tls": False, **options}
        self.access_key = "headgate"
        self.secret_key = secret_key or secrets.token_hex(16)

    @property
    def endpoint(self):
        return f"{'https' if self.options['tls'] else 'http'}://127.0.0.1:{self.port}"

    @property
    def ca_file(self):
        return os.path.join(self.directory, "tls", "ca.pem") if self.options["tls"] else None

    def command(self):
        if self.options["version"] not in fetch.S3_VERSIONS:
            raise SandboxError(f"no S3 server version {self.options['version']}: {', '.join(fetch.S3_VERSIONS)}")
        command = [fetch.s3_server(self.options["version"]), "--keep-alive", "--quiet", "--port", f"127.0.0.1:{self.port}"]
        if self.options["max_requests"]:
            command += ["--max-requests", str(self.options["max_requests"])]
        if self.options["tls"]:
            command += ["--cert", os.path.join(self.directory, "tls", "server.pem"),
                        "--key", os.path.join(self.directory, "tls", "server.key")]
        return command + ["posix", self.data]

    def start(self, note):
        """Starts the process, hands it to note at once, and returns it when it answers."""
        os.makedirs(self.data, exist_ok=True)
        if self.options["tls"]:
            make_certificates(os.path.join(self.directory, "tls"))
        # The secret goes by the environment: arguments can be read by everyone on the machine.
        env = dict(os.environ, ROOT_ACCESS_KEY=self.access_key, ROOT_SECRET_KEY=self.secret_key)
        process = note(spawn(self.command(), self.log, self.directory, env))
        wait_until(self.ready, 20, "S3 server", process, self.log)
        return process

    def ready(self):
        """An answer to a signed request."""
        client = S3Client(self.endpoint, self.access_key, self.secret_key, ca_file=self.ca_file, timeout=2.0)
        try:
            client.buckets()
            return True
        except S3Error as error:
            if error.status == 503:
                return False
            raise
        except OSError:
            return False
        finally:
            client.close()

    def facts(self):
        return {"endpoint": self.endpoint, "port": self.port, "log": self.log, "data": self.data,
                "access_key": self.access_key, "secret_key": self.secret_key, "region": "us-east-1",
                "ca_file": self.ca_file, **self.options}


def make_certificates(directory):
    """A certificate authority of our own and a certificate for the loopback address by it; made once."""
    if os.path.exists(os.path.join(directory, "server.pem")):
        return
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "server.ext"), "w", encoding="utf-8") as out:
        out.write("subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n")
    for arguments in (
            ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=headgate sandbox CA",
             "-addext", "basicConstraints=critical,CA:TRUE", "-keyout", "ca.key", "-out", "ca.pem"],
            ["req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout", "server.key",
             "-out", "server.csr"],
            ["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30",
             "-extfile", "server.ext", "-out", "server.new"]):
        done = subprocess.run(["openssl", *arguments], cwd=directory, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SandboxError(f"openssl {arguments[0]}: {done.stderr.strip()}")
    os.rename(os.path.join(directory, "server.new"), os.path.join(directory, "server.pem"))
