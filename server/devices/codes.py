"""Enrolment codes: fifty bits that an old volunteer can type from a slip of paper.

Ten characters of Crockford's base32 in two groups: no I, L, O, U; what looks alike is read alike, and small letters,
spaces, dashes and full-width characters do not matter.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

from server.keys import KeyRing

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})


def from_bytes(data: bytes) -> str:
    """A code made of the first fifty bits."""
    number = int.from_bytes(data[:8], "big") >> 14
    letters = "".join(ALPHABET[number >> shift & 31] for shift in range(45, -5, -5))
    return f"{letters[:5]}-{letters[5:]}"


def read(text: str) -> str | None:
    """The code that was meant, without its dash; None: none."""
    folded = unicodedata.normalize("NFKC", text).upper().translate(_ALIKE)
    letters = "".join(c for c in folded if c not in "-–—‐_. \t\r\n")
    return letters if len(letters) == LENGTH and all(c in ALPHABET for c in letters) else None


def hashes(keys: KeyRing, letters: str) -> tuple[bytes, ...]:
    """What may be stored of it: keyed, because fifty bits alone could be tried out. The newest key's first."""
    return tuple(hmac.digest(key, letters.encode(), hashlib.sha256) for key in keys.keys("enrolment-code"))
