"""What the words of a policy are called in the W3C Data Privacy Vocabulary, version 2, and its extensions.

Each term was looked up in the published files; tests/policy/dpv_terms.txt lists them, and a test lets no other through.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: Prefix -> namespace, of everything that a document names.
CONTEXT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "dpv": "https://w3id.org/dpv#",
        "pd": "https://w3id.org/dpv/pd#",
        "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
        "legal-us": "https://w3id.org/dpv/legal/us#",
        "tech": "https://w3id.org/dpv/tech#",
        "loc": "https://w3id.org/dpv/loc#",
        "dct": "http://purl.org/dc/terms/",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
        "ccpa": "urn:avow:ccpa:",
    }
)
#: Statutory category -> what it is near to in the vocabulary.
CATEGORY_TERMS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "A": ("pd:Identifying", "pd:Identifier"),
        "B": ("pd:Contact", "pd:Financial"),
        "C": ("pd:Demographic",),
        "D": ("pd:Transactional", "pd:Purchase"),
        "E": ("pd:Biometric",),
        "F": ("pd:BrowsingBehavior", "pd:DeviceBased"),
        "G": ("pd:Location",),
        "H": ("pd:Picture", "pd:VoiceCommunicationRecording"),
        "I": ("pd:Professional",),
        "J": ("pd:Education",),
        "K": ("dpv:InferredPersonalData",),
        "L": ("dpv:SensitivePersonalData",),
    }
)
#: Sensitive category -> what it is near to; S10 and S11 have nothing of their kind there.
SENSITIVE_TERMS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "S1": ("pd:OfficialID",),
        "S2": ("pd:FinancialAccount", "pd:Password"),
        "S3": ("pd:GPSCoordinate",),
        "S4": ("pd:EthnicOrigin", "pd:Citizenship", "pd:ReligiousBelief", "pd:PhilosophicalBelief", "pd:TradeUnionMembership"),
        "S5": ("pd:EmailContent", "pd:Communication"),
        "S6": ("pd:Genetic",),
        "S7": ("pd:Biometric",),
        "S8": ("pd:Health",),
        "S9": ("pd:Sexual",),
    }
)
#: Business purpose of Cal. Civ. Code § 1798.140(e) by its number -> the purpose of the vocabulary that contains it.
PURPOSE_TERMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "(e)(1)": "dpv:Advertising",
        "(e)(2)": "dpv:EnforceSecurity",
        "(e)(3)": "dpv:RepairImpairments",
        "(e)(4)": "dpv:ServiceProvision",
        "(e)(5)": "dpv:ServiceProvision",
        "(e)(6)": "dpv:Marketing",
        "(e)(7)": "dpv:ResearchAndDevelopment",
        "(e)(8)": "dpv:ImproveExistingProductsAndServices",
    }
)
#: What a purpose is across contexts (Cal. Civ. Code § 1798.140(k)): advertising to somebody, by what is known of them.
ACROSS_CONTEXTS: Final = "dpv:TargetedAdvertising"
#: Role by computation -> its term; a service provider or contractor is a processor.
RECIPIENT_TERMS: Final[Mapping[str, str]] = MappingProxyType({"third-party": "dpv:ThirdParty", "same-business": "dpv:Recipient"})
#: Right -> the article of the GDPR that gives the same.
RIGHT_TERMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "know": "eu-gdpr:A15",
        "correct": "eu-gdpr:A16",
        "delete": "eu-gdpr:A17",
        "restrict": "eu-gdpr:A18",
        "portability": "eu-gdpr:A20",
        "object": "eu-gdpr:A21",
        "withdraw-consent": "eu-gdpr:A7-3",
        "automated-decision": "eu-gdpr:A22",
    }
)
#: Legal basis of GDPR Art. 6(1) -> its term.
BASIS_TERMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "consent": "dpv:Consent",
        "contract": "dpv:Contract",
        "legal-obligation": "dpv:LegalObligation",
        "vital-interests": "dpv:VitalInterest",
        "public-task": "dpv:PublicInterest",
        "legitimate-interests": "dpv:LegitimateInterest",
    }
)
#: Safeguard of a transfer -> the article that it is of.
SAFEGUARD_TERMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "adequacy-decision": "eu-gdpr:A45-3",
        "standard-contractual-clauses": "eu-gdpr:A46-2-c",
        "binding-corporate-rules": "eu-gdpr:A46-2-b",
        "explicit-consent": "eu-gdpr:A49-1-a",
        "data-privacy-framework": "eu-gdpr:A45-3",  # the framework is the subject of an adequacy decision
    }
)
#: Whom a point concerns -> the category of people.
PEOPLE_TERMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "visitors": "dpv:Visitor",
        "correspondents": "dpv:DataSubject",
        "applicants": "dpv:JobApplicant",
        "customers": "dpv:Customer",
        "message-recipients": "dpv:Subscriber",
    }
)
#: Kind of a source -> its term; the person and the person's browser are one.
SOURCE_TERMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "consumer": "dpv:DataSubjectDataSource",
        "third-party": "dpv:ThirdPartyDataSource",
        "service-provider": "dpv:NonPublicDataSource",
        "public-record": "dpv:PublicDataSource",
        "staff": "dpv:NonPublicDataSource",
    }
)
#: Whether a person decides about a purpose -> how.
CHOICE_TERMS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "none": (),
        "opt-out": ("dpv:OptingOutFromProcess",),
        "consent": ("dpv:OptingInToProcess", "dpv:WithdrawingFromProcess"),
    }
)
#: Law tables whose law has a term of its own.
LAW_TERMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "US-CA": "legal-us:law-CA-CCPA",
        "US-CO": "legal-us:law-CO-CPA",
        "US-CT": "legal-us:law-CT-CTPA",
        "US-UT": "legal-us:law-UT-UCPA",
        "US-VA": "legal-us:law-VA-VCDPA",
    }
)
