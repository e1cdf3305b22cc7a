"""`avow tag`: the block of one website, named where there are several."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from avow.cli import avow
from avow.main.operations import Operations

WEBSITES = """[website.main]
label   = "Instruments"
address = "https://www.marrowby.example"

[website.shop]
label   = "Shop"
address = "https://shop.marrowby.example"

"""
POLICIES = Path(__file__).parents[2] / "policies"


def tag(folder, *arguments):
    return CliRunner().invoke(avow, ["--config", str(folder / "avow.toml"), "tag", *arguments], obj=Operations)


@pytest.fixture
def two(tmp_path):
    """The configuration of two websites; the contact form is on one of them."""
    text = (POLICIES / "marrowby" / "policy.md").read_text(encoding="utf-8")
    for before, after in (
        ("[controller]\n", f"{WEBSITES}[controller]\n"),
        ("## Children {#children}", "{{ websites }}\n\n## Children {#children}"),
        ("[collection.contact-form]\n", '[collection.contact-form]\non = ["shop"]\n'),
    ):
        assert before in text
        text = text.replace(before, after, 1)
    (tmp_path / "policy.md").write_text(text, encoding="utf-8")
    (tmp_path / "avow.toml").write_text(
        "policy = 'policy.md'\ndata = 'data'\ntimezone = 'America/Los_Angeles'\n"
        '[[websites]]\nname = "main"\norigin = "https://www.marrowby.example"\n'
        '[[websites]]\nname = "shop"\norigin = "https://shop.marrowby.example"\n',
        encoding="utf-8",
    )
    return tmp_path


def test_an_only_website_needs_no_name():
    """As it was before there could be several."""
    assert 'data-parts="tag ' in tag(POLICIES / "marrowby").stdout


def test_several_websites_need_one(two):
    """The error says which there are; each has a block of its own, with what is declared there."""
    for asked in ((), ("--site", "blog")):
        answer = tag(two, *asked)
        assert answer.exit_code == 1
        assert "main, shop" in answer.output
    main, shop = (tag(two, "--site", name).output for name in ("main", "shop"))
    assert "/avow/notices/contact-form" not in main
    assert "/avow/notices/contact-form" in shop
    assert all("/avow/notices/newsletter" in one for one in (main, shop))
