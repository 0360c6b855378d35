"""Handing a stored file to whoever may have it: the API and the console answer alike."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response

from server.files.blobs import BlobMissing
from server.files.current import files
from server.files.model import StoredFile
from server.files.service import chunks
from server.problems import problem


def download(row: StoredFile | None) -> Response:
    """The file as an attachment, unsealed piece by piece; 404 where there is none (any more)."""
    if row is None:
        raise problem("not_found")
    try:
        stream = chunks(files(), row)
    except BlobMissing:
        raise problem("not_found") from None
    headers = {
        "Content-Length": str(row.size),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(row.name or str(row.id))}",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(stream, headers=headers, mimetype=row.media_type)
