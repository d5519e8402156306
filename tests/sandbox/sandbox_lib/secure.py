"""A broker that asks who is there: beside the open listener for its owner, one for each way in that clusters have.

    TLS        TLS; nobody in particular, so with all rights, as on the owner's
    MTLS       TLS with a client's certificate; the user is its common name
    OTHERHOST  TLS with a server certificate of another host
    PLAIN      TLS and SASL PLAIN
    SCRAM      TLS and SASL SCRAM-SHA-512
    IAM        TLS and SASL OAUTHBEARER; the token is MSK's, checked by ../login
    IAMLATE    the same, by a broker whose clock is 20 minutes ahead

The owner's listener is unencrypted, and whoever comes by it may do anything; users have the rights that ACLs give them.
Certificates are made at the first start, into DIR/broker-tls.
"""

import os
import secrets
import subprocess

from . import fetch
from .process import SandboxError

LISTENERS = ("TLS", "MTLS", "OTHERHOST", "PLAIN", "SCRAM", "IAM", "IAMLATE")
USERS = ("sailor", "viewer", "nobody", "spare1", "spare2", "spare3", "spare4", "spare5", "spare6", "spare7")
REGION = "eu-west-1"
IAM_USER = "pilot"
MODULES = "org.apache.kafka.common.security"


class SecureListeners:
    """Runs in the supervisor. Ports, passwords and certificates stay over stop and start."""

    def __init__(self, directory, port, before):
        self.tls = os.path.join(directory, "broker-tls")
        self.addresses = {name: f"127.0.0.1:{port('broker-' + name.lower())}" for name in LISTENERS}
        self.users = before.get("users") or {name: "pw-" + secrets.token_hex(12) for name in USERS}
        self.iam = before.get("iam") or {"key_id": "AKIASANDBOX" + secrets.token_hex(4).upper(), "region": REGION,
                                         "secret": secrets.token_hex(20), "user": IAM_USER}

    def format_options(self):
        """For the storage tool: SCRAM users live in the cluster's metadata."""
        words = []
        for name, password in self.users.items():
            words += ["--add-scram", f"SCRAM-SHA-512=[name={name},password={password}]"]
        return words

    def settings(self):
        protocols = {"TLS": "SSL", "MTLS": "SSL", "OTHERHOST": "SSL"}
        settings = {
            "ssl.keystore.type": "PEM", "ssl.keystore.location": self._file("server-both.pem"),
            "ssl.truststore.type": "PEM", "ssl.truststore.location": self._file("ca.pem"),
            "listener.name.mtls.ssl.client.auth": "required",
            "listener.name.mtls.ssl.principal.mapping.rules": "RULE:^CN=([^,]+).*$/$1/",
            "listener.name.otherhost.ssl.keystore.type": "PEM",
            "listener.name.otherhost.ssl.keystore.location": self._file("otherhost-both.pem"),
            "listener.name.plain.sasl.enabled.mechanisms": "PLAIN",
            "listener.name.plain.plain.sasl.jaas.config": f"{MODULES}.plain.PlainLoginModule required " + " ".join(
                f'user_{name}="{password}"' for name, password in self.users.items()) + ";",
            "listener.name.scram.sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.scram.scram-sha-512.sasl.jaas.config": f"{MODULES}.scram.ScramLoginModule required;",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        }
        settings.update(self._iam("iam", 0))
        settings.update(self._iam("iamlate", 20 * 60))
        settings["listeners"] = [f"{name}://{address}" for name, address in self.addresses.items()]
        settings["protocols"] = [f"{name}:{protocols.get(name, 'SASL_SSL')}" for name in LISTENERS]
        return settings

    def _iam(self, listener, offset):
        base = f"listener.name.{listener}"
        iam = self.iam
        handler = "headgate.sandbox.MskIamValidator"
        return {
            f"{base}.sasl.enabled.mechanisms": "OAUTHBEARER",
            f"{base}.oauthbearer.sasl.server.callback.handler.class": handler,
            f"{base}.oauthbearer.sasl.login.callback.handler.class": handler,
            # A session is as long as its token at most, and here it has to be renewed after seconds.
            f"{base}.oauthbearer.connections.max.reauth.ms": 8000,
            f"{base}.oauthbearer.sasl.jaas.config":
                f'{MODULES}.oauthbearer.OAuthBearerLoginModule required keyId="{iam["key_id"]}" secret="{iam["secret"]}" '
                f'region="{iam["region"]}" principal="{iam["user"]}" clockOffsetSeconds="{offset}";',
        }

    def _file(self, name):
        return os.path.join(self.tls, name)

    def prepare(self):
        if not os.path.exists(self._file("complete")):
            make_certificates(self.tls)

    def libraries(self):
        return fetch.login_classes()

    def facts(self):
        return {"listeners": self.addresses, "tls": self.tls, "users": self.users, "iam": self.iam}


def make_certificates(directory):
    """An authority, the server's certificate by it and one for another host; clients' certificates by it, one of them
    expired; and an authority that nobody knows."""
    os.makedirs(directory, mode=0o700, exist_ok=True)
    for authority in ("ca", "wrong-ca"):
        _openssl(directory, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                 "-subj", f"/CN=sandbox {authority}", "-addext", "basicConstraints=critical,CA:TRUE",
                 "-keyout", f"{authority}.key", "-out", f"{authority}.pem")
    _write(directory, "ca.conf", "[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\n"
           "default_md=sha256\npolicy=any\ncertificate=ca.pem\nprivate_key=ca.key\n[any]\ncommonName=supplied\n"
           "[server]\nsubjectAltName=IP:127.0.0.1,DNS:localhost\n[otherhost]\nsubjectAltName=DNS:other.example\n"
           "[client]\nextendedKeyUsage=clientAuth\n")
    _write(directory, "index.txt", "")
    _write(directory, "index.txt.attr", "unique_subject=no\n")
    _certificate(directory, "server", "127.0.0.1", "server")
    _certificate(directory, "otherhost", "other.example", "otherhost")
    _certificate(directory, "sailor", "sailor", "client")
    _certificate(directory, "expired", "sailor", "client", "-startdate", "20200101000000Z", "-enddate", "20200201000000Z")
    _openssl(directory, "pkcs12", "-export", "-in", "sailor.pem", "-inkey", "sailor.key", "-certfile", "ca.pem",
             "-passout", "pass:pkcs12-secret", "-out", "sailor.p12")
    for name in ("server", "otherhost"):
        parts = [open(os.path.join(directory, f"{name}.{kind}"), encoding="ascii").read() for kind in ("key", "pem")]
        _write(directory, f"{name}-both.pem", "".join(parts))
    _write(directory, "complete", "")


def _certificate(directory, name, common_name, extensions, *dates):
    _openssl(directory, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={common_name}",
             "-keyout", f"{name}.key", "-out", f"{name}.csr")
    _openssl(directory, "ca", "-batch", "-notext", "-config", "ca.conf", "-extensions", extensions, "-in", f"{name}.csr",
             "-out", f"{name}.pem", *(dates or ("-days", "30")))


def _openssl(directory, *words):
    done = subprocess.run(["openssl", *words], cwd=directory, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SandboxError(f"openssl {words[0]}: {done.stderr.strip()}")


def _write(directory, name, text):
    path = os.path.join(directory, name)
    with open(path, "w", encoding="ascii", opener=lambda p, flags: os.open(p, flags, 0o600)) as out:
        out.write(text)
