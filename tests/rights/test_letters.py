"""Letters: complete by construction, the same in three forms, and what comes from outside is words and never markup."""

import json
import shutil
import subprocess
from dataclasses import replace
from datetime import date

import pytest

from avow.definitions import RequestKind
from avow.gate.messages import Message, unpacked
from avow.policy import law
from avow.rights import letters
from avow.rights.letters import Denied, Done, Ground, Incomplete, Letter, Outcome
from avow.rights.letters import words as w
from avow.rights.letters import words_of_kinds as k
from avow.rights.letters.parts import Part, day
from avow.rights.letters.rendering import plain, said
from avow.rights.letters.specimens import specimen
from avow.rights.letters.table import LETTERS, REQUIRED, faults

EVERY = sorted(LETTERS, key=str)
PDFINFO, PDFTOTEXT = shutil.which("pdfinfo"), shutil.which("pdftotext")


def named(letter):
    return f"{letter.kind}-{letter.outcome}"


def read(content, tool, *options):
    """Return what another program reads in a PDF."""
    return subprocess.run(
        [tool, *options, "-", *(["-"] if tool == PDFTOTEXT else [])], input=content, capture_output=True, check=True
    )


def flat(text):
    """Return a text without its line ends, which a page breaks where it likes."""
    return "".join(text.split())


@pytest.mark.parametrize("letter", EVERY, ids=named)
def test_every_letter_says_what_is_required_of_it_in_each_form(letter):
    """Each mark of each required part is in the text, in the page and in the PDF, as another program reads it."""
    facts = specimen(letter, "US-VA")
    written = letters.render(letter, facts)
    printed = read(written.pdf, PDFTOTEXT, "-raw").stdout.decode()
    for part in REQUIRED[letter]:
        if part.applies(facts):
            for mark in part.marks(facts):
                assert mark in written.text, (part.name, mark)
                assert flat(mark) in flat(printed), (part.name, mark)
    assert "Robin" not in written.text + written.html


def test_a_letter_is_a_tagged_pdf():
    """PDF/UA: tagged, with a title, its language and headings; another program says so."""
    written = letters.render(EVERY[0], specimen(EVERY[0], "US-CA"))
    about = read(written.pdf, PDFINFO).stdout.decode()
    assert "Tagged:          yes" in about
    assert "Title:           Your request" in about
    assert "PDF version:     1.7" in about
    tree = read(written.pdf, PDFINFO, "-struct").stdout.decode()
    assert "H1" in tree
    assert b"pdfuaid:part" in written.pdf


def test_a_table_that_lacks_something_does_not_import():
    """A missing letter, one too many, and a letter that does not use a required part: each is named, with its rule."""
    one = Letter(RequestKind.DELETE, Outcome.GRANTED)
    without = {
        **LETTERS,
        one: replace(LETTERS[one], parts=tuple(part for part in LETTERS[one].parts if part is not k.RECORD_KEPT)),
    }
    assert faults(REQUIRED, without) == ["delete granted: does not say that a record is kept (11 CCR 7022(e))"]
    assert faults(REQUIRED, {name: shape for name, shape in LETTERS.items() if name != one}) == [
        "delete granted: there is no such letter"
    ]
    odd = Letter(RequestKind.OPT_OUT, Outcome.UNVERIFIED)
    assert faults(REQUIRED, {**LETTERS, odd: LETTERS[one]}) == ["opt-out unverified: nothing can have this outcome"]
    assert faults(REQUIRED, LETTERS) == []


def test_words_that_leave_out_what_a_part_is_for_are_no_letter():
    """A part whose words forget its fact: found when the table is imported, and in front of each letter."""
    forgetful = Part(
        "the new date", "11 CCR 7021(b)", lambda _: w.NEW_DATE.write(specimen(one, "US-CA"))[:0], lambda f: (day(f.until),)
    )
    one = Letter(RequestKind.KNOW, Outcome.EXTENDED)
    with pytest.raises(Incomplete, match="the new date"):
        forgetful.blocks(specimen(one, "US-CA"))


@pytest.mark.parametrize(
    ("letter", "lost"),
    [
        (Letter(RequestKind.DELETE, Outcome.ACKNOWLEDGED), {"answer_by": None}),
        (Letter(RequestKind.DELETE, Outcome.ACKNOWLEDGED), {"how_verified": ()}),
        (Letter(RequestKind.DELETE, Outcome.EXTENDED), {"until": None}),
        (Letter(RequestKind.DELETE, Outcome.EXTENDED), {"reason": "  "}),
        (Letter(RequestKind.DELETE, Outcome.GRANTED), {"done": None}),
        (Letter(RequestKind.DELETE, Outcome.DENIED), {"denied": ()}),
        (Letter(RequestKind.KNOW, Outcome.GRANTED), {"answered": None}),
        (Letter(RequestKind.KNOW, Outcome.NARROWED), {"narrowed_to": ""}),
        (Letter(RequestKind.CONFIRM_IDENTIFIER, Outcome.GRANTED), {"identifiers": ()}),
        (Letter(RequestKind.OPT_OUT, Outcome.CONFIRMED), {"applied": ()}),
        (Letter(RequestKind.OPT_OUT, Outcome.FRAUDULENT), {"reason": ""}),
        (Letter(RequestKind.APPEAL, Outcome.DENIED), {"reason": ""}),
    ],
)
def test_a_letter_without_a_required_fact_is_not_written(letter, lost):
    """Absent is not empty: what the law asks for and nobody knows keeps the letter from being written."""
    with pytest.raises(Incomplete):
        letters.render(letter, replace(specimen(letter, "US-CA"), **lost))


