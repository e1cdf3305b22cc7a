"""An installation without pages of the company: Avow's own pages are there, the policy among them."""


def test_policy_is_served_without_a_site(installation_of):
    """Notices and letters link /privacy-policy; without a site Avow shows it itself, and / leads to the centre."""
    alone = installation_of(workers=1)
    lines = alone.config.read_text().splitlines()
    alone.config.write_text("\n".join(line for line in lines if not line.startswith("pages")))
    browser = alone.start().browser()
    page = browser.get("/privacy-policy")
    assert page.text.count("<h1") == 1
    assert "Everything that takes in data on this website" in page.text
    assert browser.get("/").headers["location"] == "/privacy"


def test_mail_leaves_through_a_declared_recipient_only(installation_of):
    """A recipient that the policy does not declare stops the start and is named."""
    undeclared = '[mail]\nhost = "127.0.0.1"\nrecipient = "somebody"\nsender = "a@marrowby.example"\n'
    assert installation_of(extra=undeclared).avow("serve", status=1) == ""
