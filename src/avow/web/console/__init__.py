"""The console: what the company's staff see. Every page needs a session; every form carries the session's token."""

from __future__ import annotations

from starlette.routing import Route

from avow.web.console.account import AccountPages
from avow.web.console.aside import AsidePages
from avow.web.console.audience import AudiencePages
from avow.web.console.audit import AuditPages
from avow.web.console.campaigns import CampaignPages
from avow.web.console.corrections import CorrectionPages
from avow.web.console.desk import DeskPages
from avow.web.console.door import Door
from avow.web.console.evidence import EvidencePages
from avow.web.console.imports import ImportPages
from avow.web.console.inbox import InboxPages
from avow.web.console.kept import KeptPages
from avow.web.console.mailings import MailingsPages
from avow.web.console.messages import MessagePages
from avow.web.console.opt_outs import OptOutPages
from avow.web.console.publishing import PublishingPages
from avow.web.console.recipients import RecipientPages
from avow.web.console.record import RecordPages
from avow.web.console.recordings import RecordingsPages
from avow.web.console.reviews import ReviewPages
from avow.web.console.sending import SendingPages
from avow.web.console.sign_in import SignInPages
from avow.web.console.staff import StaffPages
from avow.web.console.website import WebsitePages
from avow.web.rendering import View


class Console:
    """The pages under /console."""

    def __init__(self, view: View) -> None:
        self.door = Door(view)

    def routes(self) -> list[Route]:
        """Return all routes of the console; its door then knows what each needs."""
        door = self.door
        rooms = (
            SignInPages(door),
            AudiencePages(door),
            CampaignPages(door),
            RecordingsPages(door),
            InboxPages(door),
            MessagePages(door),
            MailingsPages(door),
            DeskPages(door),
            ReviewPages(door),
            CorrectionPages(door),
            KeptPages(door),
            RecordPages(door),
            EvidencePages(door),
            AuditPages(door),
            PublishingPages(door),
            OptOutPages(door),  # before the page of a recipient, whose name may be any
            RecipientPages(door),
            SendingPages(door),
            WebsitePages(door),
            AsidePages(door),
            ImportPages(door),
            StaffPages(door),
            AccountPages(door),
        )
        return [route for room in rooms for route in room.routes()]
