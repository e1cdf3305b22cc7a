"""What each table and key of the language means, for anyone who writes a policy.

docs/reference/declarations.md and the editors' schema are made of this; a test holds it to the grammar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from avow.policy.law import rules


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a table declares, and what each of its keys says."""

    table: str
    keys: Mapping[str, str]


_TOLD_BY: Final = '`"banner"` on the websites, `"email"` to everybody whose address is known, or both'

MEANINGS: Final[Mapping[str, Meaning]] = MappingProxyType(
    {
        "policy": Meaning(
            "The policy itself.",
            {
                "title": "what visitors read as the name of the policy",
                "effective": "first day on which it applies",
                "updated": "day of the last review; the law asks for one every 12 months",
                "jurisdictions": 'codes of the law tables that govern; the first is the policy\'s own; default `["US-CA"]`',
                "evidence": 'who sees the page of live evidence beside each promise: `"console"` (default) or `"public"`',
                "metrics": "where a large business publishes how many requests it answered",
                "metrics_by_people": "true if staff count and publish them; else they are on a website's `/privacy/metrics`",
            },
        ),
        "controller": Meaning(
            "The business that answers for all of it.",
            {
                "name": "legal name",
                "address": "postal address",
                "email": "address for privacy questions",
                "phone": "telephone number, free to call unless `online_only`",
                "website": "address of its main site",
                "online_only": "true if the business deals with people online only; default false",
                "large": "true with 10,000,000 consumers or more in a calendar year; then `metrics` is owed",
                "representative": f"its representative in the EU ({rules.REPRESENTATIVE})",
                "data_protection_officer": f"how to reach the data protection officer ({rules.PROTECTION_OFFICER})",
            },
        ),
        "brand": Meaning("A name under which the controller does business.", {"label": "the name"}),
        "website": Meaning(
            "A website that the policy covers. Headings marked `{#anchor site=NAME}` are shown on its page alone.",
            {"label": "what notices call it", "address": "its address", "brand": "the brand it belongs to"},
        ),
        "message": Meaning(
            "E-mail or other electronic messages that the policy covers.",
            {
                "label": "what notices call them",
                "kind": "what they are",
                "sender": "the address or number they come from",
                "brand": "the brand they belong to",
            },
        ),
        "contact": Meaning(
            "Somebody to turn to beside the controller's own address; an address or number in prose must be declared.",
            {"label": "who it is", "email": "e-mail address", "phone": "telephone number", "address": "postal address"},
        ),
        "changes": Meaning(
            "How material changes of the policy are told before they apply.",
            {"told_by": _TOLD_BY, "days_before": "days between the notice and the change"},
        ),
        "accessibility": Meaning(
            "The standard that the policy and its forms meet.",
            {
                "standard": "as `WCAG 2.2 AA`",
                "languages": "the languages in which they are there",
                "contact": "where to say that something does not work",
            },
        ),
        "source": Meaning(
            "Where information comes from, besides `consumer` (from the person) and `device` (from the browser).",
            {"label": 'completes "It comes from ..."', "kind": "what kind of source it is"},
        ),
        "data": Meaning(
            "One data item.",
            {
                "label": "what notices call it",
                "category": "letter of its statutory category, which also decides how it is kept",
                "also": "letters of further categories that the chart lists it under",
                "sensitive": "code of the sensitive category",
                "identifier": "`visitor`, `email` or `phone`: a person's records can be found by it",
                "region": "the country, as `US`, whose telephone numbers may be typed without its own number in front",
                "max_length": "longest value in characters; default 200",
                "file": "the item is a file: its kinds, told by their bytes, its largest size, how many (`max_files`, default 1)",
                "never": "what its text must not hold: card numbers, social security numbers",
                "on_found": "what happens to such text: `mask` takes the number out (default), `refuse` asks the person to",
                "never_disclose": "which of the eight kinds it is that no answer shows: a request to know says that it is held; "
                "`none` for what could be taken for one",
                "match": "who asks for their data may be asked for it, and how the two are compared; what is held is never shown",
                "says_age": "what it says of a person's age: of who is known by it to be under 16 nothing is sold or shared",
                "description": "a few words for notices",
                "dpv": "term of the W3C Data Privacy Vocabulary, as `pd:EmailAddress`",
            },
        ),
        "purpose": Meaning(
            "What data is used for.",
            {
                "label": "what notices call it",
                "description": 'completes "We use it for ..."',
                "choice": '`"none"` (default), `"opt-out"` (until a person says no), `"consent"` (not before a person said yes)',
                "business_purpose": f"which business purpose of the law it is, as `{rules.A_BUSINESS_PURPOSE}`",
                "legal_basis": f"ground of {rules.LEGAL_BASIS}; required where EU-GDPR governs",
                "sensitive_use": (
                    f"the use of sensitive information that {rules.SENSITIVE_USES} allows; without it, people can limit it"
                ),
                "combines": "names of the collection points of which it puts together what is of one person; default none",
                "written_reason": "true: the console asks a written reason of a member of staff who opens a record for it",
                "cross_context": "true: advertising by what people do with several businesses; its recipients are third parties",
                "dpv": "term of the W3C Data Privacy Vocabulary, as `dpv:ServiceProvision`",
            },
        ),
        "collection": Meaning(
            "One place where data comes in. Nothing else is kept.",
            {
                "label": "what notices call it",
                "technology": "how it takes data in",
                "collected_by": "the recipient that takes the data in for the business; then nothing may come in here",
                "loads": "its script (tag) or image (pixel); pages load it only for whom signals and choices allow all purposes",
                "source": '`"consumer"`, `"device"`, or a declared source',
                "on": "names of the websites and messages that have it; default all",
                "people": "whom it concerns; by its technology when not written",
                "data": "names of the data items taken",
                "required": "those of them that a form insists on",
                "only": "fields that only some of the purposes need",
                "purposes": "names of the purposes",
                "retention": "how long: one period, or one for each purpose",
                "duties": "names of the duties to keep its records",
                "recipients": "names of those who get it",
                "cookie_days": "lifetime of its cookie; required where a visitor is recognised",
                "stores": "names of the cookies or storage keys that it sets",
                "masked": "true: what is typed never leaves the browser; required of a session recording",
                "authorised_by": "the form by which a person agreed in writing: without it nothing of them is taken here",
                "security": "true: it helps security and integrity; an answer tells its categories, and shows no record of it",
                "not_searched": "which records a request to know leaves unsearched, if the next three facts are said as well",
                "not_searchable": "why they cannot be searched, or reached with reasonable effort",
                "legal_only": "for which legal or compliance purpose alone they are kept",
                "no_commercial_use": "that they are not sold, nor used for any commercial purpose, and how that is so",
                "admt": "true: a program takes or replaces a significant decision about people by it; false: no program does",
            },
        ),
        "automated_decision": Meaning(
            "A significant decision about people that a program takes or replaces: the notice before its use.",
            {
                "label": "what notices call the program",
                "decides": "what is decided by it",
                "collections": "names of the collection points that it uses, or that bring its result; each with `admt = true`",
                "logic": 'how it works: completes "It goes by ..."',
                "output": 'what comes out and how it is used: completes "It puts out ..."',
                "instead": 'what happens for who opts out: completes "If you opt out, ..."',
            },
        ),
        "backups": Meaning(
            "How long what was erased may still lie in backups, where nobody can read it any more.",
            {"days": "days until the last backup that may hold it is gone"},
        ),
        "duty": Meaning(
            "A rule that makes or lets the business keep some fields of records, whoever asks to delete them.",
            {
                "label": "what it is for",
                "rule": "the rule",
                "exception": "code of the exception from deletion that it is; default `D8`, a legal obligation",
                "fields": "names of the data items that are kept, files among them; the rest is erased",
                "purpose": "the purpose for which alone what is kept is read",
                "keeps": "how long, and from when",
            },
        ),
        "dataset": Meaning(
            "A data set that is released without persons.",
            {
                "label": "its name",
                "description": "what it says",
                "method": "how persons are taken out",
                "least_people": "fewest people that one figure may stand for",
                "collections": "names of the collection points that it is made of",
                "never_reidentified": "true: nobody tries to find out whom it was about, and recipients must promise the same",
            },
        ),
        "recipient": Meaning(
            "Somebody else who gets data.",
            {
                "label": "its name",
                "role": "what it is by contract; without a compliant one it is a third party",
                "services": "what it does",
                "categories": "letters of the categories it may get",
                "purposes": "names of the purposes it serves",
                "country": "where it is",
                "keeps_days": "how long it keeps copies; 0 if it keeps none",
                "instruct": "how it is told to delete, correct or stop; required where it keeps copies",
                "disclosure": "what giving to a third party is; default `business-purpose`",
                "own_use": "true if it also uses the data for itself, which makes it a third party",
                "same_business": "true if it controls the business or is controlled by it, under the same brand: no third party",
                "checked": "day on which somebody last checked that it keeps to the contract",
                "origins": "addresses from which its script, pixel or frame is loaded",
                "opt_out": "where it takes an opt-out itself",
                "safeguards": "what a transfer out of the EEA rests on; required where EU-GDPR governs",
                "second_person_above": "more records than this within a day wait until a second member of staff agrees",
                "stops_when_lapsed": "true: it gets nothing from the day on which the review of its contract is due",
                "needs_authorisation": "the form by which a person authorised what is ordered of it: no order without that",
                "contract": "what the contract says",
            },
        ),
        "legal_process": Meaning(
            "How demands of courts and authorities are answered.",
            {"reviewed_by": "who reads them", "tells_people": "whether the person is told, unless the law forbids it"},
        ),
        "business_transfer": Meaning(
            "What happens when the business passes to somebody else.",
            {
                "told_by": _TOLD_BY,
                "days_before": "days between the notice and the transfer",
                "by_people": "true if staff tell people of it; no version of the software does so itself yet",
            },
        ),
        "external_link": Meaning(
            "Another company's site that pages link to.",
            {
                "label": "whose site it is",
                "address": "where it leads",
                "notice": "true: visitors are told before they leave",
                "clicks": "collection point (pixel) of those who follow it: `page`, `link-followed`, `click-id`, `visitor-id`",
                "recipient": "a recipient of `clicks`: gets the click's number where everything that needs it is allowed",
                "parameter": "parameter of the address in which the click's number is handed over",
                "reports": "collection point (pixel) to which the recipient reports by that number what happened",
            },
        ),
        "signal": Meaning(
            "The answer to an opt-out preference signal: `gpc` (`Sec-GPC: 1`) or `dnt` (`DNT: 1`).",
            {"stops": "names of the purposes it stops; may be empty", "sentence": "the answer in words"},
        ),
        "role": Meaning(
            "What a member of staff may do, with which records, for what. Without any role every member may do everything.",
            {
                "label": "what notices call its members",
                "may": "what its members may do",
                "points": "names of the collection points with whose records they may do it; none for `publish` and `administer`",
                "purposes": "names of the purposes for which they may",
                "hides": "names of the data items that they do not see, at whatever collection point",
                "formerly": "its names in earlier versions: it opens their records where those names could",
            },
        ),
        "choice": Meaning(
            "A switch of the privacy centre; a purpose that none stops has one of its own.",
            {
                "label": "what it is called",
                "description": "what it does, in a few words",
                "stops": "names of the purposes it stops",
            },
        ),
        "right": Meaning(
            "A right that is offered.",
            {
                "methods": "ways to ask",
                "verification": 'completes "We check that it is you ..."',
                "level": "how sure the business must be; `none` for rights that depend on nobody's identity",
                "form": "the collection point that takes the request",
                "by_people": "true if staff carry it out and not the software",
                "autopilot": "true if a verified request goes on by itself; else staff look first, as always for applications",
                "exceptions": "codes of the exceptions from deletion that are used: by duties, or (D4 to D7, H2 to H4) by staff",
                "per_12_months": "most requests to know that are owed in 12 months; no less than 2, for `know` alone",
                "jurisdictions": "where it is offered; default everywhere",
                "gives": "what the right about automated decisions gives: `opt-out`, `access`",
            },
        ),
        "agents": Meaning(
            f"What an authorized agent needs. More than this may not be asked ({rules.AGENTS}).",
            {
                "asks": "what the agent shows",
                "and_one_of": "one of these may be asked of the person",
                "methods": "ways for agents to ask",
            },
        ),
        "incentive": Meaning(
            f"What people get for their data: refused without an estimate of its value ({rules.INCENTIVES}).",
            {
                "label": "what notices call it",
                "offers": 'completes "You get ..."',
                "terms": 'its material terms: completes "These are the terms: ..."',
                "purposes": 'names of the purposes for which members give data, each with `choice = "consent"`: the opt-in',
                "value": 'good-faith estimate of the value of a person\'s data: completes "We estimate its value at ..."',
                "method": "by which method of the law that was worked out",
                "calculation": 'how: completes "We worked it out from ..."',
                "related": 'why the offer is reasonably related to that value: completes "The offer is in proportion to it: ..."',
                "asks_again_months": "months in which nobody is asked again who said no or withdrew; no fewer than the law's 12",
            },
        ),
        "children": Meaning(
            "What holds for children.",
            {
                "under": "the age",
                "directed": "whether the websites are made for them",
                "on_knowledge": "what follows when the business learns of a child",
                "contact": "where to tell of one",
            },
        ),
        "incidents": Meaning(
            "Who is told of a breach; by when, the law tables say.",
            {"tells": "who is told", "contact": "where to report something"},
        ),
    }
)
