"""The rules of law that code cites, each written once: a wrong letter here would be a wrong citation to a consumer.

Named by what the rule is about. Two rules of one answer are cited as `both(A, B)`. What a rule asks in numbers is in the law
tables; which code and test keep it is in docs/law.
"""

from __future__ import annotations

from typing import Final

# Collection: what is told, what it is for, how long it is kept.
NOTICE_AT_COLLECTION: Final = "Cal. Civ. Code § 1798.100(a)(1)"
RETENTION: Final = "Cal. Civ. Code § 1798.100(a)(3)"
NOTICE_ONLINE: Final = "11 CCR 7012(c)"
NOTICE_AND_MINIMISATION: Final = "Cal. Civ. Code § 1798.100(a)(1), (c)"
MINIMISATION: Final = "Cal. Civ. Code § 1798.100(c)"
SECURITY: Final = "Cal. Civ. Code § 1798.100(e)"
EXPECTATIONS: Final = "11 CCR 7002(d)"
NEW_PURPOSE: Final = "11 CCR 7002(f)"
RECIPIENT_AGREEMENT: Final = "Cal. Civ. Code § 1798.100(d)"
CHILDREN_RETENTION: Final = "16 CFR 312.10"
A_BUSINESS_PURPOSE: Final = "Cal. Civ. Code § 1798.140(e)(5)"
CATEGORIES: Final = "Cal. Civ. Code § 1798.140(v)(1)"
SENSITIVE: Final = "Cal. Civ. Code § 1798.140(ae)"
CONSENT: Final = "Cal. Civ. Code § 1798.140(h)"
DEIDENTIFIED: Final = "Cal. Civ. Code § 1798.140(m)"
SOURCES_TOLD: Final = "Cal. Civ. Code § 1798.110(c)(2)"

# Recordings, e-mail and the files on people.
WIRETAPPING: Final = "Cal. Penal Code § 631"
WIRETAPPING_AND_PEN_REGISTER: Final = "Cal. Penal Code §§ 631, 638.51"
PEN_REGISTER: Final = "Cal. Penal Code § 638.51"
E_MAIL_OPT_OUT: Final = "15 U.S.C. 7704(a)(4)"
BACKGROUND_CHECK: Final = "15 U.S.C. 1681b(b)(2)"
BACKGROUND_CHECK_AUTHORISED: Final = "15 U.S.C. 1681b(b)(2)(A)(ii)"
PRE_ADVERSE_COPY: Final = "15 U.S.C. 1681b(b)(3)(A)"

# The policy and what it says.
POLICY_IS_KEPT: Final = "Bus. & Prof. Code § 22576"
POLICY_POSTED: Final = "Bus. & Prof. Code § 22575(a)"
MATERIAL_CHANGES: Final = "Bus. & Prof. Code § 22575(b)(3)"
EFFECTIVE_DATE: Final = "Bus. & Prof. Code § 22575(b)(4)"
DO_NOT_TRACK: Final = "Bus. & Prof. Code § 22575(b)(5)"
TRACKING_BY_OTHERS: Final = "Bus. & Prof. Code § 22575(b)(6)"
YEARLY_UPDATE: Final = "Cal. Civ. Code § 1798.130(a)(5)"
RIGHTS_TOLD: Final = "Cal. Civ. Code § 1798.130(a)(5)(A)"
COLLECTED_TOLD: Final = "Cal. Civ. Code § 1798.130(a)(5)(B)"
CHART: Final = "Cal. Civ. Code § 1798.130(a)(5)(B)-(C)"
SOLD_TOLD: Final = "Cal. Civ. Code § 1798.130(a)(5)(C)"
ACCESSIBILITY: Final = "11 CCR 7003"
POLICY_CONTENTS: Final = "11 CCR 7011(e)"
AGENTS_TOLD: Final = "11 CCR 7011(e), 7063"
SIGNAL_TOLD: Final = "11 CCR 7011(e), 7025(c)(6)"
METRICS: Final = "11 CCR 7102"
CHILDREN: Final = "16 CFR 312"
CHILDREN_AGE: Final = "16 CFR 312.2"
CHILDREN_OPT_IN: Final = "Cal. Civ. Code § 1798.120(c)"
PARENT_OPTS_IN: Final = "11 CCR 7070"
MINOR_OPTS_IN: Final = "11 CCR 7071"
TWO_STEPS: Final = "11 CCR 7028(a)"
OPT_OUT_PASSED_ON: Final = "11 CCR 7026(f)"
OPT_OUT_HEEDED: Final = "11 CCR 7052(a)"

