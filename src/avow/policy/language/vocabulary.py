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

#: What a role may do -> the words that visitors read.
ACTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "read": "open records of people",
        "answer": "write to people, and note what was answered",
        "assign": "say who looks after a record or request",
        "decide": "decide about applications, and work on consumer requests",
        "deny": "deny or extend consumer requests",
        "approve": "be the second person where two are needed",
        "export": "take records out",
        "measure": "see figures",
        "record": "see the record of consumer requests, which names nobody",
        "publish": "publish policies, pages and mailings",
        "administer": "look after accounts, imports and the installation",
    }
)

#: What a role may do with records -> the same with the record as what it is done to, as "open what comes by the form".
WITH_RECORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "read": "open",
        "answer": "answer",
        "assign": "assign",
        "decide": "decide about",
        "deny": "deny requests about",
        "approve": "approve what is done with",
        "export": "take out",
        "measure": "see figures of",
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

#: Decisions that are significant for a person, when a program takes or replaces them: as notices call them.
#: Rule: 11 CCR 7001 (significant decision), 7200.
SIGNIFICANT_DECISIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "employment": "who is hired, assigned work, paid, promoted or dismissed",
        "education": "who is admitted, graded, certified or expelled",
        "financial": "who gets credit, a loan or another financial service, and at which terms",
        "housing": "who gets a home",
        "healthcare": "who gets care",
    }
)
#: What the right about automated decisions gives. Rule: 11 CCR 7221 (opting out), 7222 (access).
ABOUT_DECISIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "opt-out": "have people decide in the place of the program",
        "access": "learn how the program came to its result about you, and how we used it",
    }
)

#: Method by which the value of people's data is worked out -> how a notice calls it. Rule: 11 CCR 7081(a)(1)-(8).
VALUE_METHODS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "marginal": "the marginal value to us of one person's data",
        "average": "the average value to us of one person's data",
        "aggregate": "the value to us of all people's data, divided by the number of people",
        "revenue": "the revenue that we have from the data",
        "expenses": "what the data cost us to collect, keep or sell",
        "incentive-expenses": "what the offer itself costs us",
        "profit": "the profit that we have from the data",
        "other": "another practical and reliable method, used in good faith",
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

#: Clause -> what a contract with a third party must say. Rule: Cal. Civ. Code § 1798.100(d)(1)-(5); 11 CCR 7053(a).
THIRD_PARTY_CLAUSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "specific_purposes": CLAUSES["specific_purposes"],
        "same_protection": CLAUSES["same_protection"],
        "forwards_opt_outs": "obeys the opt-outs that the business passes on",
        "checks": CLAUSES["checks"],
        "notice_if_unable": CLAUSES["notice_if_unable"],
        "stop_and_mend": CLAUSES["stop_and_mend"],
    }
)

#: Role by computation -> how notices call it. Rule: Cal. Civ. Code § 1798.140(d)(2): what is of the same business is it itself.
EFFECTIVE_ROLES: Final[Mapping[str, str]] = MappingProxyType({**ROLES, "same-business": "company of the same business"})

#: How a recipient is told to delete, correct or stop -> how notices call it.
#: Rule: Cal. Civ. Code § 1798.105(c)(1); 11 CCR 7022(b), 7023(c).
INSTRUCTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "page": "by a page on which it answers",
        "mail": "by e-mail",
        "webhook": "by a signed message to its computers",
        "opendsr": "by a signed message to its computers (OpenDSR)",
    }
)

#: What an item of a form says of the age of the person who fills it in -> what it holds. Rule: Cal. Civ. Code § 1798.120(c).
AGES_SAID: Final[Mapping[str, str]] = MappingProxyType(
    {
        "age": "the age in whole years",
        "birth-date": "the day of birth, as 2012-05-17",
        "birth-year": "the year of birth",
        "under-13": "a box: the person is younger than 13",
        "13-to-15": "a box: the person is 13, 14 or 15",
    }
)

#: What a disclosure is -> how notices call it. Rule: Cal. Civ. Code § 1798.140(e), (ad), (ah).
DISCLOSURES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "business-purpose": "disclosed for a business purpose",
        "sale": "sold",
        "sharing": "shared for advertising across websites",
    }
)

