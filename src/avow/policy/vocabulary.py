"""The words that a declaration may use: statutory categories, sensitive terms, contract clauses, roles and methods.

Category terms are the exact words of Cal. Civ. Code § 1798.140(v)(1)(A)-(L); a notice prints them as they stand
(§ 1798.130(c)). Sensitive terms are § 1798.140(ae), with the additions of 2024 to 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: Letter -> exact statutory term. Rule: Cal. Civ. Code § 1798.140(v)(1).
CATEGORIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "A": "Identifiers such as a real name, alias, postal address, unique personal identifier, online identifier, internet "
        "protocol address, email address, account name, social security number, driver's license number, passport number, or "
        "other similar identifiers",
        "B": "Any personal information described in subdivision (e) of Section 1798.80",
        "C": "Characteristics of protected classifications under California or federal law",
        "D": "Commercial information, including records of personal property, products or services purchased, obtained, or "
        "considered, or other purchasing or consuming histories or tendencies",
        "E": "Biometric information",
        "F": "Internet or other electronic network activity information, including, but not limited to, browsing history, search "
        "history, and information regarding a consumer's interaction with an internet website, application, or advertisement",
        "G": "Geolocation data",
        "H": "Audio, electronic, visual, thermal, olfactory, or similar information",
        "I": "Professional or employment-related information",
        "J": "Education information, defined as information that is not publicly available personally identifiable information "
        "as defined in the Family Educational Rights and Privacy Act (20 U.S.C. Sec. 1232g; 34 C.F.R. Part 99)",
        "K": "Inferences drawn from any of the information identified in this subdivision to create a profile about a consumer "
        "reflecting the consumer's preferences, characteristics, psychological trends, predispositions, behavior, attitudes, "
        "intelligence, abilities, and aptitudes",
        "L": "Sensitive personal information",
    }
)

#: Letter -> the words by which a short notice calls the category; the policy's chart prints the exact term.
SHORT_CATEGORIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "A": "Identifiers",
        "B": "Customer-record information",
        "C": "Characteristics of protected classifications",
        "D": "Commercial information",
        "E": "Biometric information",
        "F": "Internet or other electronic network activity information",
        "G": "Geolocation data",
        "H": "Audio, electronic, visual, thermal, olfactory, or similar information",
        "I": "Professional or employment-related information",
        "J": "Education information",
        "K": "Inferences",
        "L": "Sensitive personal information",
    }
)

#: Code -> what it reveals. Rule: Cal. Civ. Code § 1798.140(ae); S10 from 2025, S11 from 2026 (read in commentary only).
SENSITIVE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "S1": "social security, driver's license, state identification card, or passport number",
        "S2": "account log-in, financial account, debit card, or credit card number in combination with any required security or "
        "access code, password, or credentials allowing access to an account",
        "S3": "precise geolocation",
        "S4": "racial or ethnic origin, citizenship or immigration status, religious or philosophical beliefs, or union "
        "membership",
        "S5": "contents of mail, email, and text messages unless the business is the intended recipient of the communication",
        "S6": "genetic data",
        "S7": "biometric information processed for the purpose of uniquely identifying a consumer",
        "S8": "personal information collected and analyzed concerning health",
        "S9": "personal information collected and analyzed concerning sex life or sexual orientation",
        "S10": "neural data",
        "S11": "personal information of a consumer known to be under 16",
    }
)

#: Clause -> what the contract must say. All must hold, else the recipient is a third party.
#: Rule: Cal. Civ. Code § 1798.100(d), § 1798.140(ag); 11 CCR 7051(a).
CLAUSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "no_sale_or_sharing": "may not sell or share the personal information",
        "specific_purposes": "names the specific purposes of the processing",
        "no_other_use": "no use for any purpose other than those named",
        "no_combining": "no use outside the direct relationship, no combining with other sources",
        "same_protection": "the same level of privacy protection as the law asks of the business",
        "checks": "the business may take reasonable steps to check the use",
        "notice_if_unable": "tells the business within five business days if it can no longer comply",
        "stop_and_mend": "the business may stop and mend unauthorized use",
        "helps_with_requests": "enables the business to answer consumer requests",
        "same_for_subcontractors": "engages others only under a contract with the same duties",
    }
)

#: Role -> how notices call it. Rule: Cal. Civ. Code § 1798.140(j), (ag), (ai).
ROLES: Final[Mapping[str, str]] = MappingProxyType(
    {"service-provider": "service provider", "contractor": "contractor", "third-party": "third party"}
)

#: Request method -> how notices call it. Rule: Cal. Civ. Code § 1798.130(a)(1).
METHODS: Final[Mapping[str, str]] = MappingProxyType(
    {"web": "the form in our privacy centre", "email": "e-mail", "phone": "our toll-free number", "post": "letter"}
)

#: Right -> how notices call it. Rule: Cal. Civ. Code § 1798.105, .106, .110, .115, .120, .121, .125.
RIGHTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "know": "to know what personal information we hold about you, and to receive a copy",
        "delete": "to have your personal information deleted",
        "correct": "to have inaccurate personal information corrected",
        "opt-out": "to opt out of the sale and sharing of your personal information",
        "limit": "to limit the use of your sensitive personal information",
    }
)

#: Signal -> what it is called.
SIGNALS: Final[Mapping[str, str]] = MappingProxyType({"gpc": "Global Privacy Control", "dnt": "Do Not Track"})

#: Where personal information comes from (Cal. Civ. Code § 1798.110(a)(2)) -> how notices call it.
SOURCES: Final[Mapping[str, str]] = MappingProxyType(
    {"consumer": "directly from you", "device": "automatically from your browser or device"}
)

#: Technology -> how notices call it.
TECHNOLOGIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "form": "web form",
        "tag": "first-party script on our pages",
        "pixel": "web beacon (an invisible image) from our own server",
        "server-log": "log of our web server",
    }
)

#: Names that a placeholder may have, and what it prints.
PLACEHOLDERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "technologies": "table of forms, scripts, beacons, cookies and logs",
        "retention": "table of retention periods",
        "recipients": "table of recipients",
        "rights": "list of the rights offered, how to ask and by when we answer",
        "signals": "list of opt-out preference signals and what each stops",
        "contact": "the controller's name and addresses",
        "chart": "the 12-month chart of categories, and the two disclosure lists",
    }
)
