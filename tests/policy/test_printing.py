"""Every printout by its name, in every format it has, and as a page that stands alone."""

import json
from datetime import date
from pathlib import Path

import msgspec
import pytest

from avow.definitions import Refusal
from avow.policy.checks.carried_out import EVERYTHING
from avow.policy.compile import compile_text
from avow.policy.law import tables
from avow.policy.printouts import MEDIA_TYPES, PRINTOUTS, document, print_out
from avow.policy.printouts.chart import Ledger
from avow.policy.printouts.tables import rights_list
from avow.policy.rulebook.audience import Audience
from avow.policy.rulebook.schemas import json_schema, schema, sendable

EVERY = [(name, shape) for name, printout in PRINTOUTS.items() for shape in printout.formats]
NAMES = "policy notices technologies retention recipients rights roles chart json-ld register schemas schedule request-map csp"


def test_the_printouts_have_their_names():
    """The names that the command line and the pages use."""
    assert " ".join(PRINTOUTS) == NAMES


@pytest.mark.parametrize(("name", "shape"), EVERY)
@pytest.mark.parametrize("which", ["small", "marrowby", "european", "complete"])
def test_every_printout_is_printed_in_every_format(name, shape, which, request):
    """Pure: from the Rulebook and the ledger alone, twice the same."""
    rulebook = request.getfixturevalue(which)
    printed = print_out(name, rulebook, Ledger(), shape)
    assert printed == print_out(name, rulebook, Ledger(), shape)
    assert printed.text.strip()
    assert printed.media_type == MEDIA_TYPES[shape]
    if shape.startswith("json"):
        assert json.loads(printed.text)


@pytest.mark.parametrize("name", [name for name, shape in EVERY if shape == "html"])
def test_a_page_stands_alone(name, marrowby):
    """A title, one main heading, the version, and dates that machines can read; each table has caption and scopes."""
    page = document(print_out(name, marrowby, Ledger(), "html"), marrowby)
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert page.count("<h1") == page.count("<main>") == page.count("<title>") == 1
    assert marrowby.id[:12] in page
    assert '<time datetime="' in page
    assert page.count("<table role=") == page.count("<caption>")
    assert page.count("<table role=") == 0 or '<th scope="col" ' in page
    assert " style=" not in page


def test_another_format_is_no_page(marrowby):
    """JSON and CSV stay as they are."""
    printed = print_out("register", marrowby, Ledger(), "csv")
    assert document(printed, marrowby) == printed.text


def test_an_unknown_name_or_format_is_refused_with_what_there_is(marrowby):
    """A mistake names the way out."""
    assert 'did you mean "register"?' in print_out("registre", marrowby, Ledger()).reason
    refused = print_out("chart", marrowby, Ledger(), "csv")
    assert isinstance(refused, Refusal)
    assert refused.reason == '"chart" is not printed as csv; it is printed as html'


def test_a_schema_takes_what_the_server_takes(marrowby):
    """The printed schema has the fields, lengths and refusals of the struct that reads the wire."""
    for point in marrowby.points:
        written = json_schema(marrowby, point)
        assert set(written["properties"]) == sendable(marrowby, point)
        assert written["additionalProperties"] is False
        for name, shape in written["properties"].items():
            limits = marrowby.data[name].file
            assert shape["maxLength"] == (limits.max_bytes if limits else marrowby.data[name].max_length)
            assert shape["title"] == marrowby.data[name].label
            struct = schema(marrowby, point)
            assert msgspec.convert({name: "x"}, struct)
            with pytest.raises(msgspec.ValidationError):
                msgspec.convert({name: "x" * (shape["maxLength"] + 1)}, struct)
    form = json_schema(marrowby, "contact-form")
    assert set(form["required"]) == marrowby.points["contact-form"].required
    assert form["$schema"].startswith("https://json-schema.org/")


