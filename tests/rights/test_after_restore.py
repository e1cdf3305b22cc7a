"""What a restore forgot, as the log tells it."""

from avow.rights.after_restore import missed


def test_choices_are_counted_by_what_they_are_about_in_entries_of_either_form():
    """One entry for one answer; before 0050, one for each purpose."""
    said = [{"purpose": "audience-measurement", "opted_out": True}, {"purpose": "returning-visitors", "opted_out": True}]
    entries = [{"what": "choice", "purpose": "returning-visitors", "opted_out": True}, {"what": "choice", "said": said}]
    assert missed(entries, ()).choices == {"audience-measurement": 1, "returning-visitors": 2}


def test_a_request_that_went_with_another_is_known_by_its_own_answer():
    """The log names each request, whichever message answered it."""
    told = [
        {"what": "request.received", "request": "a" * 24, "kind": "know", "at": 1},
        {"what": "request.joined", "request": "a" * 24, "to": "b" * 24, "at": 2},
        {"what": "request.responded", "request": "a" * 24, "with": "b" * 24, "outcome": "granted", "at": 3},
    ]
    [one] = missed(told, ()).received
    assert (one.last, one.answered_ms, one.outcome) == ("responded", 3, "granted")
