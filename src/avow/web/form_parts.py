"""What forms hold next to their fields: the guard against machines, and the boxes of a subscription."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from markupsafe import Markup

from avow.collection.forms.spam import AGREE, SHOWN, TRAP
from avow.messaging.answers import MeasureFacts


def guard(token: str) -> Markup:
    """Return a form's own fields: when it was shown, and one that no person sees, so that who fills it in is none."""
    return Markup(
        '<input type="hidden" name="{}" value="{}"><div hidden><label>Please leave this empty'
        '<input name="{}" tabindex="-1" autocomplete="off"></label></div>'
    ).format(SHOWN, token, TRAP)


def agree_boxes(measures: Iterable[MeasureFacts], refused: Collection[str]) -> Markup:
    """Return the boxes of a subscription's form, none of them ticked: to be measured waits for a yes of its own.

    What the browser, or whoever it is known by, has `refused` is not asked for. Rule: Cal. Civ. Code § 1798.135(c)(4).
    """
    box = Markup('<label class="agree"><input type="checkbox" name="{}" value="{}"><span>Allow “{}”{}</span></label>')
    return Markup("\n").join(
        box.format(AGREE, one.name, one.label, f": {one.description}" if one.description else "")
        for one in measures
        if one.name not in refused
    )
