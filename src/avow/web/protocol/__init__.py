"""The Data Rights Protocol 1.0 at /v1: a door, which parses nothing but the frame of HTTP (`rights.agents.exchange`)."""

from avow.web.protocol.endpoint import ProtocolEndpoint

__all__ = ["ProtocolEndpoint"]
