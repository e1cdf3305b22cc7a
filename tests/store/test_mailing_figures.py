"""What came back of a mailing in a real store: readers and scanners are apart, by when they followed what."""

from store_records import MORNING

from avow.definitions import MailEvent
from avow.messaging.told import MOMENT_MS, SOON_MS, UNKNOWN_MS, is_scan, told

KIM, LEE, ROB = (f"{name}@example.com" for name in ("kim", "lee", "rob"))
A, B = "https://rain.example/a", "https://rain.example/b"


def letter(writer, email, after_ms, link="", **changes):
    """An event of one mailing, so long after it came."""
    made = writer.event(at_ms=MORNING + after_ms, point="letter-opened", fields={"mailing": "autumn"})
    fields = {"mailing": "autumn"} | ({"link-followed": link} if link else {})
    values = {name: getattr(made, name) for name in made.__struct_fields__} | {"fields": fields, "email": email} | changes
    return MailEvent(**values)


def test_whoever_follows_two_links_in_a_moment_is_no_reader(store, writer):
    """Kim's scanner opens all at once, before Kim reads; Lee follows one link and later another; Rob has a robot alone."""
    store.write(
        [
            letter(writer, KIM, 60_000),
            letter(writer, KIM, 60_200, A),
            letter(writer, KIM, 60_000 + MOMENT_MS, B),
            letter(writer, KIM, 900_000),
            letter(writer, KIM, 930_000, A),
            letter(writer, LEE, 70_000),
            letter(writer, LEE, 70_100, A),
            letter(writer, LEE, 70_200, A),
            letter(writer, LEE, 70_101 + MOMENT_MS + 100, B),
            letter(writer, ROB, 80_000, A, robot=True),
            letter(writer, "", 80_000, A),
            letter(writer, "", 80_000, B),
        ]
    )
    found = told(store.events, "letter-opened", "autumn")
    assert dict(found.links) == {"": (2, 2), A: (2, 4), B: (1, 2)}
    assert (found.followed, found.followed_times, found.scans) == (2, 6, 4)


def test_nobody_reads_before_the_message_is_there():
    """By kind and by time; what was sent before its moment was kept is judged by neither."""
    assert is_scan("HEAD", UNKNOWN_MS, MORNING)
    assert is_scan("GET", None, MORNING)
    assert is_scan("GET", MORNING, MORNING + SOON_MS - 1)
    assert not is_scan("GET", MORNING, MORNING + SOON_MS)
    assert not is_scan("GET", UNKNOWN_MS, MORNING)
