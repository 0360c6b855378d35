"""The device secret: what a copy of the store's files lacks.

Everything on the phone is closed under keys that need it, alone or together with the PIN. Where the machine has
a keystore, the platform's secrets live there; elsewhere they are files that only their owner may read.
"""

from __future__ import annotations

import os

from caregiver_app.platform.protocols import Secrets

NAME, LENGTH = "device", 32


def read(secrets: Secrets) -> bytes | None:
    """The device secret; None: there is none, or not now."""
    found = secrets.get(NAME)
    return found if found is not None and len(found) == LENGTH else None


def make(secrets: Secrets) -> bytes:
    """A new one, on the disk when this returns. OSError: it is not."""
    made = os.urandom(LENGTH)
    secrets.put(NAME, made)
    return made
