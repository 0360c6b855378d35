"""The device secret: what a copy of the store's files lacks.

Everything on the phone is closed under keys that need it, alone or together with the PIN. Where the machine has
a keystore, the platform hands in one that lives there; elsewhere it is a file that only its owner may read.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from caregiver_app.store.files import write_whole

FILE, LENGTH = "device.secret", 32


class DeviceSecret(Protocol):
    """32 bytes that stay on this machine."""

    def read(self, folder: Path) -> bytes:
        """The secret of the store in `folder`, made at first need. A lost one is made anew: its store says so."""


class FileSecret:
    """A file beside the store, mode 0600."""

    def read(self, folder: Path) -> bytes:
        path = folder / FILE
        try:
            known = path.read_bytes()
        except FileNotFoundError:
            known = b""
        if len(known) == LENGTH:
            return known
        made = os.urandom(LENGTH)
        write_whole(path, made)
        return made