#: Safeguard of a transfer out of the EU -> how notices call it. Rule: GDPR Art. 45, 46, 49.
SAFEGUARDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "adequacy-decision": "an adequacy decision of the European Commission",
        "standard-contractual-clauses": "standard contractual clauses",
        "binding-corporate-rules": "binding corporate rules",
        "data-privacy-framework": "the recipient's certification under the EU-U.S. Data Privacy Framework",
        "explicit-consent": "your explicit consent",
    }
)

#: Where GDPR applies itself: no safeguard is asked for a recipient there. Rule: GDPR Art. 44; EEA Agreement.
EEA: Final = frozenset(
    {
        "Austria",
        "Belgium",
        "Bulgaria",
        "Croatia",
        "Cyprus",
        "Czechia",
        "Denmark",
        "Estonia",
        "Finland",
        "France",
        "Germany",
        "Greece",
        "Hungary",
        "Iceland",
        "Ireland",
        "Italy",
        "Latvia",
        "Liechtenstein",
        "Lithuania",
        "Luxembourg",
        "Malta",
        "Netherlands",
        "Norway",
        "Poland",
        "Portugal",
        "Romania",
        "Slovakia",
        "Slovenia",
        "Spain",
        "Sweden",
    }
)

#: Request method -> how notices call it. Rule: Cal. Civ. Code § 1798.130(a)(1).
METHODS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "web": "the form in our privacy centre",
        "email": "e-mail",
        "phone": "our toll-free number",
        "post": "letter",
        "in-person": "speaking to us where we do business",
        "account": "signing in to your account",
    }
)

#: Right -> how notices call it. Rule: Cal. Civ. Code § 1798.105, .106, .110, .115, .120, .121, .125; GDPR Art. 7, 15-22.
RIGHTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "know": "to know what personal information we hold about you, and to receive a copy",
        "delete": "to have your personal information deleted",
        "correct": "to have inaccurate personal information corrected",
        "opt-out": "to opt out of the sale and sharing of your personal information",
        "limit": "to limit the use of your sensitive personal information",
        "portability": "to carry the information you gave us to somebody else",
        "restrict": "to have the use of your information restricted",
        "object": "to object to the use of your information",
        "withdraw-consent": "to withdraw your consent",
        "automated-decision": "not to be judged by a machine alone in what matters to you",
        "appeal": "to appeal when we refuse a request",
    }
)

#: Rights that are asked for without showing who one is. Rule: 11 CCR 7060(b).
UNVERIFIED_RIGHTS: Final = frozenset({"opt-out", "limit", "object", "withdraw-consent", "automated-decision"})
#: Rights that people carry out, and whose requests the form of the privacy centre takes all the same, with their clock.
TAKEN_FOR_PEOPLE: Final = frozenset({"automated-decision"})

#: Degree of certainty about who asks -> how notices call it. Rule: 11 CCR 7060-7062.
LEVELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "none": "we do not ask who you are",
        "reasonable": "to a reasonable degree of certainty",
        "reasonably-high": "to a reasonably high degree of certainty",
        "by-sensitivity": "to a degree that grows with the sensitivity of the information",
    }
)

#: How what somebody types is compared with what is held -> how notices call what is compared. Rule: 11 CCR 7060(c)(1).
MATCHES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "name": "a name, in any order of its parts",
        "words": "words, as they were written",
        "postcode": "a postal code",
        "phone": "a telephone number",
        "number": "a number of letters and digits, such as that of an order",
    }
)

#: What may be asked of an authorized agent -> how notices call it; one of the two confirmations. Rule: 11 CCR 7063(a).
AGENT_ASKS: Final[Mapping[str, str]] = MappingProxyType({"signed-permission": "your signed permission"})
AGENT_CONFIRMATIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "verify-identity": "ask you to show that it is you",
        "confirm-permission": "ask you to confirm that you gave the permission",
    }
)

#: What follows when the business learns that it holds a child's information. Rule: 16 CFR 312.3-312.5.
CHILD_KNOWLEDGE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "delete": "our staff delete it",
        "parental-consent": "our staff ask a parent for consent, and delete it when none comes",
    }
)

#: Signal -> what it is called.
SIGNALS: Final[Mapping[str, str]] = MappingProxyType({"gpc": "Global Privacy Control", "dnt": "Do Not Track"})

