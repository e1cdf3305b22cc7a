"""What is said of each state and step of a request: to its person, to staff, and in its timeline.

Rule: 11 CCR 7003(a) (plain words).
"""

from __future__ import annotations

from typing import Final

from avow.rights.states import State, Step

#: What the person reads about each state.
WORDS: Final = {
    State.RECEIVED: "We have received your request.",
    State.JOINED: "The same was asked with the same address; all of it is answered together.",
    State.ACKNOWLEDGING: "The message with the link that confirms your e-mail address is on its way to you.",
    State.VERIFYING: "We are waiting for you to confirm your e-mail address with the link that we sent you.",
    State.VERIFIED: "You have confirmed your address. We are looking for everything that belongs to you.",
    State.FULFILLING: "We are carrying out your request.",
    State.DOWNSTREAM: "We have carried it out here. We are waiting for companies that had data of yours from us to confirm it.",
    State.PROVED: "It is done. We are putting the proof into the public log.",
    State.DENIED: "We may not act on the request; our message says why.",
    State.RESTORED: "We have answered your request.",
    State.ANSWERING: "Our answer is written, and is on its way to you.",
    State.RESPONDED: "We have answered your request.",
    State.CLOSED: "Your request has been answered and is closed.",
    State.RECORD_ONLY: "Your request is closed. Only the record that the law asks us to keep is left.",
    State.REVIEWING: "A person looks at your request.",
    State.DECIDED: "It is decided, and our answer is being written.",
    State.APPLYING: "It holds here from now on. We are telling those who have data of yours from us.",
    State.CONFIRMED: "It is done, and it holds.",
    State.WITHDRAWN: "The request was taken back before anything was done for it.",
    State.TELLING: "Most of it is done, and our letter about that is on its way to you. We still decide about a part.",
    State.DECIDING: "Most of it is done, and you have our letter about that. We still decide about a part of it.",
}
#: What staff read about each state: in a word or two for a list, and in a sentence that says who has to do what next.
FOR_STAFF: Final = {
    State.RECEIVED: ("received", "The request came in. The message that asks for its confirmation is written next, by itself."),
    State.JOINED: (
        "joined",
        "The same was asked with the same address within the hour. It is answered together with the request that leads.",
    ),
    State.ACKNOWLEDGING: (
        "link not sent yet",
        "The message with the link that confirms the address is written, and has not left yet.",
    ),
    State.VERIFYING: (
        "not confirmed yet",
        "The person has not confirmed yet. They were sent the link that proves their address, and nobody has followed it.",
    ),
    State.VERIFIED: (
        "confirmed",
        "The person has confirmed their address. Everything that belongs to them is looked for, by itself.",
    ),
    State.FULFILLING: ("being carried out", "The plan is carried out, place by place."),
    State.DOWNSTREAM: (
        "others to confirm",
        "It is done here. Recipients that may hold something of the person were told, and it goes on once all have answered.",
    ),
    State.PROVED: (
        "carried out",
        "It is done, and everything was searched again. The answer is written when the proof is in the audit log.",
    ),
    State.DENIED: (
        "denied",
        "It was not confirmed in time, or not permitted, so nothing more may be done. The message that says so is written next.",
    ),
    State.RESTORED: ("answered before", "It was answered after the backup that was put back, and is closed again."),
    State.ANSWERING: ("answer not sent yet", "The answer is written, and has not left yet."),
    State.RESPONDED: ("answered", "The person has the answer."),
    State.CLOSED: ("closed", "The person has the answer, and the request is closed."),
    State.RECORD_ONLY: (
        "record only",
        "It is closed, and how to reach the person was destroyed. The record that the law asks for is left.",
    ),
    State.REVIEWING: (
        "waits for staff",
        "It waits for staff: somebody looks at what would happen, and carries it out or denies it. The clock goes on meanwhile.",
    ),
    State.DECIDED: ("decided", "It is decided. The answer is written next, by itself."),
    State.APPLYING: (
        "holds here",
        "It holds here. Recipients that have something of the person are told, within the law's days.",
    ),
    State.CONFIRMED: ("confirmed to them", "It holds here and everywhere else, and the person can see so."),
    State.WITHDRAWN: ("taken back", "Its agent took it back before anything was done for it."),
    State.TELLING: (
        "rest not sent yet",
        "The rest is done, and the letter that says so has not left yet. A part is to be decided.",
    ),
    State.DECIDING: (
        "a part for staff",
        "The rest is done, and the person was told so. A part waits for its second look; the answer about it is owed yet.",
    ),
}
#: What each step is called in the timeline of a request.
STEP_WORDS: Final = {
    Step.RECEIVED: "Received",
    Step.JOINED: "Goes with another of the same address",
    Step.LINK_WRITTEN: "Confirmation link written",
    Step.ACKNOWLEDGED: "Confirmation link sent",
    Step.VERIFIED: "Address confirmed",
    Step.DENIED: "Not carried out",
    Step.CORRECTED: "Address corrected, link sent again",
    Step.EXTENSION_WRITTEN: "Message about a longer period written",
    Step.EXTENDED: "Period extended, and the person told",
    Step.PLANNED: "Plan made",
    Step.OUTCOME: "Carried out",
    Step.AWAITED: "Done here; waiting for others to confirm",
    Step.LATE: "Answered after us",
    Step.PROVED: "Searched again and proved",
    Step.ANSWER_WRITTEN: "Answer written",
    Step.RESPONDED: "Answered",
    Step.CLOSED: "Closed",
    Step.FORGOTTEN: "Contact data destroyed",
    Step.RESTORED: "Answered before the data was restored",
    Step.RESIDUE: "Every file searched for what is left",
    Step.RESIDUE_PROVED: "Search proved",
    Step.LOOK_WANTED: "Files that cannot be read wait for staff",
    Step.LOOKED: "A file was looked at",
    Step.FETCHED: "Fetched",
    Step.PROVED_BY: "Something proved of who asks",
    Step.TRIED: "Something written that is not what we hold",
    Step.NARROWED: "The next smaller answer is given",
    Step.SCOPED: "What it covers settled",
    Step.REVIEW_WANTED: "Waits for a person to look at it",
    Step.APPROVED: "Approved by a person",
    Step.DECIDED: "Decided by a person",
    Step.APPLIED: "In effect",
    Step.CONFIRMED: "Confirmed",
    Step.DOCUMENTS_WANTED: "Asked for a document",
    Step.MENDING_WANTED: "Told what it lacks, and how to mend it",
    Step.MENDED: "What it lacked was added",
    Step.LOCKED: "Closed to further attempts",
    Step.PERMITTED: "The agent's permission is shown",
    Step.UNPERMITTED: "The agent's permission does not hold",
    Step.WITHDRAWN: "Taken back by the agent",
    Step.SUSPECTED: "Fraud suspected: nothing is carried out until somebody decides",
    Step.CLEARED: "Suspicion of fraud cleared",
    Step.PART_WANTED: "A part is to be withheld",
    Step.PART_DECIDED: "Decided about a part",
    Step.REST_WRITTEN: "Letter about the rest written",
    Step.REST_TOLD: "Told of the rest; a part is still decided",
    Step.RESUMED: "Carried on, as it was decided",
}
