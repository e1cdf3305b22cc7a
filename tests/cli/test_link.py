"""`avow link`: addresses for pages that Avow does not serve."""

from tests.conftest import MARROWBY

CONFIGURATION = """data = "data"
policy = "policy.md"
timezone = "America/Los_Angeles"
[website]
name = "marrowby.example"
origin = "http://127.0.0.1:8400"
"""


def test_the_address_is_signed_for_its_page(run, write, folder):
    """The same each time, another for another page; a link that the policy does not have is refused."""
    write("policy.md", text=(MARROWBY / "policy.md").read_text(encoding="utf-8"))
    (folder / "avow.toml").write_text(CONFIGURATION, encoding="utf-8")
    here, again, there = (run("link", "shop", "--page", page).output for page in ("/a", "/a", "/b"))
    assert here.startswith("/out/shop?page=%2Fa&signature=")
    assert here == again != there
    refused = run("link", "elsewhere")
    assert refused.exit_code == 1
    assert "it has: shop" in refused.output
