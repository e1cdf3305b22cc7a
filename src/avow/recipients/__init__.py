"""Everybody else who gets personal information: sent through here only, each time written into the disclosure log.

`build` wires what doors call; `carriers` the rounds of the clock, one for each recipient that the configuration connects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from avow.config import Configuration, Connection
from avow.definitions import ConfigurationError, Refusal
from avow.gate.deliveries import Lane
from avow.gate.handing_over import CONVERSION, HandingOver, IsErasing
from avow.gate.opt_outs import OptOuts
from avow.gate.recipients import standing
from avow.gate.sites import Sites
from avow.gate.versions import Versions
from avow.policy import Rulebook
from avow.recipients.carrying import Kinds, Leased
from avow.recipients.composing import Composing
from avow.recipients.connectors import Connector
from avow.recipients.connectors.callback import Callback
from avow.recipients.connectors.certificates import believed
from avow.recipients.connectors.opendsr import OpenDSR
from avow.recipients.connectors.signing import signers
from avow.recipients.connectors.webhook import Webhook
from avow.recipients.instructing import Confirmed, Instructing
from avow.recipients.outgoing import Outgoing
from avow.recipients.passing_on import PassingOn
from avow.recipients.register import Register
from avow.recipients.rounds import Round
from avow.recipients.sending import Sending
from avow.store.store import Store

#: The lane of what is told by OpenDSR.
OPENDSR: Final = "opendsr"
#: Who stores or carries for us all the time: nothing is sent there.
STANDING: Final = "standing"


@dataclass(frozen=True, slots=True)
class Recipients:
    """The room, as doors call it."""

    register: Register
    sending: Sending
    outgoing: Outgoing
    opt_outs: OptOuts
    passing_on: PassingOn


def build(
    store: Store, versions: Versions, configuration: Configuration, is_erasing: IsErasing, now_ms: Callable[[], int]
) -> Recipients:
    """Return the room; `is_erasing` says whether a deletion of somebody is under way."""
    handing_over = HandingOver(store, versions, is_erasing, now_ms)
    sending = Sending(handing_over, connectors(configuration), tuple(one.name for one in configuration.sites), now_ms)
    opt_outs = OptOuts(store, versions, now_ms)
    passing_on = PassingOn(opt_outs, connectors(configuration))
    return Recipients(Register(store, versions, now_ms), sending, Outgoing(store, now_ms), opt_outs, passing_on)


def connectors(configuration: Configuration) -> Mapping[str, str]:
    """Return by which way each recipient is reached that the configuration has a connection to."""
    return {name: one.connector for name, one in _reached(configuration)}


def arriving(configuration: Configuration) -> Mapping[str, str]:
    """Return the same for those to which records go as they come in."""
    return {name: one.connector for name, one in _reached(configuration) if one.on_arrival}


def standing_in(configuration: Configuration) -> tuple[str, ...]:
    """Return who stores or carries for us all the time."""
    return tuple(name for name, one in configuration.recipient.items() if one.connector == STANDING)


def _reached(configuration: Configuration) -> list[tuple[str, Connection]]:
    return [(name, one) for name, one in configuration.recipient.items() if one.connector != STANDING]


def contract_of(store: Store, versions: Versions, carrier: str) -> Callable[[str], Refusal | None]:
    """Return what says why nothing may go through who carries e-mail for us today; of others it is asked where it is composed."""

    def asked(recipient: str) -> Refusal | None:
        if recipient != carrier:
            return None
        with store.control.reading() as tx:
            return standing(tx, versions.in_force(), recipient, versions.today()).refusal

    return asked


def carriers(
    store: Store,
    versions: Versions,
    configuration: Configuration,
    is_erasing: IsErasing,
    confirmed: Confirmed,
    is_believed: Callable[[], bool],
    now_ms: Callable[[], int],
) -> tuple[Round, ...]:
    """Return what carries deliveries, one round for each connection. Raises ConfigurationError for a key that is none.

    `confirmed` notes that a recipient's computers said that they have erased what they were told to.
    """
    remind_after = configuration.instructions.remind_after_days
    instructing = Instructing(store, versions, Sites(configuration), remind_after, confirmed)
    passing_on = PassingOn(OptOuts(store, versions, now_ms), connectors(configuration))
    composing = Composing(HandingOver(store, versions, is_erasing, now_ms), instructing, passing_on)
    kinds = Kinds(composing.compose, composing.left, composing.failed, composing.may_have)
    ways: list[tuple[str, str, Connector]] = [
        (name, one.connector, connector_of(name, one)) for name, one in _reached(configuration)
    ]
    ways += [(name, OPENDSR, opendsr_of(name, one)) for name, one in configuration.recipient.items() if one.opendsr]
    return tuple(
        Round(name if way != OPENDSR else f"{name}-{way}", Leased(store, kinds, Lane(way, name)), connector, is_believed)
        for name, way, connector in ways
    )


def opendsr_of(name: str, connection: Connection) -> Connector:
    """Return the way by which a recipient takes deletions. Raises ConfigurationError for authorities that are none."""
    return OpenDSR(connection.opendsr, believed(connection.ca_file, f"recipient.{name}"), connection.allow_private)


def connector_of(name: str, connection: Connection) -> Connector:
    """Return the way to one recipient. Raises ConfigurationError for a key file that cannot be read, or holds no key."""
    whose = f"recipient.{name}.key_file"
    assert connection.key_file is not None  # judged with the configuration
    try:
        text = connection.key_file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{whose} is {connection.key_file}, which cannot be read") from error
    believes = believed(connection.ca_file, f"recipient.{name}")
    return Webhook(connection.address, signers(text, whose), believes, connection.allow_private)


def callback(configuration: Configuration) -> Callback:
    """Return what tells authorized agents of their requests. Raises ConfigurationError for authorities that are none."""
    spoken = configuration.data_rights_protocol
    return Callback(believed(spoken.ca_file, "data_rights_protocol"), frozenset(spoken.private_hosts))


def judge(configuration: Configuration) -> None:
    """Raise ConfigurationError for a key or a certificate of a connection, or of the mail server, that is none."""
    believed(configuration.mail.ca_file, "mail")
    callback(configuration)
    for name, connection in _reached(configuration):
        connector_of(name, connection)
    for name, connection in configuration.recipient.items():
        opendsr_of(name, connection)


def require_declared(configuration: Configuration, rulebook: Rulebook) -> None:
    """Raise ConfigurationError for a connection to a recipient that a version does not declare, or not so."""
    for name, connection in configuration.recipient.items():
        if name not in rulebook.recipients:
            known = ", ".join(sorted(rulebook.recipients)) or "none"
            raise ConfigurationError(f"recipient.{name}: the policy declares no recipient “{name}”; it declares {known}")
        if connection.connector == CONVERSION and rulebook.recipients[name].effective_role != "third-party":
            raise ConfigurationError(f"recipient.{name}.connector is conversion, and “{name}” is no third party; write webhook")
