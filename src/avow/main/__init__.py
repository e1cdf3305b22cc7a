"""Builds everything and starts it; the only room that knows all others.

Each room wires itself by the `build` in its package (`collection.building` and `web.front` in a module): main hands over store,
configuration and clock, and what one room asks of another.

installation   the folders and engines of one installation
rooms          what a worker has once, and for each website and version
worker         a web worker        (process, started by `server`)
storage        the storage process (process, started by `server`)
server         `avow serve`
operations     opens what the other commands need
command        where `avow` begins
ahead          what is loaded before a fork
core_dumps     that no process leaves its memory on the disk
"""
