"""Two websites of the invented company, each with a look of its own, and a policy that asks much of their visitors."""

import re
from pathlib import Path

from tests.conftest import MARROWBY

LOGO = Path(__file__).parent / "instruments.svg"
_BEFORE = "### When you ask about your information {#rights-form}"
_SITES = """It covers two websites.

```avow
[website.instruments]
label   = "Instruments"
address = "http://instruments.localhost"

[website.charts]
label   = "Charts"
address = "http://charts.localhost"
```

"""
_CHOICE = """
```avow
[choice.{name}]
label       = "{label}"
description = "{description}"
stops       = ["{stops}"]
```

"""
_ASKED = {
    "page-improvement": (
        "Session recordings of how our pages are used",
        "watching a replay of how you move and press on a page, with all that is typed masked before it leaves your browser",
    ),
    "personalisation": (
        "Remembering your units, your place and your earlier searches",
        "showing the pressure in the unit you chose, the tides of the harbour you looked at last, and what you searched for",
    ),
}


def policy_in(folder):
    """Write the example policy with two websites and two long questions; return its file."""
    text = (MARROWBY / "policy.md").read_text(encoding="utf-8")
    asked = "".join(
        _CHOICE.format(name=f"about-{stops}", label=label, description=words, stops=stops)
        for stops, (label, words) in _ASKED.items()
    )
    policy = folder / "policy.md"
    policy.write_text(text.replace(_BEFORE, _SITES + asked + _BEFORE), encoding="utf-8")
    return policy


def websites(port):
    """Return the two websites as the configuration has them."""
    return f"""[[websites]]
name = "instruments"
origin = "http://instruments.localhost:{port}"
pages = "{MARROWBY / "site"}"
[websites.look]
name = "Marrowby Instruments"
accent = "#5b2a86"
background = "#fdf7ff"
background_dark = "#140d1b"
logo = "{LOGO}"
[[websites]]
name = "charts"
origin = "http://charts.localhost:{port}"
pages = "{MARROWBY / "site"}"
[websites.look]
name = "Lorne Charts"
accent = "#f2b53c"
background = "#0b2433"
background_dark = "#061720"
"""


def with_two_websites(installation):
    """Have an installation that is not started yet serve both."""
    text = installation.config.read_text(encoding="utf-8")
    one = re.search(r"\[website\]\n(?:[a-z]+ = .*\n)+", text)[0]
    installation.config.write_text(text.replace(one, websites(installation.port)), encoding="utf-8")
    return installation
