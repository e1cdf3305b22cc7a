"""The Data Rights Protocol 1.0 as a covered business speaks it: what is read, checked and said; no store and no clock.

    faults      the error object (3.06)
    envelope    a signed message: base64 of an Ed25519 signature and JSON, and what of it is checked in which order (2.0, 3.07)
    exercise    what an agent asks for whom (2.01, 3.04)
    status      what becomes of a request, in the protocol's words (3.02, 3.03, 3.08)
    directory   the entries of agents and of ours (3.05)

Section numbers are those of the specification, version 1.0. What it leaves open is decided in docs/decisions/0086.
"""
