"""Reviews are part of a visit's record: their rows lie with the visits (server/visits/model.py)."""

from server.visits.model import Review

__all__ = ["Review"]