def test_a_denial_has_a_code_fields_and_a_reason():
    """Without them there is no such value; there is no other reason than a ground of the table."""
    with pytest.raises(ValueError, match="fields"):
        Denied(Ground.D8, (), "A law asks for it.")
    with pytest.raises(ValueError, match="reason"):
        Denied(Ground.UNFOUNDED, ("everything",), " ")
    with pytest.raises(ValueError, match="D9"):
        Ground("D9")
    codes = {one.code for one in law.tables()["US-CA"].exceptions}
    assert codes == {one.value for one in Ground} - {"unfounded", "effort"}


@pytest.mark.parametrize("code", sorted(law.tables()))
@pytest.mark.parametrize("outcome", [Outcome.DENIED, Outcome.UNVERIFIED, Outcome.PARTIAL])
def test_appeal_authority_and_court_are_named_where_the_law_has_them(code, outcome):
    """No appeal in California and Utah; a state's authority once an appeal is refused; the Union's with every refusal."""
    table = law.tables()[code]
    body = plain(said(Letter(RequestKind.DELETE, outcome), specimen(Letter(RequestKind.DELETE, outcome), code)))
    assert ("You can appeal" in body) == (table.appeal is not None)
    assert ("you can complain to" in body) == (code == "EU-GDPR")
    assert ("go to court" in body) == (code == "EU-GDPR")
    appeal = Letter(RequestKind.APPEAL, Outcome.DENIED)
    decided = plain(said(appeal, specimen(appeal, code)))
    assert ("you can complain to" in decided) == bool(table.authority)
    assert not table.authority or table.authority_address in decided
    assert "You can appeal" not in decided


def test_every_law_with_an_appeal_has_an_authority():
    """Whoever is refused twice is told where to go."""
    assert {code for code, one in law.tables().items() if bool(one.appeal) != bool(one.authority)} == {"EU-GDPR"}


def test_the_sale_is_asked_about_only_where_there_is_one():
    """7022(g): with its link; nothing of it where nothing is sold, or the person has stopped it."""
    letter = Letter(RequestKind.DELETE, Outcome.GRANTED)
    facts = specimen(letter, "US-CA")
    assert "https://example.com/privacy/choices" in letters.render(letter, facts).text
    assert "sell" not in letters.render(letter, replace(facts, opt_out="")).text


def test_a_household_is_explained():
    """H5: explained, and not answered."""
    letter = Letter(RequestKind.KNOW, Outcome.DENIED)
    facts = replace(specimen(letter, "US-CA"), denied=(Denied(Ground.H5, ("the bill",), "It is of all who live there."),))
    assert "others live there as well" in letters.render(letter, facts).text
    assert "household" not in letters.render(letter, replace(facts, denied=(Denied(Ground.D4, ("a",), "b"),))).text


def test_what_comes_from_outside_is_words():
    """A reason with markup, line ends, a list and marks of direction is one line of text in every form."""
    reason = "</p><script>alert(1)</script>\r\n\r\n- #set page(1cm)\u202e *x* {{ 1 }} \x00end"
    letter = Letter(RequestKind.KNOW, Outcome.EXTENDED)
    written = letters.render(letter, replace(specimen(letter, "US-CA"), reason=reason))
    shown = "</p><script>alert(1)</script> - #set page(1cm) *x* {{ 1 }} end"
    assert f"The reason: {shown}" in written.text
    assert "<script" not in written.html
    assert flat(shown) in flat(read(written.pdf, PDFTOTEXT, "-raw").stdout.decode())


def test_letters_of_another_alphabet_are_named_in_a_pdf():
    """The text has them; the PDF, whose fonts lack them, says which they are, and is tagged all the same."""
    letter = Letter(RequestKind.DELETE, Outcome.GRANTED)
    facts = replace(specimen(letter, "US-CA"), done=(Done("日本 store", "erased"),))
    written = letters.render(letter, facts)
    assert "日本 store" in written.text
    assert "(U+65E5)(U+672C) store" in read(written.pdf, PDFTOTEXT, "-raw").stdout.decode()
    assert "Tagged:          yes" in read(written.pdf, PDFINFO).stdout.decode()


def test_a_message_that_was_kept_before_has_no_page():
    """An earlier version kept text alone; what is written now keeps its page and what its PDF is made of."""
    old = json.dumps({"to": "robin@example.com", "subject": "s", "text": "t", "attachments": []}).encode()
    assert unpacked(old) == Message("robin@example.com", "s", "t")
    new = Message("robin@example.com", "s", "t", (), "<p>", "{}")
    assert unpacked(new.packed()) == new


def test_dates_are_said_plainly():
    """5 January 2027, and not 05."""
    assert day(date(2027, 1, 5)) == "5 January 2027"