def test_schedule_and_request_map_say_the_same_to_machines(marrowby):
    """The JSON has the lines of the tables."""
    lines = json.loads(print_out("schedule", marrowby, Ledger(), "json").text)["schedule"]
    assert [line["collection"] for line in lines] == list(marrowby.points)
    form = next(line for line in lines if line["collection"] == "contact-form")
    (period,) = form["periods"]
    assert (period["months"], period["days"], period["after"], period["then"]) == (24, None, "last-contact", "erase")
    assert period["purposes"] == sorted(marrowby.points["contact-form"].purposes)
    targets = json.loads(print_out("request-map", marrowby, Ledger(), "json").text)
    assert targets["always"] == ["choices", "disclosures", "mail", "spool"]
    assert next(one for one in targets["targets"] if one["collection"] == "page-view")["identifiers"] == ["visitor"]
    page = print_out("request-map", marrowby, Ledger()).text
    assert "nothing: it is connected to nobody" in page


def test_every_printout_is_described():
    """docs/specs/printouts.md names each printout with its formats, the usual one first."""
    page = (Path(__file__).parents[2] / "docs" / "specs" / "printouts.md").read_text(encoding="utf-8")
    for name, printout in PRINTOUTS.items():
        assert f"| `{name}` | {', '.join(printout.formats)} |" in page


def test_pages_show_their_readers_what_concerns_them(european):
    """The rights under one law have its days alone; an unknown law or website is refused with those that there are."""
    colorado = print_out("rights", european, Ledger(), audience=Audience(jurisdiction="US-CO")).text
    assert "we decide within 45 days." in colorado
    assert "10 business days" not in colorado
    assert "10 business days" in print_out("rights", european, Ledger()).text
    assert 'no jurisdiction "US-XX"' in print_out("rights", european, Ledger(), audience=Audience(jurisdiction="US-XX")).reason
    assert 'no website "nowhere"' in print_out("policy", european, Ledger(), audience=Audience(website="nowhere")).reason
    assert print_out("register", european, Ledger(), audience=Audience(jurisdiction="US-CO")) == print_out(
        "register", european, Ledger()
    )


def test_what_a_recipient_takes_in_itself_has_no_schema(complete):
    """Nothing of it may come in here; its requests go to the recipient."""
    taken = {name for name, point in complete.points.items() if point.collected_by}
    assert taken
    schemas = json.loads(print_out("schemas", complete, Ledger()).text)["collection"]
    assert set(schemas) == set(complete.points) - taken
    targets = json.loads(print_out("request-map", complete, Ledger(), "json").text)["targets"]
    assert {one["collection"] for one in targets if one["store"] == "recipient"} == taken


def test_a_page_that_stands_alone_fits_a_telephone_and_paper(marrowby):
    """It brings its own look, for nothing else gives it one: tables have lines, and scroll within the page."""
    printed = print_out("recipients", marrowby, Ledger())
    page = document(printed, marrowby)
    assert "overflow-x: auto" in page
    assert "@media print" in page
    assert "<style" not in printed.text


def test_the_yearly_figures_of_a_large_business_are_where_its_staff_publish_them(small_text, compiled):
    """The page says who counts them, and links to them; nothing demands what is refused (11 CCR 7102)."""
    declared = 'metrics = "https://tarn.example/figures"\nmetrics_by_people = true\n\n[controller]\nlarge = true'
    found = compiled(small_text.replace("[controller]", declared))
    assert found.diagnostics == compiled(small_text).diagnostics
    said = '<a href="https://tarn.example/figures">https://tarn.example/figures</a>'
    assert f"our staff publish by July 1 of the next year: {said}" in str(rights_list(found.rulebook))
    assert "July 1" not in str(rights_list(compiled(small_text).rulebook))


def test_figures_that_nobody_counts_are_on_no_page(small_text):
    """A draft may name their place; the page of one, or of an earlier version that did, says nothing of them."""
    text = small_text.replace("[controller]", 'metrics = "https://tarn.example/figures"\n\n[controller]')
    found = compile_text(text, "policy.md", tables(), date(2026, 11, 23), does=EVERYTHING)
    assert "tarn.example/figures" not in str(rights_list(found.rulebook))
