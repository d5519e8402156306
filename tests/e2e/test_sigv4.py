"""Signatures against botocore's, over random requests: what AWS's four worked examples leave out."""

import datetime
import json
import os
import random
import subprocess

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.utils import percent_encode

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = os.path.join(os.environ.get("HEADGATE_BUILD") or os.path.join(ROOT, "build"), "tests", "e2e", "sigv4_tool")
HASH_OF_EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

# Every printable ASCII character, and some that take two, three and four bytes.
TEXT = [chr(code) for code in range(0x20, 0x7f)] + list("\u00e4\u00df\u20ac\u6f22\U0001f30a") + ["//", "/./", "/../", "%2F", "+"]
NAMES = ["x-amz-meta-a", "X-Amz-Meta-A", "x-amz-meta-hg-fp", "Content-Type", "content-md5", "If-None-Match", "Range",
         "x-amz-storage-class", "Content-Encoding", "X-Amz-Security-Token", "user-agent", "Expect"]
VALUE = [chr(code) for code in range(0x21, 0x7f)] + [" ", "  ", "   ", "\t"]


def text(dice, characters, most):
    return "".join(dice.choice(characters) for _ in range(dice.randrange(most + 1)))


def random_request(dice):
    when = dice.randrange(1_262_304_000, 4_102_444_800)
    moment = datetime.datetime.fromtimestamp(when, datetime.timezone.utc)
    payload = dice.choice(["UNSIGNED-PAYLOAD", HASH_OF_EMPTY, f"{dice.getrandbits(256):064x}"])
    names = dice.sample(NAMES, dice.randrange(len(NAMES)))
    if "x-amz-meta-a" in names and "X-Amz-Meta-A" in names:
        names.remove("X-Amz-Meta-A")
    headers = [[name, text(dice, VALUE, 40)] for name in names]
    headers += [["x-amz-date", moment.strftime("%Y%m%dT%H%M%SZ")], ["x-amz-content-sha256", payload]]
    dice.shuffle(headers)
    query = [[text(dice, TEXT, 10), text(dice, TEXT, 20)] for _ in range(dice.randrange(5))]
    return {"method": dice.choice(["GET", "PUT", "HEAD", "DELETE"]), "key": "/" + text(dice, TEXT, 60), "query": query,
            "headers": headers, "payload_hash": payload, "time_ms": when * 1000 + dice.randrange(1000),
            "region": dice.choice(["us-east-1", "eu-central-1", "cn-north-1"]), "service": "s3",
            "key_id": f"AKIA{dice.getrandbits(64):016X}", "secret": text(dice, VALUE[:94], 40) or "x",
            "host": dice.choice(["lake.s3.eu-central-1.amazonaws.com", "127.0.0.1:7070", "store.example:8443"])}


def botocore_says(asked):
    """What botocore makes of a request, stage by stage. The path is encoded as its serializer does it for keys."""
    query = "&".join(f"{percent_encode(name, safe='-._~')}={percent_encode(value, safe='-._~')}"
                     for name, value in asked["query"])
    url = f"https://{asked['host']}{percent_encode(asked['key'], safe='/~')}" + (f"?{query}" if query else "")
    request = AWSRequest(method=asked["method"], url=url)
    for name, value in asked["headers"]:
        request.headers[name] = value
    date = dict((name.lower(), value) for name, value in asked["headers"])["x-amz-date"]
    request.context["timestamp"] = date
    auth = S3SigV4Auth(Credentials(asked["key_id"], asked["secret"]), "s3", asked["region"])
    assert isinstance(auth, SigV4Auth)
    canonical = auth.canonical_request(request)
    to_sign = auth.string_to_sign(request, canonical)
    signature = auth.signature(to_sign, request)
    names = auth.signed_headers(auth.headers_to_sign(request))
    return {"canonical": canonical, "string_to_sign": to_sign,
            "authorization": f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={names}, "
                             f"Signature={signature}"}


def test_as_botocore_over_random_requests():
    seed = int(os.environ.get("SIGV4_SEED") or random.randrange(1 << 32))
    dice = random.Random(seed)
    asked = [random_request(dice) for _ in range(int(os.environ.get("SIGV4_REQUESTS") or 1000))]
    ours = [dict(request, headers=request["headers"] + [["host", request["host"]]]) for request in asked]
    done = subprocess.run([TOOL], input=json.dumps(ours), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    for request, made in zip(asked, json.loads(done.stdout), strict=True):
        expected = botocore_says(request)
        for stage in ("canonical", "string_to_sign", "authorization"):
            assert made[stage] == expected[stage], f"{stage}, with SIGV4_SEED={seed}: {request}"
