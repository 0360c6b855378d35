"""Makes a store of the present version with a row in every state, to be kept when the next schema step is written.

    python -m tests.unit.caregiver_app.stores.make tests/unit/caregiver_app/stores/vN

`v1` was made like this by version 1. Files of released versions are never made anew.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path

from caregiver_app.store.store import FILE
from tests.unit.caregiver_app.world import JPEG, World


def make(folder: Path) -> dict[str, str]:
    """A store under `folder` → ids of its visits by what became of them (also in `ids.json`)."""
    world = World(folder, elders=3)
    world.enrol()
    ids = {"sent": world.visit(0, photo=JPEG[:2000])}
    world.settle()
    ids["sent_photo_pending"] = world.visit(1, photo=JPEG[:2200])
    world.settle()
    refused = world.phone.begin_visit(world.elder_ids[2])
    refused.all_good()
    refused.set_note("退回的一次，门锁坏了")
    refused.add_photo(JPEG[:2500])
    world.server.refuse.add(refused.draft_id)
    ids["refused"] = refused.save().visit_id
    world.settle()
    ids["pending"] = world.visit(0, photo=JPEG[:3000])
    ids["urgent"] = world.visit(1, urgent=True)
    draft = world.phone.begin_visit(world.elder_ids[2])
    draft.all_good()
    draft.set_note("还没写完")
    draft.add_photo(JPEG[:4000])
    ids["draft"] = draft.draft_id
    database = world.phone.store.database
    database.write(
        "UPDATE photos SET state = 'pending', offset = 1000, sent_at = NULL WHERE visit_id = ?",
        (ids["sent_photo_pending"],),
    )
    database.write(
        "INSERT INTO photos (visit_id, sha256, size, state, offset, attempts, last_error)"
        " VALUES (?, ?, 10, 'refused', 0, 5, 'bad')",
        (ids["refused"], "ab" * 32),
    )
    world.phone.stop()
    connection = sqlite3.connect(folder / FILE)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    (folder / "ids.json").write_text(json.dumps(ids))
    return ids


if __name__ == "__main__":
    print(make(Path(sys.argv[1])))
