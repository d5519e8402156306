"""Stand-ins on loopback for what hands out AWS credentials (STS, a container's agent, instance metadata), and a gate in front
of the S3 server that takes only what was handed out.

Signatures are checked with botocore's own signer, which shares no code with headgate. Everything that is issued has a key id,
a secret and a token of its own, and an end after which STS and the gate refuse it.
"""

import contextlib
import email.utils
import http.client
import http.server
import json
import secrets
import threading
import time
import urllib.parse

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

REGION = "us-east-1"


class Keys:
    """What is valid: key id -> (secret, token or None, end or None)."""

    def __init__(self):
        self.lock = threading.Lock()
        self.rows = {}
        self.revoked = set()

    def add(self, key_id, secret, token=None, end=None):
        with self.lock:
            self.rows[key_id] = (secret, token, end)

    def issue(self, tail, life):
        """New credentials whose key id ends in four letters that say where they came from."""
        key_id = f"ASIA{secrets.token_hex(6).upper()}{tail}"
        secret, token = secrets.token_urlsafe(30), secrets.token_urlsafe(60) + "=="
        end = time.time() + life
        self.add(key_id, secret, token, end)
        return {"AccessKeyId": key_id, "SecretAccessKey": secret, "Token": token, "SessionToken": token,
                "Expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end))}

    def check(self, handler, body, service, now):
        """None, or (status, code, message) of the refusal, by what botocore would have signed."""
        authorization = handler.headers.get("Authorization", "")
        parts = dict(part.strip().split("=", 1) for part in authorization.partition(" ")[2].split(","))
        key_id = parts.get("Credential", "").split("/")[0]
        with self.lock:
            if key_id not in self.rows:
                return 403, "InvalidClientTokenId" if service == "sts" else "InvalidAccessKeyId", "unknown key", key_id
            secret, token, end = self.rows[key_id]
            revoked = service == "sts" and key_id in self.revoked  # the gate has a word of its own for it
        date = handler.headers.get("x-amz-date", "")
        signer = (SigV4Auth if service == "sts" else S3SigV4Auth)(Credentials(key_id, secret), service, REGION)
        wanted = {name: handler.headers[name] for name in parts["SignedHeaders"].split(";")}
        request = AWSRequest(handler.command, f"http://{handler.headers['Host']}{handler.path}", data=body, headers=wanted)
        request.context["timestamp"] = date
        signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
        if signature != parts["Signature"]:
            return 403, "SignatureDoesNotMatch", f"The request signature we calculated does not match {secret}", key_id
        if token != handler.headers.get("x-amz-security-token") or (token and "x-amz-security-token" not in wanted):
            return 403, "InvalidClientTokenId" if service == "sts" else "InvalidToken", "wrong token", key_id
        signed_at = time.mktime(time.strptime(date, "%Y%m%dT%H%M%SZ")) - time.timezone
        if service == "sts" and abs(signed_at - now) > 300:
            return 403, "SignatureDoesNotMatch", f"Signature expired: {date} is now earlier than 5 min ago", key_id
        if revoked or (end is not None and time.time() > end):
            return (403 if service == "sts" else 400), "ExpiredToken", "The security token included has expired", key_id
        return 200, "", "", key_id


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):
        return email.utils.formatdate((timestamp or time.time()) + self.server.owner.clock_offset, usegmt=True)

    def answer(self, status, body, kind="application/json", headers=()):
        body = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def handle_one_request(self):
        with contextlib.suppress(ConnectionError):
            super().handle_one_request()

    def serve(self):
        self.server.owner.serve(self, self.body())

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = serve


