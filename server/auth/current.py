"""Who the running request is from: set by the router (or the console's cookie), read by the edges only."""

from __future__ import annotations

from flask import g

from server.auth.reach import Actor, Reach
from server.problems import problem


def actor() -> Actor:
    who = g.get("actor")
    if who is None:
        raise problem("token_missing")
    return who  # type: ignore[no-any-return]


def actor_or_none() -> Actor | None:
    return g.get("actor")  # type: ignore[no-any-return]


def reach(right: str | None = None) -> Reach:
    """The actor's reach for the running route's right, or for another one named."""
    return actor().reach(right if right is not None else g.right)


def set_actor(who: Actor, right: str | None = None) -> None:
    g.actor = who
    if right is not None:
        g.right = right
