"""The queues whose items may be set aside, in the words of the console and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from avow.store.aside import AUDIT, DRAIN, OWED


@dataclass(frozen=True, slots=True, order=True)
class Queue:
    """One queue: its name for people, what an item of it is, what to do about one, and what is lost when it is discarded.

    `loss` is empty where an item is owed: it cannot be discarded.
    """

    label: str
    meaning: str
    remedy: str
    loss: str = ""


_REPORT: Final = "If it fails again, report its kind and what the log says of it, and try again after an upgrade."

QUEUES: Final[Mapping[str, Queue]] = MappingProxyType(
    {
        DRAIN: Queue(
            "Records",
            "A record that was accepted and that no store takes; what it holds is kept sealed.",
            f"Try again. {_REPORT}",
            "The record: what one visitor's browser or form sent. It was acknowledged, and it will never be stored.",
        ),
        "spool": Queue(
            "Segments of the spool",
            "A file of the spool that is damaged, or whose key is missing. What could be read of it is stored.",
            "no-key: put the key vault back that belongs to this data. damaged: look after the disk; it goes by itself after "
            "30 days.",
            "What could not be read of this file, up to 8 MB of records, and its key with it.",
        ),
        "requests": Queue(
            "Consumer requests",
            "A consumer request whose next step cannot be done. Its date does not wait.",
            f"Open it on the request desk and look at its date, mend what is wrong, then try again. {_REPORT}",
        ),
        "residue": Queue(
            "Searches for what is left",
            "A request that erased somebody, and for whom every file cannot be searched, or what was found cannot be kept.",
            f"Open it on the request desk, mend what is wrong, then try again. {_REPORT}",
        ),
        "opt-outs": Queue(
            "Opt-outs to pass on",
            "An opt-out of which cannot be worked out which recipients are to be told. Its last day does not wait.",
            f"Look at the list of opt-outs to pass on and tell them, then try again. {_REPORT}",
        ),
        "batches": Queue(
            "Batches",
            "A batch of records of which the rest cannot be queued for its recipient.",
            f"Look whether the configuration still connects the recipient, then try again. {_REPORT}",
            "What of it is not queued goes to nobody; send it again.",
        ),
        "reminders": Queue(
            "Reminders",
            "A recipient that was told to erase something and cannot be reminded.",
            f"Remind it yourself, from the page of the request, then try again. {_REPORT}",
            "The recipient is not reminded; what it was told stands.",
        ),
        "agents": Queue(
            "Authorized agents",
            "An agent that cannot be told what became of its request, or whose permission, which is over, cannot be forgotten.",
            f"Nothing of the request waits for it. {_REPORT}",
            "The agent is not called back; it can ask for the request itself.",
        ),
        "tallies": Queue(
            "Days of figures",
            "A day of which visits and figures cannot be worked out; its panels ask the events themselves, and are slower.",
            f"Try again. {_REPORT}",
            "Nothing is lost: the day is asked from events as long as they are kept.",
        ),
        "purge": Queue(
            "Removals",
            "Somebody erased whose rows cannot be removed. Nobody can read them: the keys are gone.",
            f"Look at what the disk and the stores say, then try again. {_REPORT}",
        ),
        "retention": Queue(
            "Retention",
            "Something that is due to be erased, and cannot be.",
            f"Look at what the disk and the stores say, then try again. {_REPORT}",
        ),
        AUDIT: Queue(
            "Entries of the audit log",
            "An entry that cannot be published; it is kept sealed.",
            f"Try again. {_REPORT}",
        ),
        "unconfirmed": Queue(
            "Unconfirmed subscriptions",
            "A subscription whose link expired, and that cannot be erased.",
            f"Look at what the disk and the stores say, then try again. {_REPORT}",
        ),
        "unsubscribed": Queue(
            "Ended subscriptions",
            "Somebody who unsubscribed, and whose subscription cannot be taken off the list. They are not written to.",
            f"Look at what the disk and the stores say, then try again. {_REPORT}",
        ),
        "mailings": Queue(
            "Mailings",
            "A mailing that cannot be read: nobody gets it.",
            f"Try again. {_REPORT}",
            "What of this mailing is not in the outbox yet. Nobody's subscription ends.",
        ),
        "mailing-subscriptions": Queue(
            "People on a list",
            "Somebody on a list for whom no message of a mailing can be made.",
            f"Try again. {_REPORT}",
            "One person's message of this mailing. They stay subscribed.",
        ),
        "telling": Queue(
            "News of a version",
            "Somebody who cannot be told by e-mail of a version of the policy that was announced.",
            "Try again before the version comes into force; else tell them in another way.",
            "One person's message about the announced version. The policy may promise them one.",
        ),
        "search": Queue(
            "Site search",
            "A page of the site that the search cannot read. It is not found by the search; the others are.",
            "Look at the page, mend it, then try again.",
            "Nothing is erased: the page stays out of the search.",
        ),
        "integrity": Queue(
            "Integrity",
            "An address of the site that could not be looked at.",
            "Look at the page, mend it, then try again.",
            "Nothing is erased: the address is not looked at any more.",
        ),
    }
)


def queue(name: str) -> Queue:
    """Return what is said of a queue; of one without words of its own its name."""
    known = QUEUES.get(name)
    if known is not None:
        return known
    loss = "" if name in OWED else "This item of the queue."
    return Queue(name, "An item of this queue that could not be handled.", f"Try again. {_REPORT}", loss)
