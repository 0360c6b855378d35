"""Pieces of more than one picture: a choice, somebody to call, the line about syncing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several values; `chosen` ones are marked by words or a tick, not by colour alone."""

    value: str
    label: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class SyncBadge:
    """The line at the top of every screen.

    `state`: ok | waiting | sending | offline | refused | enrol | revoked | disk (it would not write) | rescued (the
    store was damaged, and the list is being fetched again).
    """

    state: str
    text: str
    waiting: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody to call: `number` may be dialled as it stands. `place` names the line, `whom` is the ladder's word."""

    name: str
    relation: str
    number: str
    place: str = ""
    whom: str = "other"
