"""The keys that tags' tokens are made with: one for each secret of the server, so that a tag printed under a retired
secret can still be printed again, with the same code, after the secret was replaced."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from server.keys import ring
from server.tags.model import Tag
from shared.protocol.tags import make_token, token_hash

PURPOSE = "tags"


@dataclass(frozen=True, slots=True)
class TagKeys:
    """`by_id`: newest first."""

    by_id: dict[str, bytes]

    @classmethod
    def of(cls, keys: Sequence[bytes]) -> TagKeys:
        return cls({hashlib.sha256(b"yuetan tag key\n" + key).hexdigest()[:8]: key for key in keys})

    @property
    def newest(self) -> str:
        return next(iter(self.by_id))

    def token(self, tag: Tag) -> str | None:
        """The token of that generation; None: it was made with a secret that the server no longer has."""
        key = self.by_id.get(tag.key_id)
        if key is None:
            return None
        token = make_token(key, tag.key_id, tag.id, tag.generation)
        return token if token_hash(token) == tag.token_hash else None


def current() -> TagKeys:
    """The running app's, for the edges; use cases are handed it."""
    return TagKeys.of(ring().keys(PURPOSE))
