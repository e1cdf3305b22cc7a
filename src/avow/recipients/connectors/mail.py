"""E-mail over SMTP to the server that the configuration names; each message is a disclosure to the recipient that runs it.

Without a server messages wait in the outbox, where the console shows them. Whatever happens to one message happens to it
alone, and a server that is away costs no message a try (decision 0040).

    claim, compose, decide  cannot be read or written: failed at once
    connect                 no connection: nobody is charged, the server is asked again after a growing pause
    hand over               yes: sent · no for now (4xx): tried again · no for good (5xx): failed, a person looks at it
                            connection lost: the server may have it, which is a disclosure; the message waits, a new
                            connection goes on with the others

A crash between the server's yes and our note of it sends a message again with the same Message-ID (RFC 5322, 3.6.4),
by which mail systems drop the second copy.
"""

from __future__ import annotations

import logging
import smtplib
import ssl
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum
from typing import Any, Final

from avow.addresses import Mailbox, mailbox
from avow.config import Mail
from avow.gate.messages import DAMAGED, Trouble, Turn, Waiting
from avow.recipients.carrying import Leased
from avow.recipients.connectors.certificates import believed
from avow.recipients.connectors.composing import compose
from avow.store.aside import attempted

log = logging.getLogger(__name__)

#: Seconds that a connection to the SMTP server may take to stand.
CONNECT_SECONDS: Final = 20
#: Seconds that the server may take over each step after that: it may look through a message before it says yes.
ANSWER_SECONDS: Final = 60
#: After so many answers a message without a deadline is marked as failed and shown in the console.
MAX_ATTEMPTS: Final = 12
#: What was put together longer ago, seconds, is asked again before it leaves: a no reaches what waits within a second.
FRESH_SECONDS: Final = 0.2
#: Messages sent in one round.
ROUND: Final = 50
#: How often in a round messages that cannot be handed over give their places to the next ones.
PAGES: Final = 20
#: Longest pause before a message is tried again, minutes: with a deadline, and without one.
_LONGEST_WITH_DEADLINE: Final = 64
_LONGEST: Final = 512
#: First and longest pause before a server that is away is asked again, milliseconds.
_AWAY_MS: Final = 4_000
_AWAY_LONGEST_MS: Final = 300_000
#: STARTTLS where the server offers it, and what else it is.
WHEN_OFFERED: Final = "when-offered"
#: Characters of what a server said that are kept; the rest says nothing new.
RECEIPT_LENGTH: Final = 200
#: A part of an address that is so short is in many a word: only a word that is no more than it is left out.
_SHORT: Final = 2
_AROUND: Final = "\"'()[]{},;:.!?"
#: SMTP's answer that the server closes the connection, whatever was asked (RFC 5321, 3.8).
_CLOSING: Final = 421
#: From here on the answer is no, for good (RFC 5321, 4.2.1).
_PERMANENT: Final = 500


@dataclass(frozen=True, slots=True)
class _Letter:
    """A message as it travels, where it returns to, and to whom it goes."""

    returns: str
    to: Mailbox
    content: bytes


@dataclass(frozen=True, slots=True)
class _Said:
    """What a server answered: what was the trouble (None: it took the message), SMTP's code, whether that is for good."""

    trouble: Trouble | None = None
    code: int = 0
    is_final: bool = False
    receipt: str = ""


_NOTHING: Final = _Said()


@dataclass(frozen=True, slots=True)
class _Ready:
    """A message as it would go, put together from a moment on; `failed` is what a step raised, of which `trouble` says what.

    `message` is None where none may leave, `letter` where nothing can be written to its address.
    """

    made_seconds: float
    failed: Exception | None
    trouble: Trouble
    message: Waiting | None = None
    letter: _Letter | None = None


class _Server(smtplib.SMTP):
    """A connection that remembers what the server said when it took a message."""

    taken: tuple[int, bytes] = (0, b"")

    def data(self, msg: Any) -> tuple[int, bytes]:  # Any: what the library takes for a text
        """Hand over a message's text, and remember the answer."""
        self.taken = super().data(msg)
        return self.taken


class _Outcome(Enum):
    HANDED_OVER = 1
    KEPT = 0
    AWAY = -1


