"""To correct: what a person says is wrong, field by field; a member of staff compares, decides, and it is carried out.

    claims     what may be asked, and how it is judged at the form
    held       the records that a claim is about, and by what they are known to be the person's
    reviewing  before and after as staff see them, for a purpose; what they decide of each field
    carrying   the plan of what was decided, its execution, and the search that proves it
    telling    what the letter says of each field, what the person may add where it was denied, and what is held now

Why: decision 0082. Rule: Cal. Civ. Code § 1798.106; 11 CCR 7023.
"""
