"""A reverse proxy before Kafka Connect's REST interface, as operators put one there: it asks for a user and a password, and
can answer as another worker would (an older one, one of another cluster)."""

import base64
import contextlib
import http.server
import ssl
import threading
import urllib.error
import urllib.request


class Proxy:
    """change(method, path, status, body) may return another (status, body); what instead(method, path) answers never reaches
    the worker; requests is what came in, as (method, path). certificate: a file with key and certificate, for https."""

    def __init__(self, target, user=None, password=None, change=None, instead=None, certificate=None):
        self.target, self.requests = target, []
        self.wanted = None if user is None else "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self.instead = instead or (lambda method, path: None)
        self.change = change or (lambda method, path, status, body: None)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        self.url = f"http://{self.address}"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
            self.url = f"https://{self.address}"

    def _handler(proxy):  # pylint: disable=no-self-argument
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, status, body):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def handle_any(self):
                length = int(self.headers.get("Content-Length") or 0)
                sent = self.rfile.read(length)
                proxy.requests.append((self.command, self.path))
                if proxy.wanted and self.headers.get("Authorization") != proxy.wanted:
                    self.answer(401, b"<html>who are you?</html>")
                    return
                refused = proxy.instead(self.command, self.path)
                if refused:
                    self.answer(*refused)
                    return
                request = urllib.request.Request(proxy.target + self.path, data=sent or None, method=self.command,
                                                 headers={"Accept": "application/json"})
                opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
                try:
                    with opener.open(request, timeout=60) as answer:
                        status, body = answer.status, answer.read()
                except urllib.error.HTTPError as error:
                    status, body = error.code, error.read()
                self.answer(*(proxy.change(self.command, self.path, status, body) or (status, body)))

            do_GET = do_PUT = handle_any  # pylint: disable=invalid-name

            def log_message(self, format, *args):  # pylint: disable=redefined-builtin
                pass

        return Handler

    @contextlib.contextmanager
    def running(self):
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.server.shutdown()
            self.server.server_close()
            thread.join()
