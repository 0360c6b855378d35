"""What is kept as a file: photos, sheets, reports. The bytes lie encrypted in a folder; this row says what they are."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base, CountyRow


class StoredFile(CountyRow, Base):
    """`wrapped_key` is the file's own key, wrapped by the elder's data key (photos: destroying that erases them) or by
    the county's."""

    __tablename__ = "files"

    kind: Mapped[str] = mapped_column(sa.String(20))  # photo, tag_sheet, report, import
    name: Mapped[str] = mapped_column(sa.String(200), default="")
    media_type: Mapped[str] = mapped_column(sa.String(80))
    size: Mapped[int]
    sha256: Mapped[bytes] = mapped_column(sa.LargeBinary(32))  # of the clear bytes
    elder_id: Mapped[uuid.UUID | None]
    wrapped_key: Mapped[bytes]
    created_at: Mapped[dt.datetime]
    created_by: Mapped[uuid.UUID | None]
    expires_at: Mapped[dt.datetime | None]
