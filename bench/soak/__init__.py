"""The soak: a real installation under load, poison, kills, a full disk, a locked vault, bad mail, flipped bits, a moving clock.

__main__   the timetable of a run; prints, and says by its exit status whether what was promised was kept
house      the installation: its disk, its processes
post       its mail server, which is slow, refuses, or is away
load       events, pixels, forms, choices, log lines, each with a name of its own
people     who asks to know or to delete, and confirms with the link from the mail
poison     odd input at the doors, and damaged items below them
flipped    one bit in a segment of a writer that is gone
faults     what is done to the installation, in an order drawn from the seed
ledger     what was acknowledged, answered, expected
judgement  what is found at the end, held against the ledger
"""
