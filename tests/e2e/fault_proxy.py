"""A proxy between headgate and S3 that slows down, swallows answers, and counts: for what a real server cannot be made
to do. It forwards bytes as they are, so signatures, checksums and conditions stay the server's own matter."""

import socket
import threading
import time
import urllib.parse


class FaultProxy:
    """Listens on a free loopback port. bytes_per_second slows down all bodies together; swallow(method, count) lets the
    next requests through to the server and cuts the connection instead of answering."""

    def __init__(self, endpoint, bytes_per_second=None):
        self.upstream = urllib.parse.urlsplit(endpoint)
        self.bytes_per_second = bytes_per_second
        self.lock = threading.Lock()
        self.sent_until = time.monotonic()
        self.to_swallow = {}
        self.swallowed = []
        self.requests = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def swallow(self, method, count=1):
        with self.lock:
            self.to_swallow[method] = self.to_swallow.get(method, 0) + count

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        upstream = None
        try:
            with client:
                upstream = socket.create_connection((self.upstream.hostname, self.upstream.port))
                with upstream, client.makefile("rb") as from_client, upstream.makefile("rb") as from_upstream:
                    while self._exchange(client, from_client, upstream, from_upstream):
                        pass
        except OSError:
            pass  # the server is down, or headgate was killed: both ends are closed, which is what a network does

    def _exchange(self, client, from_client, upstream, from_upstream):
        head, method, path = self._head(from_client)
        if not head:
            return False
        with self.lock:
            self.requests.append((method, path))
        upstream.sendall(head)
        self._copy(from_client, upstream, self._length(head), slow=True)
        answer, _, _ = self._head(from_upstream)
        if not answer:
            return False
        if self._take_swallow(method, path):
            self._copy(from_upstream, None, 0 if method == "HEAD" else self._length(answer))
            return False
        client.sendall(answer)
        self._copy(from_upstream, client, 0 if method == "HEAD" else self._length(answer))
        return True

    @staticmethod
    def _head(source):
        lines = []
        while line := source.readline():
            lines.append(line)
            if line == b"\r\n":
                break
        words = lines[0].split() if lines else [b"", b""]
        return b"".join(lines), words[0].decode(), words[1].decode() if len(words) > 1 else ""

    @staticmethod
    def _length(head):
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length":
                return int(value)
        return 0

    def _copy(self, source, target, length, slow=False):
        while length > 0:
            piece = source.read1(min(length, 16384))
            if not piece:
                raise OSError("cut off")
            if slow:
                self._slow_down(len(piece))
            if target:
                target.sendall(piece)
            length -= len(piece)

    def _slow_down(self, length):
        if not self.bytes_per_second:
            return
        with self.lock:
            self.sent_until = max(self.sent_until, time.monotonic()) + length / self.bytes_per_second
            wait = self.sent_until - time.monotonic()
        time.sleep(max(0, wait))

    def _take_swallow(self, method, path):
        with self.lock:
            if self.to_swallow.get(method, 0) == 0 or "/_headgate/" in path:
                return False
            self.to_swallow[method] -= 1
            self.swallowed.append(path)
            return True
