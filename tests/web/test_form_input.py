"""What a form sends: texts in the encoding that they declare, each value of each name, and nothing lost without a word."""

import asyncio

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from avow.web.form_input import read

FORM = "application/x-www-form-urlencoded"


def sent(kind, body):
    """Return the fields of a body of this kind."""

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", kind.encode())]}
    return asyncio.run(read(Request(scope, receive), 1)).pairs


def parts(*fields):
    """Return a multipart body of these fields: lines of the head, and bytes."""
    made = [b"--x\r\nContent-Disposition: form-data; name=%s\r\n\r\n%s\r\n" % (head, value) for head, value in fields]
    return b"".join(made) + b"--x--\r\n"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, "message=Grüße €".encode()),
        (f"{FORM}; charset=utf-8", b"message=Gr%C3%BC%C3%9Fe+%E2%82%AC"),
        (f'{FORM}; Charset="ISO-8859-1"', b"message=Gr%FC%DFe %80"),
        (FORM, b"_charset_=windows-1252&message=Gr%FC%DFe+%80"),
        (f"{FORM};charset=iso-8859-15", b"message=Gr%FC%DFe+%A4"),
        ("multipart/form-data; boundary=x; charset=windows-1252", parts((b"message", b"Gr\xfc\xdfe \x80"))),
        ("multipart/form-data; boundary=x", parts((b"message", b"Gr\xfc\xdfe \x80"), (b"_charset_", b"windows-1252"))),
        (
            "multipart/form-data; boundary=x",
            parts((b"message\r\nContent-Type: text/plain; charset=windows-1252", b"Gr\xfc\xdfe \x80")),
        ),
        ("application/json; charset=windows-1252", b'{"message": "Gr\xfc\xdfe \x80"}'),
    ],
)
def test_the_declared_encoding_is_honoured(kind, body):
    """A page of an older site sends what its letters are there; who says Latin-1 writes windows-1252."""
    assert sent(kind, body) == [("message", "Grüße €")]


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        (f"{FORM}; charset=utf-8", b"message=Gr%FC%DFe", 400),
        (f"{FORM}; charset=no-such", b"message=a", 415),
        (f"{FORM}; charset=hex", b"message=a", 415),
        (FORM, b"_charset_=utf-7&message=a", 415),
        ("application/json; charset=utf-8", b'{"message": "Gr\xfc"}', 400),
    ],
)
def test_a_form_that_is_not_what_it_declares_is_told(kind, body, status):
    """No letter is replaced without a word."""
    with pytest.raises(HTTPException) as told:
        sent(kind, body)
    assert told.value.status_code == status


def test_a_name_that_stands_twice_comes_twice():
    """Also in JSON, of which parsers keep the last alone."""
    twice = [("message", "first"), ("message", "second")]
    assert sent(FORM, b"message=first&message=second") == twice
    assert sent("application/json", b'{"message": "first", "message": "second"}') == twice
    assert sent("multipart/form-data; boundary=x", parts((b"message", b"first"), (b"message", b"second"))) == twice
