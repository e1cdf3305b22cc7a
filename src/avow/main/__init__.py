"""Builds everything and starts it; the only room that knows all others.

installation   the folders and engines of one installation, and its compiled policy
cases          consumer requests over the control store
mailbox        outgoing messages over the control store
desk           what the pages need for consumer requests
pages          what the pages need for everything else
targets        the places that erase
worker         a web worker        (process, started by `server`)
storage        the storage process (process, started by `server`)
server         `avow serve`
operations     what the other commands do
"""
