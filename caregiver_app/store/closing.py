"""Closing what the first version of the app kept in clear: once, after the update, before anything else is done.

Every step may be broken off and is taken up at the next start: what is closed already tells itself from what is not.
"""

from __future__ import annotations

import json

from caregiver_app.store.database import Database
from caregiver_app.store.files import write_whole
from caregiver_app.store.meta import Meta
from caregiver_app.store.photos import Photos


def close_clear(database: Database, meta: Meta, photos: Photos) -> None:
    """Rewrite every clear blob closed, then the file itself, so that nothing of them is left in unused pages."""
    vault = database.vault
    with database.transaction():
        meta.close_clear()
        for table in ("cache", "incoming"):
            for section, key, body in database.rows(f"SELECT section, key, body FROM {table}"):
                if vault.is_clear(body):
                    closed = vault.close(f"{table}/{section}/{key}", body)
                    database.write(f"UPDATE {table} SET body = ? WHERE section = ? AND key = ?", (closed, section, key))
        for visit_id, body in database.rows("SELECT id, body FROM drafts"):
            if vault.is_clear(body):
                database.write(
                    "UPDATE drafts SET body = ? WHERE id = ?", (vault.close(f"drafts/{visit_id}", body), visit_id)
                )
        for visit_id, frozen, answer in database.rows("SELECT id, frozen, answer FROM outbox"):
            if vault.is_clear(frozen):
                closed = vault.close(f"outbox/{visit_id}", frozen)
                database.write("UPDATE outbox SET frozen = ? WHERE id = ?", (closed, visit_id))
            if answer is not None and vault.is_clear(answer):
                closed = database.pack(f"answer/{visit_id}", json.loads(answer), device=True)
                database.write("UPDATE outbox SET answer = ? WHERE id = ?", (closed, visit_id))
    for file in photos.folder.glob("*.jpg"):
        picture = file.read_bytes()
        if vault.is_clear(picture):
            write_whole(file, vault.close(f"photos/{file.stem}", picture))
    database.rewrite()