#: Whether a person decides about a purpose -> how notices say it. Rule: 11 CCR 7004, 7026; GDPR Art. 7.
PURPOSE_CHOICES: Final[Mapping[str, str]] = MappingProxyType(
    {"none": "needed", "opt-out": "you can opt out", "consent": "only after you said yes"}
)

#: Legal basis -> how notices call it. Rule: GDPR Art. 6(1)(a)-(f).
LEGAL_BASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "consent": "your consent (Art. 6(1)(a) GDPR)",
        "contract": "a contract with you, or steps before one that you asked for (Art. 6(1)(b) GDPR)",
        "legal-obligation": "a legal obligation (Art. 6(1)(c) GDPR)",
        "vital-interests": "somebody's vital interests (Art. 6(1)(d) GDPR)",
        "public-task": "a task in the public interest (Art. 6(1)(e) GDPR)",
        "legitimate-interests": "our legitimate interests (Art. 6(1)(f) GDPR)",
    }
)

#: Uses of sensitive information that need no right to limit. Rule: 11 CCR 7027(m) (read in commentary and from memory only).
SENSITIVE_USES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "expected-service": "a service that you reasonably expect",
        "security-incidents": "preventing and investigating security incidents",
        "malicious-acts": "resisting malicious, deceptive or illegal acts",
        "physical-safety": "people's physical safety",
        "short-term-transient": "short-term, transient use",
        "services-for-business": "services on behalf of the business",
        "quality-and-safety": "verifying or keeping the quality or safety of a product or service",
        "no-inference": "uses that infer nothing about you",
    }
)

#: Where personal information comes from (Cal. Civ. Code § 1798.110(a)(2)) -> how notices call it; more are declared.
SOURCES: Final[Mapping[str, str]] = MappingProxyType(
    {"consumer": "directly from you", "device": "automatically from your browser or device"}
)
SOURCE_KINDS: Final = ("third-party", "service-provider", "public-record", "staff")

#: Whom a collection point concerns -> how the register calls them. Rule: GDPR Art. 30(1)(c).
PEOPLE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "visitors": "visitors of our websites",
        "correspondents": "people who write to us",
        "applicants": "people who apply for a job",
        "customers": "customers",
        "message-recipients": "people who receive our messages",
    }
)

#: Technology -> how notices call it.
TECHNOLOGIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "form": "web form",
        "tag": "first-party script on our pages",
        "cookie": "cookie",
        "local-storage": "local storage of the browser",
        "web-beacon": "web beacon (an invisible image) from our own server",
        "pixel": "conversion pixel",
        "clear-gif": "clear GIF (an invisible image in an e-mail)",
        "session-recording": "session recording",
        "server-log": "log of our web server",
        "email": "e-mail",
        "feed": "data feed from another company",
        "careers-portal": "careers portal",
        "conversation": "conversation with us, in person, by telephone or by letter",
    }
)

#: Technology -> whom it usually concerns, for a point that does not say.
USUAL_PEOPLE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "form": "correspondents",
        "feed": "applicants",
        "careers-portal": "applicants",
        "email": "message-recipients",
        "clear-gif": "message-recipients",
    }
)

#: Kind of file that a form may take -> how notices and forms call it. Each is told by its first bytes, never by its name.
FILE_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "pdf": "PDF",
        "docx": "Word",
        "odt": "OpenDocument text",
        "rtf": "rich text",
        "txt": "plain text",
        "png": "PNG image",
        "jpeg": "JPEG image",
    }
)

#: Kind of file -> its media type (IANA).
MEDIA_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "pdf": "application/pdf",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "odt": "application/vnd.oasis.opendocument.text",
        "rtf": "application/rtf",
        "txt": "text/plain",
        "png": "image/png",
        "jpeg": "image/jpeg",
    }
)

#: What free text must not hold -> how forms call it. Rule: Cal. Civ. Code § 1798.100(c); 11 CCR 7024(d) (never disclosed).
NEVER_KEPT: Final[Mapping[str, str]] = MappingProxyType(
    {"card-number": "a payment card number", "social-security-number": "a social security number"}
)

#: The eight kinds of data that no answer shows -> what an answer says in their place. Rule: 11 CCR 7024(d).
NEVER_DISCLOSED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "social-security-number": "a Social Security number",
        "drivers-license": "a driver's license number",
        "government-id": "another government identification number",
        "financial-account": "a financial account number",
        "medical-id": "a health insurance or medical identification number",
        "password": "an account password",
        "security-answers": "security questions and answers",
        "biometric": "unique biometric data",
    }
)

