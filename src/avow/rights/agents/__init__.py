"""Authorized agents: who may ask for others, what they have to show, and how they are told (11 CCR 7063, 7026(j), 7027(i)).

authority    what an agent shows of its permission, and what follows from it
register     who they are: keys that are pinned, tokens of which only the hash is kept, the terms that they accepted
taking       one request of an agent, by whatever way it comes
bulk         many, as a file of comma-separated values
exchange     the Data Rights Protocol over our own requests (`rights.protocol` has its words)
callbacks    the job that tells agents what became of their requests
"""
