"""Deliveries of an installation in tests: who composes and carries them, and rows planted below the doors."""

from __future__ import annotations

import secrets

from tests.houses import sites

from avow.gate.deliveries import About, Delivery
from avow.gate.opt_outs import OptOuts
from avow.main.installation import of_requests
from avow.messaging.composing import Composing
from avow.messaging.instructing import ToRecipients
from avow.messaging.mailings import Mailings
from avow.messaging.opting_out import OptOutMail
from avow.recipients.carrying import Kinds, Leased
from avow.store.control import deliveries


def composing(house, recipient="mail-service", places=None):
    """Return what composes an installation's deliveries."""
    places = places or sites()
    mailings = Mailings(house.store, house.versions, recipient, places)
    told = ToRecipients(house.store, house.versions, places, (3, 7, 14))
    opt_outs = OptOutMail(OptOuts(house.store, house.versions, house.now_ms), places)
    return Composing(house.store, house.versions, recipient, of_requests(), places, mailings, told, opt_outs)


def leased(house, recipient="mail-service", places=None):
    """Return what a process of an installation carries."""
    return Leased(house.store, kinds_of(composing(house, recipient, places)))


def kinds_of(made):
    """Return what a process is told of the kinds by who composes them."""
    return Kinds(made.compose, made.left, made.failed, made.may_have)


def planted(tx, made_ms=1, kind="letter", *, request_id=None, subject=None, record="", batch="", letter=None, **more):
    """Keep a delivery as it is given, below the doors; return its id."""
    one = About(subject, request_id, record, "A", more.pop("address", None))
    row = Delivery(more.pop("id", secrets.token_hex(16)), kind, made_ms, batch=batch, people=(one,), **more)
    deliveries.add(tx, row, letter)
    return row.id


def addressees(house, rows):
    """Return to whom these deliveries go."""
    read = composing(house).read
    return sorted(read(row).to for row in rows)
