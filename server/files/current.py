"""The running app's file store, for the edges; use cases are handed it."""

from __future__ import annotations

from flask import current_app

from server.files.blobs import FolderBlobs
from server.files.service import Files
from server.keys import ring


def files() -> Files:
    made: Files | None = current_app.extensions.get("yuetan_files")
    if made is None:
        settings = current_app.extensions["yuetan_settings"]
        made = Files(FolderBlobs(settings.home / "files"), ring().keys)
        current_app.extensions["yuetan_files"] = made
    return made