class Server:
    """Listens on a free loopback port; clock_offset: seconds its clock is ahead."""

    def __init__(self):
        self.clock_offset = 0
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.owner = self
        self.server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class AwsStandin(Server):
    """STS at /, a container's agent at /container, instance metadata at /latest."""

    def __init__(self, keys=None, life=3600):
        super().__init__()
        self.keys = keys or Keys()
        self.life = life
        self.roles = {}            # arn -> what a caller must give: {"ExternalId": ..., "tail": "ROLE"}
        self.web_token = "web-token-" + secrets.token_hex(8)
        self.container_token = "container-token-" + secrets.token_hex(8)
        self.instance_role = "bastion"
        self.refuse = None         # (status, code) instead of any answer
        self.turned_away = 0
        self.hang = 0              # seconds before any answer
        self.flood = False         # every answer says that it has 1 GiB, and begins to send it
        self.sent = 0              # bytes of floods
        self.elsewhere = None      # every answer sends there
        self.requests = []         # (what, key id or "", form)

    def serve(self, handler, body):
        if self.hang:
            time.sleep(self.hang)
        if self.flood:
            return self.pour(handler)
        if self.elsewhere:
            return handler.answer(307, "", headers=[("Location", self.elsewhere + handler.path)])
        if self.refuse:
            self.turned_away += 1
            return handler.answer(self.refuse[0], sts_error(self.refuse[1], "refused by the test"), "text/xml")
        if handler.path.startswith("/container"):
            return self.container(handler)
        if handler.path.startswith("/latest"):
            return self.instance(handler)
        return self.sts(handler, body)

    def pour(self, handler):
        handler.close_connection = True
        handler.send_response(200)
        handler.send_header("Content-Length", str(1 << 30))
        handler.end_headers()
        with contextlib.suppress(ConnectionError):
            while self.sent < 1 << 30:
                handler.wfile.write(b"{" * 65536)
                self.sent += 65536

    # --- STS -------------------------------------------------------------------------------------------------------------

    def sts(self, handler, body):
        form = {name: values[0] for name, values in urllib.parse.parse_qs(body.decode()).items()}
        action = form.get("Action")
        if action == "AssumeRoleWithWebIdentity":
            self.requests.append((action, "", form))
            if "Authorization" in handler.headers:
                return handler.answer(400, sts_error("ValidationError", "signed"), "text/xml")
            if form.get("WebIdentityToken") != self.web_token:
                return handler.answer(400, sts_error("InvalidIdentityToken", "not a token of ours"), "text/xml")
            return self.assume(handler, action, form)
        status, code, message, key_id = self.keys.check(handler, body, "sts", time.time() + self.clock_offset)
        self.requests.append((action, key_id, form))
        if status != 200:
            return handler.answer(status, sts_error(code, message), "text/xml")
        if action == "GetCallerIdentity":
            return handler.answer(200, "<GetCallerIdentityResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'>"
                                       "<GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:who/"
                                       f"{key_id[-4:]}</Arn><UserId>x</UserId><Account>123456789012</Account>"
                                       "</GetCallerIdentityResult></GetCallerIdentityResponse>", "text/xml")
        return self.assume(handler, action, form)

    def assume(self, handler, action, form):
        role = self.roles.get(form.get("RoleArn"))
        if role is None or role.get("ExternalId") != form.get("ExternalId"):
            return handler.answer(403, sts_error("AccessDenied", "User is not authorized to perform: sts:AssumeRole"),
                                  "text/xml")
        made = self.keys.issue(role["tail"], self.life)
        arn = form["RoleArn"].replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/" + form["RoleSessionName"]
        return handler.answer(200, f"""<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result>
            <AssumedRoleUser><AssumedRoleId>x:y</AssumedRoleId><Arn>{arn}</Arn></AssumedRoleUser><Credentials>
            <AccessKeyId>{made['AccessKeyId']}</AccessKeyId><SecretAccessKey>{made['SecretAccessKey']}</SecretAccessKey>
            <SessionToken>{made['Token']}</SessionToken><Expiration>{made['Expiration']}</Expiration></Credentials>
            </{action}Result><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></{action}Response>""".replace(
            "\n            ", ""), "text/xml")

    # --- container, instance ---------------------------------------------------------------------------------------------

    def container(self, handler):
        self.requests.append(("container", "", {}))
        if handler.headers.get("Authorization") != self.container_token:
            return handler.answer(401, json.dumps({"code": "Unauthorized", "message": "wrong authorization token"}))
        return handler.answer(200, json.dumps(self.keys.issue("CONT", self.life)))

    def instance(self, handler):
        self.requests.append((f"{handler.command} {handler.path}", "", {}))
        place = "/latest/meta-data/iam/security-credentials/"
        if handler.path == "/latest/api/token" and handler.command == "PUT":
            if not handler.headers.get("x-aws-ec2-metadata-token-ttl-seconds"):
                return handler.answer(400, "", "text/plain")
            return handler.answer(200, "imds-token", "text/plain", [("x-aws-ec2-metadata-token-ttl-seconds", "21600")])
        if handler.headers.get("x-aws-ec2-metadata-token") != "imds-token":
            return handler.answer(401, "", "text/plain")
        if handler.path == place and self.instance_role:
            return handler.answer(200, self.instance_role, "text/plain")
        if handler.path == place + str(self.instance_role):
            return handler.answer(200, json.dumps({"Code": "Success", "Type": "AWS-HMAC", **self.keys.issue("IMDS", self.life)}))
        return handler.answer(404, "not found", "text/plain")


