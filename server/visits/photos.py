"""Photos of visits as directors look at them. (They come in by server/sync/photos.py.)"""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.auth.reach import Reach
from server.elders.model import Elder
from server.elders.vault import Vault
from server.files import service as files_service
from server.files.service import Files
from server.visits import queries
from server.visits.model import Photo
from server.visits.sealing import key_for


def read(
    session: Session, reach: Reach, visit_id: uuid.UUID, sha256: str, *, files: Files, vault: Vault
) -> bytes | None:
    """The JPEG; None where the reach holds no such visit, or the photo has not arrived whole. Raises BlobMissing."""
    visit = queries.found(session, reach, visit_id)
    if visit is None:
        return None
    file_id = session.scalar(
        sa.select(Photo.file_id).where(
            Photo.county_id == visit.county_id, Photo.visit_id == visit_id, Photo.sha256 == sha256
        )
    )
    row = files_service.find(session, visit.county_id, file_id) if file_id is not None else None
    if row is None:
        return None
    wrapped = session.scalar(
        sa.select(Elder.data_key).where(Elder.county_id == visit.county_id, Elder.id == visit.elder_id)
    )
    key = key_for(vault, visit.county_id, visit.elder_id, wrapped)
    return files_service.read(files, row, sealer=key)
