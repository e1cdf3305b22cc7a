"""What header lines say, read in one way at every door: lists by their members, without the white space around them.

A proxy may join lines of one name with commas, and split a list into lines; both are the same message.
Rule: RFC 9110, 5.3, 5.5 and 5.6.1. The space around a whole value is taken off where lines are read (`web.http1`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

#: Returns the values of every line of a header, named in lower case.
Every = Callable[[str], list[str]]


def members(lines: Iterable[str]) -> list[str]:
    """Return the members of a list that may stand in several lines; an empty member is none."""
    return [member for line in lines for part in line.split(",") if (member := part.strip(" \t"))]


def is_set(lines: Iterable[str]) -> bool:
    """Return whether a signal is set: any member that is `1` counts, whatever is next to it (W3C GPC, 3.2; 11 CCR 7025(c))."""
    return "1" in members(lines)
