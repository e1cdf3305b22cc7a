"""How answers travel: packed where the client takes that, and not again where it has them already."""

import gzip
import re
import sys

import pytest

from avow.web import encoding
from avow.web.assets import Assets

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

UNPACKED = {"gzip": gzip.decompress, "zstd": zstd.decompress, "": bytes}


def got(visitor, path, **headers):
    """Return an answer with the bytes that travelled, and what they hold."""
    with visitor.stream("GET", path, headers={"Accept-Encoding": "identity", **headers}) as answer:
        body = b"".join(answer.iter_raw())
    return answer, body, UNPACKED[answer.headers.get("content-encoding", "")](body)


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate, br", "gzip"),
        ("GZIP", "gzip"),
        ("zstd;q=0.5, gzip", "gzip"),
        ("zstd;q=0, gzip;q=0.1", "gzip"),
        ("*", "zstd"),
        ("*, zstd;q=0", "gzip"),
        ("gzip;q=0, *;q=0", ""),
        ("gzip;q=x", ""),
        ("br", ""),
        ("identity", ""),
        ("", ""),
    ],
)
def test_a_coding_is_one_that_the_client_takes(accept, coding):
    """By weight, zstd before gzip; what cannot be read is not taken (RFC 9110, section 12.5.3)."""
    assert encoding.coding_for(accept) == coding


@pytest.mark.parametrize("path", ["/", "/privacy-policy", "/privacy", "style", "console"])
@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_pages_and_files_travel_packed(visitor, path, coding):
    """A page, the site's style and the console's script are smaller on the way, and the same behind it."""
    places = {"style": lambda: _style(visitor), "console": lambda: Assets().address("console.css")}
    path = places.get(path, lambda: path)()
    _, plain, _ = got(visitor, path)
    answer, packed, held = got(visitor, path, **{"Accept-Encoding": coding})
    assert (answer.headers["content-encoding"], int(answer.headers["content-length"])) == (coding, len(packed))
    assert "Accept-Encoding" in answer.headers["vary"]
    assert len(packed) < len(plain) * 0.7
    assert held == plain


def _style(visitor):
    """Return the address of the site's own style."""
    return re.search(r"/assets/[\w.-]+\.css", visitor.get("/").text)[0]


def test_a_page_is_not_sent_to_who_has_it(visitor):
    """The same page is 304 without a body, in whatever coding it came; another page, or the same under a signal, is not."""
    first, _, _ = got(visitor, "/", **{"Accept-Encoding": "gzip"})
    mark = {"If-None-Match": f'"other", {first.headers["etag"]}'}
    again, body, _ = got(visitor, "/", **mark, **{"Accept-Encoding": "zstd"})
    assert (again.status_code, body, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert again.headers["cache-control"] == "private, no-cache"
    assert "content-encoding" not in again.headers
    assert got(visitor, "/privacy", **mark)[0].status_code == 200
    assert got(visitor, "/", **mark, **{"Sec-GPC": "1"})[0].status_code == 200


@pytest.mark.parametrize("accept", ["identity", "gzip", "zstd"])
def test_a_file_is_not_sent_to_who_has_it(visitor, accept):
    """The tag under its stable name is asked for again every hour, and sent only when it changed."""
    first, _, _ = got(visitor, "/avow/tag.js", **{"Accept-Encoding": accept})
    again, body, _ = got(visitor, "/avow/tag.js", **{"Accept-Encoding": accept, "If-None-Match": first.headers["etag"]})
    assert (again.status_code, body) == (304, b"")
    assert again.headers["vary"] == "Accept-Encoding"


def test_the_mark_of_a_page_is_no_number_of_its_visitor(visitor):
    """A page with a form's token is another one for everybody, and browsers send marks back: it has none."""
    assert "etag" in got(visitor, "/")[0].headers
    assert "etag" not in got(visitor, "/contact")[0].headers


def test_what_nobody_may_keep_has_no_mark(visitor):
    """Pages of the staff and of a request are asked for again whole, and lie on no disk."""
    assert "etag" not in got(visitor, "/console/sign-in")[0].headers


@pytest.mark.parametrize(
    ("site", "coding"), [("same-origin", "gzip"), ("none", "gzip"), ("cross-site", ""), ("same-site", ""), ("", "")]
)
def test_a_secret_is_not_packed_for_another_site(visitor, site, coding):
    """Its packed length would tell guesses from hits (BREACH); the staff's own way to the page is packed."""
    told = {"Sec-Fetch-Site": site} if site else {}
    answer, _, _ = got(visitor, "/console/sign-in", **told, **{"Accept-Encoding": "gzip"})
    assert answer.headers.get("content-encoding", "") == coding
