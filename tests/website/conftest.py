"""Small real websites and a proxy that changes what passes, each on a port of its own."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.houses import house, published  # noqa: F401 - fixtures


@contextmanager
def listening(answer, context=None):
    """Serve `answer(path) -> (status, headers, body)` until left; yields the origin. With a TLS context, over TLS."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, headers, body = answer(self.path)
            self.send_response(status)
            for name, value in {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words):
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http{'s' if context else ''}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class Site(dict):
    """A website: path -> text, or (status, headers, text). `asked` lists the paths that were fetched."""

    def __init__(self):
        super().__init__()
        self.asked, self.origin = [], ""

    def answer(self, path):
        self.asked.append(path)
        found = self.get(path)
        if found is None:
            return 404, {}, b"nothing here"
        status, headers, text = (200, {}, found) if isinstance(found, str) else found
        return status, headers, text.encode()

    def listed(self, *paths):
        """Serve a sitemap of these paths."""
        every = "".join(f"<url><loc>{self.origin if one.startswith('/') else ''}{one}</loc></url>" for one in paths)
        self["/sitemap.xml"] = (
            f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{every}</urlset>'
        )


@pytest.fixture
def site():
    made = Site()
    with listening(made.answer) as origin:
        made.origin = origin
        yield made