#: Those of them that are numbers, which a person can type to learn whether they are right. Rule: 11 CCR 7024(d).
CONFIRMABLE: Final = frozenset({"social-security-number", "drivers-license", "government-id", "financial-account", "medical-id"})

#: What a data item is that is none of them, and could be taken for one.
NONE_OF_THEM: Final = "none"

#: Which kind an item is that says none, by what the law calls it: S1, S2, S7 of § 1798.140(ae), E (biometric) of (v)(1).
NEVER_DISCLOSED_BY: Final[Mapping[str, str]] = MappingProxyType(
    {"S1": "government-id", "S2": "financial-account", "S7": "biometric", "E": "biometric"}
)

#: What happens to free text that holds it.
ON_FOUND: Final = ("mask", "refuse")

#: Where a retention period starts -> how notices call it.
RETENTION_STARTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "collection": "collection",
        "last-contact": "our last contact",
        "decision": "the decision on your application",
        "contract-end": "the end of our contract",
        "account-closed": "the closing of your account",
        "deleted-by-you": "your deleting it in your account",
    }
)

#: The exception that a duty is when it names none: to comply with a legal obligation (Cal. Civ. Code § 1798.105(d)(8)).
LEGAL_OBLIGATION: Final = "D8"
#: Exceptions whose facts are known beforehand, so that a policy declares them, by their codes. Why: decision 0080.
DECLARED_EXCEPTIONS: Final = frozenset({"D1", "D2", "D3", LEGAL_OBLIGATION, "X1", "X2", "X3", "F1"})
#: Exceptions that weigh one case: a person decides them, and a second one looks.
WEIGHED_EXCEPTIONS: Final = frozenset({"D4", "D5", "D6", "D7", "H2", "H3", "H4"})

#: Event that ends a retention before its period -> how notices call it, after "until".
RETENTION_CRITERIA: Final[Mapping[str, str]] = MappingProxyType(
    {
        "consent-withdrawn": "you withdraw your consent",
        "opted-out": "you opt out",
        "account-closed": "your account is closed",
        "position-filled": "the position is filled",
        "unsubscribed": "you unsubscribe",
    }
)

#: Starts and ends of a period of which nobody but a person learns: staff note them of what people sent. Why: decision 0086.
NOTED_STARTS: Final = frozenset({"contract-end", "account-closed"})
NOTED_ENDS: Final = frozenset({"account-closed", "position-filled"})

#: How a data set is stripped of persons -> how notices call it. Rule: Cal. Civ. Code § 1798.140(b), (m).
DATASET_METHODS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "aggregation": "counted over groups",
        "differential-privacy": "counted with differential privacy",
        "deidentification": "stripped of everything that points to a person",
    }
)

#: Kind of message -> how notices call it.
MESSAGE_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {"email": "e-mail", "text-message": "text message", "push": "push notification"}
)

#: Names that a placeholder may have, and what it prints.
PLACEHOLDERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "technologies": "table of forms, scripts, beacons, cookies, recordings and logs",
        "retention": "table of retention periods by record, category and purpose",
        "recipients": "table of recipients",
        "rights": "the rights offered, how to ask and by when we answer, by jurisdiction",
        "roles": "table of who among the staff sees what, by their roles",
        "signals": "list of opt-out preference signals and what each stops",
        "choices": "list of the switches and what each stops",
        "agents": "how an authorized agent asks for somebody",
        "children": "what holds for children",
        "incidents": "who is told of a breach, and by when",
        "legal-process": "how lawful demands are answered",
        "business-transfers": "what happens when the business changes hands",
        "external-links": "list of other companies' sites that pages link to",
        "cross-site": "whether others collect over time and across websites",
        "automated-decisions": "what programs decide about people: the notice before their use",
        "incentives": "list of what people can get for their data, each with the way to its notice",
        "datasets": "list of data sets released without persons",
        "legal-bases": "table of purposes with their legal basis",
        "websites": "list of the websites and messages that the policy covers",
        "accessibility": "the accessibility standard and the languages",
        "changes": "which changes are material, and how they are told",
        "contact": "the controller's name and addresses, and further contacts",
        "chart": "the 12-month chart of categories, and the two disclosure lists",
    }
)