# Choices and signals.
SIGNAL: Final = "11 CCR 7025"
SIGNAL_STOPS: Final = "11 CCR 7025(c)(1)"
SYMMETRY: Final = "11 CCR 7004(b)"
OPT_OUT: Final = "Cal. Civ. Code § 1798.120, § 1798.135(a)"
OPT_OUT_LINK: Final = "Cal. Civ. Code § 1798.135(a)"
ALTERNATIVE_LINK: Final = "11 CCR 7015"
LIMIT: Final = "Cal. Civ. Code § 1798.121"
SENSITIVE_USES: Final = "11 CCR 7027(m)"
REASONS_TOLD: Final = "Cal. Civ. Code § 1798.145(h)(2)"
FRAUDULENT_OPT_OUT: Final = "11 CCR 7026(e), 7027(f)"
OBJECTION: Final = "GDPR Art. 21(1)"

# Recipients and their contracts.
SERVICE_PROVIDERS: Final = "11 CCR 7050, 7051"
SERVICE_PROVIDER: Final = "11 CCR 7051"
SERVICE_PROVIDER_CONTRACT: Final = "11 CCR 7051(a)"
WITHOUT_CONTRACT: Final = "11 CCR 7051(c), 7053(c)"
THIRD_PARTY_CONTRACT: Final = "11 CCR 7053(a)"
THIRD_PARTY_CHECKS: Final = "11 CCR 7053(b)"
SERVICE_PROVIDER_CHECKS: Final = "Cal. Civ. Code § 1798.140(ag)(1)(D)"

# Consumer requests.
KNOW: Final = "Cal. Civ. Code § 1798.110(a)"
DELETE: Final = "Cal. Civ. Code § 1798.105"
DELETE_AND_KNOW: Final = "Cal. Civ. Code § 1798.105, § 1798.110"
DELETE_DOWNSTREAM: Final = "Cal. Civ. Code § 1798.105(c)"
TELL_PROVIDERS: Final = "11 CCR 7022(b)(2), 7022(c)"
TELL_THIRD_PARTIES: Final = "11 CCR 7022(b)(3), 7052(a)"
UNABLE: Final = "11 CCR 7051(a)(8)"
DELETE_FROM_RECORDS: Final = "Cal. Civ. Code § 1798.105(c)(1)"
DELETION_EXCEPTIONS: Final = "Cal. Civ. Code § 1798.105(d)"
LEGAL_DUTY: Final = "Cal. Civ. Code § 1798.105(d)(8)"
NO_RETALIATION: Final = "Cal. Civ. Code § 1798.125"
METHODS: Final = "Cal. Civ. Code § 1798.130(a)(1)"
TWICE_A_YEAR: Final = "Cal. Civ. Code § 1798.130(b)"
METHODS_OF_REQUESTS: Final = "11 CCR 7020"
CONFIRMATION: Final = "11 CCR 7021(a)"
DAYS_TO_ANSWER: Final = "11 CCR 7021(b)"
VERIFICATION: Final = "11 CCR 7060"
OPT_OUT_UNVERIFIED: Final = "11 CCR 7060(b)"
VERIFICATION_METHODS: Final = "11 CCR 7060(a), 7062"
WITHOUT_ACCOUNT: Final = "11 CCR 7062"
AGENTS: Final = "11 CCR 7063"
TRAINING: Final = "11 CCR 7100(a)"
RECORD_KEEPING: Final = "11 CCR 7101"
RECORDS_KEPT: Final = "11 CCR 7101(a)"

# The European Union.
CONSENT_DEFINED: Final = "GDPR Art. 4(11), 7"
LEGAL_BASIS: Final = "GDPR Art. 6(1)"
LEGAL_BASIS_AND_CONSENT: Final = "GDPR Art. 6(1), 7"
CONSENT_CONDITIONS: Final = "GDPR Art. 7"
COMPLAINT: Final = "GDPR Art. 13(2)(d)"
REPRESENTATIVE: Final = "GDPR Art. 27"
PROCESSING_RECORDS: Final = "GDPR Art. 30"
PROTECTION_OFFICER: Final = "GDPR Art. 37"
TRANSFERS: Final = "GDPR Art. 44-46"


def both(*cited: str) -> str:
    """Return several rules as one citation."""
    return "; ".join(cited)
