"""A proxy between headgate and S3 that slows down, swallows answers, holds requests back, and counts: for what a real
server cannot be made to do. It forwards bytes as they are, so signatures, checksums and conditions stay the server's own
matter. Faults meet the objects of a delivery only; what lies under _headgate/ (stream objects, the store probe) passes at
full speed, unless a fault says otherwise."""

import collections
import contextlib
import select
import socket
import threading
import time
import urllib.parse

Request = collections.namedtuple("Request", "method path status at")

# Small segments and windows: otherwise the kernel takes a whole body out of the client's hands at once, and nothing can
# be cut off while it is on its way. These leave some 100 kB to the kernel.
SEGMENT, WINDOW, PIECE = 536, 1024, 16384
FULL_WINDOW = 1 << 20


class FaultProxy:
    """Listens on a free loopback port of its own.

    bytes_per_second: pace of each body on its way to the server; answer_delay: seconds an answer is kept back after the
    server has done its work. Both may be changed at any time. requests: what the server has answered, in order. begun: PUTs
    of objects that ever began, a number that never falls; under_way: those whose answer is not sent on yet, also of a client
    that was killed, until that is noticed. saw_head and before_answer are called in a connection's thread, with a request's
    head and with an answer that is not yet sent on.
    """

    def __init__(self, endpoint, bytes_per_second=None, answer_delay=0.0):
        self.upstream = urllib.parse.urlsplit(endpoint)
        self.bytes_per_second, self.answer_delay = bytes_per_second, answer_delay
        self.lock = threading.Lock()
        self.requests = []
        self.swallowed = []
        self.late = []
        self.begun = 0
        self.under_way = 0
        self.refused = 0
        self.saw_head = lambda head: None
        self.before_answer = lambda method, path, status: None
        self._to_swallow = {}
        self._to_hold = {}
        self._to_refuse = []
        self._released = threading.Event()
        self._held = 0
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(64)
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._released.set()
        # Closing alone does not wake the thread that waits in accept().
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    # --- faults ----------------------------------------------------------------------------------------------------------

    def swallow(self, method, count=1):
        """The next requests that the server carries out (200): instead of the answer the connection is cut."""
        with self.lock:
            self._to_swallow[method] = self._to_swallow.get(method, 0) + count

    def hold(self, method, count=1):
        """The next requests are taken whole and reach the server only at release(), whether the client still lives or not."""
        with self.lock:
            self._to_hold[method] = self._to_hold.get(method, 0) + count

    def release(self):
        """Lets go of what is held; late has the server's answers to it."""
        self._released.set()

    def refuse(self, status, code, message="refused by the test", count=1, method=None, everything=False):
        """The next requests (everything: also below _headgate/) never reach the server; this answer comes instead."""
        with self.lock:
            self._to_refuse += [(status, code, message, method, everything)] * count

    # --- what was seen ---------------------------------------------------------------------------------------------------

    def count(self, method, status=None):
        """How many requests for objects of a delivery the server has answered."""
        with self.lock:
            return sum(request.method == method and status in (None, request.status) and is_data(request.path)
                       for request in self.requests)

    def held(self):
        with self.lock:
            return self._held

    # --- one connection --------------------------------------------------------------------------------------------------

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        # An OSError: the server is down, or headgate was killed. Both ends are closed, which is what a network does.
        with contextlib.suppress(OSError), client:
            upstream = socket.create_connection((self.upstream.hostname, self.upstream.port))
            with upstream, client.makefile("rb") as from_client, upstream.makefile("rb") as from_upstream:
                while self._exchange(client, from_client, upstream, from_upstream):
                    pass

    def _exchange(self, client, from_client, upstream, from_upstream):
        head, method, path = read_head(from_client)
        if not head:
            return False
        self.saw_head(head)
        if refusal := self._take_refusal(method, path):
            return self._answer_refused(client, from_client, head, method, refusal)
        slow = is_data(path) and method == "PUT"
        if not slow:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, FULL_WINDOW)
        with self._counted(slow):
            if self._take(self._to_hold, method, path):
                self._pass_on_late(from_client, upstream, from_upstream, head, method, path)
                return False
            upstream.sendall(head)
            left = self._pass_on_body(from_client, upstream, body_length(head), slow)
            answer, _, status = read_head(from_upstream)
            if not answer:
                return False
            status = int(status)
            self._note(method, path, status)
            self.before_answer(method, path, status)
            if slow and self.answer_delay:
                time.sleep(self.answer_delay)
        if status == 200 and self._take(self._to_swallow, method, path):
            self.swallowed.append(path)
            return False
        client.sendall(answer)
        copy(from_upstream, client, 0 if method == "HEAD" or status in (204, 304) else body_length(answer))
        if left:
            # To close now, with bytes unread, would be a reset, and could overtake the answer.
            copy(from_client, None, left)
        return left == 0

    def _pass_on_body(self, from_client, upstream, length, slow):
        """Returns how much was not sent, because the server would not read on: it answers before the body has ended."""
        while length > 0 and not select.select([upstream], [], [], 0)[0]:
            piece = from_client.read1(min(length, PIECE))
            if not piece:
                raise OSError("cut off")
            if slow and self.bytes_per_second:
                time.sleep(len(piece) / self.bytes_per_second)
            length -= len(piece)
            try:
                upstream.sendall(piece)
            except OSError:
                break
        return length

    @contextlib.contextmanager
    def _counted(self, counts):
        with self.lock:
            self.begun += counts
            self.under_way += counts
        try:
            yield
        finally:
            with self.lock:
                self.under_way -= counts

    def _pass_on_late(self, from_client, upstream, from_upstream, head, method, path):
        body = from_client.read(body_length(head))
        with self.lock:
            self._held += 1
        self._released.wait()
        upstream.sendall(head + body)
        _, _, status = read_head(from_upstream)
        self.late.append(Request(method, path, int(status or 0), time.monotonic()))

    def _answer_refused(self, client, from_client, head, method, refusal):
        status, code, message = refusal
        copy(from_client, None, body_length(head))
        body = f"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
        lines = [f"HTTP/1.1 {status} Refused", "Content-Type: application/xml", f"Content-Length: {len(body)}", "", ""]
        client.sendall("\r\n".join(lines).encode() + (b"" if method == "HEAD" else body))
        return True

    def _note(self, method, path, status):
        with self.lock:
            self.requests.append(Request(method, path, status, time.monotonic()))

    def _take(self, wanted, method, path):
        with self.lock:
            if wanted.get(method, 0) == 0 or not is_data(path):
                return False
            wanted[method] -= 1
            return True

    def _take_refusal(self, method, path):
        with self.lock:
            for number, (status, code, message, only, everything) in enumerate(self._to_refuse):
                if only in (None, method) and (everything or is_data(path)):
                    del self._to_refuse[number]
                    self.refused += 1
                    return status, code, message
        return None


def is_data(path):
    """An object of a delivery: not a question about the bucket, and nothing that headgate keeps for itself."""
    path, _, query = path.partition("?")
    return not query and "/_headgate/" not in path and path.count("/") > 1


def read_head(source):
    """Request or answer up to the empty line, its first and second word; empty at the end of the connection."""
    lines = []
    while line := source.readline():
        lines.append(line)
        if line == b"\r\n":
            break
    words = lines[0].split() if lines else [b"", b""]
    return b"".join(lines), words[0].decode(), words[1].decode() if len(words) > 1 else ""


def body_length(head):
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


def copy(source, target, length):
    while length > 0:
        piece = source.read1(min(length, PIECE))
        if not piece:
            raise OSError("cut off")
        if target:
            target.sendall(piece)
        length -= len(piece)
