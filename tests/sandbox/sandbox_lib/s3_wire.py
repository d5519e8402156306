"""The few S3 requests that the sandbox needs: make a bucket, list, read. Signed with AWS Signature Version 4, path style."""

import datetime
import hashlib
import hmac
import http.client
import ssl
import urllib.parse
import xml.etree.ElementTree as xml

from .process import SandboxError

NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


class S3Error(SandboxError):
    def __init__(self, what, status, body):
        code = body.decode(errors="replace")
        if "<Code>" in code:
            code = code.partition("<Code>")[2].partition("</Code>")[0]
        super().__init__(f"{what}: HTTP {status} {code[:200]}")
        self.status, self.code = status, code


class S3Client:
    """Requests one after the other on one connection. Belongs to one thread."""

    def __init__(self, endpoint, access_key, secret_key, region="us-east-1", ca_file=None, timeout=30.0):
        self.url = urllib.parse.urlsplit(endpoint)
        self.access_key, self.secret_key, self.region = access_key, secret_key, region
        if self.url.scheme == "https":
            context = ssl.create_default_context(cafile=ca_file)
            self.http = http.client.HTTPSConnection(self.url.netloc, timeout=timeout, context=context)
        else:
            self.http = http.client.HTTPConnection(self.url.netloc, timeout=timeout)

    def _headers(self, method, path, query, payload_hash):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        headers = {"host": self.url.netloc, "x-amz-content-sha256": payload_hash, "x-amz-date": now}
        signed = ";".join(sorted(headers))
        canonical = "\n".join([method, path, query, *(f"{key}:{headers[key]}" for key in sorted(headers)), "", signed,
                               payload_hash])
        scope = f"{now[:8]}/{self.region}/s3/aws4_request"
        to_sign = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + self.secret_key).encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
        headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, "
                                    f"SignedHeaders={signed}, Signature={signature}")
        return headers

    def request(self, method, bucket="", key="", query=None, body=b""):
        """The answer's body. An answer of 400 and above is an S3Error."""
        path = urllib.parse.quote("/" + bucket + ("/" + key if key else ""), safe="/-_.~")
        parameters = "&".join(f"{urllib.parse.quote(name, safe='-_.~')}={urllib.parse.quote(value, safe='-_.~')}"
                              for name, value in sorted((query or {}).items()))
        headers = self._headers(method, path, parameters, hashlib.sha256(body).hexdigest())
        target = path + ("?" + parameters if parameters else "")
        try:
            self.http.request(method, target, body=body, headers=headers)
            answer = self.http.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException):
            self.http.close()
            raise
        if answer.status >= 400:
            raise S3Error(f"{method} {path}", answer.status, data)
        return data

    def buckets(self):
        return [name.text for name in xml.fromstring(self.request("GET", "", "")).iter(NAMESPACE + "Name")]

    def create_bucket(self, bucket):
        """Makes the bucket; one that is already ours is left as it is."""
        try:
            self.request("PUT", bucket)
        except S3Error as error:
            if error.code != "BucketAlreadyOwnedByYou":
                raise

    def list(self, bucket, prefix=""):
        """All objects below prefix as (key, size), in the order of the keys."""
        found, token = [], None
        while True:
            query = {"list-type": "2", "prefix": prefix}
            if token:
                query["continuation-token"] = token
            answer = xml.fromstring(self.request("GET", bucket, query=query))
            for entry in answer.iter(NAMESPACE + "Contents"):
                found.append((entry.findtext(NAMESPACE + "Key"), int(entry.findtext(NAMESPACE + "Size"))))
            token = answer.findtext(NAMESPACE + "NextContinuationToken")
            if not token:
                return found

    def get(self, bucket, key):
        return self.request("GET", bucket, key)

    def close(self):
        self.http.close()
