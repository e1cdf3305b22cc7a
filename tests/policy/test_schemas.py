"""The compiled schemas: exactly the declared fields, of limited length, under the policy's names."""

import msgspec
import pytest

from avow.policy import schemas


def test_the_schema_takes_declared_fields_under_their_names(marrowby):
    """The wire name is the policy's; what is not sent stays unset."""
    visit = schemas.schema(marrowby, "rights-request")
    read = msgspec.json.decode(b'{"request-kind": "know", "email": "ana@example.com"}', type=visit)
    assert (read.request_kind, read.email, read.name) == ("know", "ana@example.com", msgspec.UNSET)
    assert msgspec.json.encode(read) == b'{"email":"ana@example.com","request-kind":"know"}'


@pytest.mark.parametrize(
    "body",
    [
        b'{"page": "/", "fingerprint": "x"}',
        b'{"visitor-id": "0"}',
        b'{"request_kind": "know"}',
        b'{"page": 5}',
        b'{"page": "' + b"x" * 501 + b'"}',
    ],
)
def test_anything_else_is_refused(marrowby, body):
    """Unknown fields, server fields, other types and too long values do not get through."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=schemas.schema(marrowby, "page-view"))


def test_the_server_fills_in_its_own_fields(marrowby):
    """A page cannot send what only the server may say."""
    assert schemas.sendable(marrowby, "page-view") == {"page", "referrer", "campaign", "language"}
    assert schemas.sendable(marrowby, "contact-form") == {"name", "email", "company", "message"}
    assert schemas.sendable(marrowby, "nowhere") == frozenset()


def test_an_unknown_point_has_no_schema(marrowby):
    """Asking for one is a mistake of the caller."""
    with pytest.raises(KeyError):
        schemas.schema(marrowby, "nowhere")


def test_a_keyword_becomes_an_attribute():
    """A data item may be called what Python reserves."""
    assert (schemas.attribute("class"), schemas.attribute("device-type")) == ("class_", "device_type")


def test_a_schema_is_frozen(marrowby):
    """What was checked cannot be changed afterwards."""
    read = msgspec.json.decode(b'{"page": "/"}', type=schemas.schema(marrowby, "page-view"))
    with pytest.raises(AttributeError):
        read.page = "/other"