def sts_error(code, message):
    return ("<ErrorResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><Error><Type>Sender</Type>"
            f"<Code>{code}</Code><Message>{message}</Message></Error><RequestId>r-2</RequestId></ErrorResponse>")


def right_of(handler):
    """What a request needs; one without a key is about the bucket."""
    path, _, query = handler.path.partition("?")
    if "list-type" in query or not path.strip("/").partition("/")[2]:
        return "s3:ListBucket"
    return {"PUT": "s3:PutObject", "DELETE": "s3:DeleteObject"}.get(handler.command, "s3:GetObject")


class S3Gate(Server):
    """In front of the S3 server: checks what headgate signed, and signs again with the server's own keys. delay: seconds for
    each object of a delivery. used: key ids with which requests were let through, in order of first use."""

    def __init__(self, store, keys, delay=0.0):
        super().__init__()
        self.store, self.keys, self.delay = store, keys, delay
        self.used, self.refused = [], []
        self.before = lambda handler, key_id: None
        self.denied = None         # a right that nobody has: "s3:PutObject"

    def serve(self, handler, body):
        status, code, message, key_id = self.keys.check(handler, body, "s3", time.time())
        self.before(handler, key_id)
        if status == 200 and key_id in self.keys.revoked:
            status, code, message = 400, "InvalidToken", "The provided token is malformed or otherwise invalid."
        signed_at = time.mktime(time.strptime(handler.headers["x-amz-date"], "%Y%m%dT%H%M%SZ")) - time.timezone
        if status == 200 and abs(signed_at - time.time() - self.clock_offset) > 900:
            status, code, message = 403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."
        if status == 200 and self.denied and self.denied == right_of(handler):
            status, code, message = 403, "AccessDenied", "Access Denied"
        if status != 200:
            self.refused.append((key_id, code))
            return handler.answer(status, f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>",
                                  "application/xml")
        if key_id not in self.used:
            self.used.append(key_id)
        if handler.command == "PUT" and "/_headgate/" not in handler.path:
            time.sleep(self.delay)
        return self.pass_on(handler, body)

    def pass_on(self, handler, body):
        upstream = urllib.parse.urlsplit(self.store.endpoint)
        kept = {name: value for name, value in handler.headers.items()
                if name.lower() not in ("authorization", "x-amz-security-token", "x-amz-date", "host", "content-length")}
        request = AWSRequest(handler.command, self.store.endpoint + handler.path, data=body, headers=kept)
        S3SigV4Auth(Credentials(self.store.access_key, self.store.secret_key), "s3", REGION).add_auth(request)
        headers = dict(request.headers.items())
        connection = http.client.HTTPConnection(upstream.hostname, upstream.port, timeout=60)
        with contextlib.closing(connection):
            if handler.command == "PUT":
                headers["Content-Length"] = str(len(body))
            try:
                connection.request(handler.command, handler.path, body=body or None, headers=headers)
                answer = connection.getresponse()
                data = answer.read()
            except ConnectionError:
                if handler.headers.get("If-None-Match") != "*":
                    raise
                # The server answers 412 before it has read the body, and closes.
                return handler.answer(412, "<?xml version='1.0'?><Error><Code>PreconditionFailed</Code></Error>", "application/xml")
            handler.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("connection", "transfer-encoding", "content-length", "date"):
                    handler.send_header(name, value)
            handler.send_header("Date", handler.date_time_string())
            length = answer.getheader("Content-Length") if handler.command == "HEAD" else str(len(data))
            if answer.status not in (204, 304):
                handler.send_header("Content-Length", length or "0")
            handler.end_headers()
            handler.wfile.write(data)
            return None
