"""Builds everything and starts it; the only room that knows all others.

installation   the folders and engines of one installation, and its compiled policy
versions       which version of the policy is in force, which is announced, any earlier one
publishing     how a version gets into force
telling        the e-mail about an announced version
list_members   people on a list, each handled alone
promises       the evidence next to the policy's promises, counted
version_pages  what the pages need for versions
cases          consumer requests over the control store
open_requests  the job that takes each of them on when its moment has come
mailbox        outgoing messages over the control store, as who carries them gets them
outbox         the same, as staff see them
letters        mailings: who gets one, each message composed when its turn comes
subscriptions  subscriptions by e-mail: asked for, confirmed, ended
mailings       what e-mails' links stand for, and what came back
desk           what the pages need for consumer requests
pages          what the pages need for everything else
targets        the places that erase
worker         a web worker        (process, started by `server`)
storage        the storage process (process, started by `server`)
server         `avow serve`
operations     what the other commands do
"""
