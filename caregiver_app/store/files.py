"""Files that are whole or not there: written beside, synced, renamed into place, and the folder synced after."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(target: Path, data: bytes, mode: int = 0o600) -> None:
    """Put `data` at `target`; after a kill there is the old file or the new one. OSError: the disk would not."""
    part = target.with_name(target.name + ".part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make renames and removals in a folder last."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
