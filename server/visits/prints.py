"""What a photo looks like, in 64 bits, to find one picture saved anew, cut or brightened a little.

The bits say, of a 9 × 8 grey miniature, where it gets brighter to the right. A picture of next to nothing (a dark room,
a wall) has none: it would look like every other of its kind.
"""

from __future__ import annotations

import datetime as dt
import io
import uuid

from PIL import Image, ImageStat
from sqlalchemy.orm import Session

from server.elders.vault import Vault
from server.prepared import trip
from server.visits import histories
from shared.rules.remembering import PhotoUse, id_mark

LARGEST = 40_000_000  # pixels: more than any phone's camera gives, less than what fills the memory
LEAST_CONTRAST = 10.0
WIDE, HIGH = 9, 8


def print_of(jpeg: bytes) -> int | None:
    """The print of a picture; None where it cannot be read or shows nothing."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as picture:
            if picture.width * picture.height > LARGEST:
                return None
            picture.draft("L", (WIDE * 16, HIGH * 16))  # the decoder itself makes it small: milliseconds
            grey = picture.convert("L").resize((WIDE, HIGH), Image.Resampling.BOX)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    if ImageStat.Stat(grey).stddev[0] < LEAST_CONTRAST:
        return None
    shades = grey.tobytes()
    bits = 0
    for row in range(HIGH):
        for column in range(WIDE - 1):
            at = row * WIDE + column
            bits = bits << 1 | (shades[at] < shades[at + 1])
    return bits


def note(
    session: Session, county_id: int, visitor_id: uuid.UUID, visit_id: uuid.UUID, sha256: str, seen: int | None, *,
    vault: Vault, now: dt.datetime,
) -> int:  # fmt: skip
    """Remember what a photo looks like beside the visitor's others. → how many of other visits look like it; those
    visits and this one are judged again. Composed: never commits."""
    if seen is None:
        return 0
    past = histories.read(session, county_id, vault, {}, [visitor_id], [], [])
    visitor = past.memory.visitors.get(id_mark(visitor_id))
    if visitor is None or visit_id.bytes not in visitor.traces:
        return 0
    own = histories.photo_id(sha256)
    alike = visitor.show((seen, own.bytes, visit_id.bytes))
    rows = [past.visitor_row(visitor_id)]
    known = [p for p in alike if p[1] != own.bytes and p[2] in visitor.traces]
    if known:
        past.add(session, {own, *(uuid.UUID(bytes=photo) for _, photo, _ in known)})
        for _, photo, visit in known:
            pairs = ((own.hex, visit), (uuid.UUID(bytes=photo).hex, visit_id.bytes))
            for photo_hex, other in pairs:
                uses = past.memory.photos.setdefault(photo_hex, [])
                if all(use.visit != other for use in uses):
                    trace = visitor.traces[other]
                    uses.append(PhotoUse(other, trace.home, trace.home_at, trace.day, alike=True))
        rows += past.photo_rows({own.hex, *(uuid.UUID(bytes=photo).hex for _, photo, _ in known)}, now)
    with trip(session) as out:
        histories.write(out, sorted(rows, key=lambda row: row["id"]))
    return len(known)