@dataclass(slots=True)
class Carrier:
    """Hands due messages to the SMTP server, a round at a time; remembers how long the server has been away.

    No deadline is over by a clock that is not believed (`retention.Clock`).
    """

    outbox: Leased[Waiting]
    mail: Mail
    is_believed: Callable[[], bool] = lambda: True
    seconds: Callable[[], float] = time.monotonic
    _server: _Server | None = None
    _pause_ms: int = 0
    _again_ms: int = 0

    def send_due(self, now_ms: int) -> int:
        """Send what is due; return how many messages were handed over. Raises StoreUnavailable, after which nothing is lost."""
        if not self.mail.host or now_ms < self._again_ms <= now_ms + _AWAY_LONGEST_MS:  # further away: the clock was ahead
            return 0
        try:
            for _ in range(PAGES):
                turns = self.outbox.due(now_ms, ROUND)
                outcomes = self._page(turns, now_ms)
                if not turns or set(outcomes) != {_Outcome.KEPT}:
                    return outcomes.count(_Outcome.HANDED_OVER)
        finally:
            self._hang_up()
            self.outbox.release()
        return 0

    def _page(self, turns: Sequence[Turn], now_ms: int) -> list[_Outcome]:
        """Give each message its turn, until the server is away; while it has one, the next is put together."""
        outcomes: list[_Outcome] = []
        with ThreadPoolExecutor(1, "mail-ahead") as ahead:  # ends when what it does has ended: only then is anything released
            waiting = [ahead.submit(self._ready, turn, now_ms) for turn in turns[:1]]
            for number, turn in enumerate(turns):
                ready = waiting.pop().result()
                waiting += [ahead.submit(self._ready, one, now_ms) for one in turns[number + 1 : number + 2]]
                outcomes.append(self._one(turn, ready, now_ms))
                if outcomes[-1] is _Outcome.AWAY:
                    break
        return outcomes

    def _ready(self, turn: Turn, now_ms: int) -> _Ready:
        """Open and compose one message."""
        made_seconds = self.seconds()
        failed, message = attempted(lambda: self.outbox.open(turn.message_id, now_ms))
        if failed is not None or message is None:
            return _Ready(made_seconds, failed, Trouble.UNREADABLE)
        failed, letter = attempted(lambda: self._letter(message))
        return _Ready(made_seconds, failed, Trouble.UNWRITABLE, message, letter)

    def _one(self, turn: Turn, ready: _Ready, now_ms: int) -> _Outcome:
        """Hand over one message; nothing that it raises reaches the others.

        What was put together while the server took its time over another is asked and put together again.
        """
        if self.seconds() - ready.made_seconds > FRESH_SECONDS and ready.message is not None:
            ready = self._ready(turn, now_ms)
        message, letter = ready.message, ready.letter
        if ready.failed is not None:
            return self._failed(turn, now_ms, ready.trouble, ready.failed)
        if message is None:
            return _Outcome.KEPT
        if letter is None:
            return self._keep(turn, message, now_ms, Trouble.UNWRITABLE, is_final=True)
        failed, outcome = attempted(lambda: self._hand_over(turn, message, letter, now_ms))
        if outcome is not None:
            return outcome
        assert failed is not None
        self.outbox.lost(message, now_ms)
        return self._failed(turn, now_ms, Trouble.LOST, failed)  # the server may have it: it is handed over again

    def _failed(self, turn: Turn, now_ms: int, trouble: Trouble, error: Exception) -> _Outcome:
        """Keep a message of which a step raised."""
        log.warning("message %s is %s: %s", turn.message_id, trouble, type(error).__name__)
        self._hang_up()  # the connection may stand in the middle of a command
        is_final = trouble is Trouble.UNWRITABLE or isinstance(error, DAMAGED)
        return self._keep(turn, None, now_ms, trouble, is_final=is_final)

    def _letter(self, message: Waiting) -> _Letter | None:
        """Return the message as it travels; None when nothing can be written to its address.

        It comes from its website's sender, and what cannot be delivered returns to the installation's (RFC 5321, 4.4).
        """
        returns, to = mailbox(self.mail.sender), mailbox(message.message.to)
        sender = mailbox(message.sender) if message.sender else returns
        return _Letter(str(returns), to, compose(message, sender, to)) if returns and sender and to else None

    def _hand_over(self, turn: Turn, message: Waiting, letter: _Letter, now_ms: int) -> _Outcome:
        """Give one message to the server and note what became of it."""
        server = self._server or self._connected(now_ms)
        if server is None:
            return _Outcome.AWAY
        self.outbox.begins(turn.message_id)
        said = _given(server, letter)
        if said.trouble is None:
            self.outbox.sent(message, now_ms, said.receipt)
            return _Outcome.HANDED_OVER
        if server.sock is None:
            self._hang_up()
        if said.trouble is Trouble.LOST:
            self._hang_up()
            self.outbox.lost(message, now_ms)
            if self._connected(now_ms) is None:  # the server is away: that was no answer to this message
                return _Outcome.AWAY
        return self._keep(turn, message, now_ms, said.trouble, said, is_final=said.is_final)

    def _keep(
        self, turn: Turn, message: Waiting | None, now_ms: int, trouble: Trouble, said: _Said = _NOTHING, *, is_final: bool
    ) -> _Outcome:
        """Note a try that did not succeed and when the next one is: after 1, 2, 4 … minutes, until its bound is reached."""
        attempts, until_ms = turn.attempts + 1, message.until_ms if message else None
        longest = _LONGEST if until_ms is None else _LONGEST_WITH_DEADLINE
        pause_ms = int(timedelta(minutes=min(2 ** min(attempts - 1, 9), longest)).total_seconds() * 1000)
        is_late = until_ms is not None and now_ms >= until_ms and self.is_believed()
        is_over = is_final or is_late or (until_ms is None and attempts >= MAX_ATTEMPTS)
        self.outbox.kept(turn.message_id, trouble, said.code, None if is_over else now_ms + pause_ms, said.receipt)
        return _Outcome.KEPT

    def _connected(self, now_ms: int) -> _Server | None:
        """Return a connection that is; None while the server is away, which is said once."""
        try:
            self._server = _connect(self.mail)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            if not self._pause_ms:
                log.warning("the SMTP server %s takes no messages (%s); they wait", self.mail.host, type(error).__name__)
            self._pause_ms = min(max(2 * self._pause_ms, _AWAY_MS), _AWAY_LONGEST_MS)
            self._again_ms = now_ms + self._pause_ms
            return None
        if self._pause_ms:
            log.warning("the SMTP server %s takes messages again", self.mail.host)
        self._pause_ms = self._again_ms = 0
        return self._server

    def _hang_up(self) -> None:
        """End the connection, whatever state it is in."""
        server, self._server = self._server, None
        if server is not None:
            with suppress(OSError, smtplib.SMTPException):  # it may be gone already
                server.quit()
            server.close()


