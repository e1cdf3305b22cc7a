"""Invented visitors of days that are over, for `avow demo --days`: who comes, what they do, and what may be kept of it.

Nothing here takes anything from outside: `people` and `visits` draw it from a seed, and every record that `records`, `forms` and
`recorded` make of it is marked as demonstration. What is kept, under which terms and until when is asked of the version of the
policy of its own day, as for everything else (docs/decisions/0095).
"""