def _connect(mail: Mail) -> _Server:
    """Return a connection that is encrypted and signed in, as configured."""
    server = _Server(mail.host, mail.port, timeout=CONNECT_SECONDS)
    with ExitStack() as unless_ready:
        unless_ready.callback(server.close)
        server.ehlo_or_helo_if_needed()
        if mail.starttls is True:
            server.starttls(context=believed(mail.ca_file, "mail"))
        elif mail.starttls == WHEN_OFFERED and server.has_extn("starttls"):
            server.starttls(context=_any_certificate())
        if mail.username and mail.password_file:
            server.login(mail.username, mail.password_file.read_text(encoding="utf-8").strip())
        server.ehlo_or_helo_if_needed()
        assert server.sock is not None
        server.sock.settimeout(ANSWER_SECONDS)
        unless_ready.pop_all()
    return server


def _any_certificate() -> ssl.SSLContext:
    """Return encryption without proof of who is there: better than none, against who listens (RFC 7435)."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _given(server: _Server, letter: _Letter) -> _Said:
    """Hand one message over; return what the server said to it.

    A refused sender is mended in the configuration or at the server, so it is never for good.
    """
    if letter.to.needs_smtputf8 and not server.has_extn("smtputf8"):
        return _Said(Trouble.NOT_OFFERED, is_final=True)
    options = ("SMTPUTF8", "BODY=8BITMIME") if letter.to.needs_smtputf8 else ()
    try:
        server.sendmail(letter.returns, [str(letter.to)], letter.content, options)
    except smtplib.SMTPRecipientsRefused as refused:
        code, words = max(refused.recipients.values())
        found = _Said(Trouble.REFUSED, code, code >= _PERMANENT, receipt(code, words, letter.to))
    except smtplib.SMTPSenderRefused as refused:
        found = _Said(Trouble.REFUSED, refused.smtp_code, receipt=receipt(refused.smtp_code, refused.smtp_error, letter.to))
    except smtplib.SMTPResponseException as refused:
        code = refused.smtp_code
        found = _Said(Trouble.REFUSED, code, code >= _PERMANENT, receipt(code, refused.smtp_error, letter.to))
    except (OSError, smtplib.SMTPException):
        found = _Said(Trouble.LOST)
    else:
        return _Said(receipt=receipt(*server.taken, letter.to))
    return replace(found, trouble=Trouble.LOST, is_final=False) if found.code == _CLOSING else found


def receipt(code: int, words: bytes | str, to: Mailbox) -> str:
    """Return what a server said as it is kept: its code and words, without anything that could be an address, or a part of one.

    Servers repeat whom a message goes to. A word that holds an @, a bracket or what is before or behind the @ is left out.
    """
    text = words.decode("ascii", "replace") if isinstance(words, bytes) else words
    parts = [part for part in (to.local.casefold(), to.domain.casefold()) if part]

    def may_stay(word: str) -> bool:
        plain = word.casefold()
        names = any(part in plain if len(part) > _SHORT else part == plain.strip(_AROUND) for part in parts)
        return word.isprintable() and not names and not set(word) & set("@<>=%+\ufffd")

    kept = " ".join(word if may_stay(word) else "…" for word in text.split())
    return f"{code} {kept}"[:RECEIPT_LENGTH].strip()
