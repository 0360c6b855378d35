"""How large things may be. Phone and server name the same limits, so that no phone saves what no server takes."""

from __future__ import annotations

MAX_BATCH = 500
"""Items in one POST /sync/visits or /sync/events."""
MAX_BODY = 8 * 1024 * 1024
"""Bytes of one request body, unzipped."""
MAX_ITEM = 64 * 1024
"""Bytes of one item; more is the only reason but an unreadable required field to reject a visit."""
MAX_DEPTH = 400
"""Nesting of JSON that is surely read; deeper bodies may be refused as `json_invalid`."""
PHONE_ITEM_MAX = 32 * 1024
"""What the phone keeps to, so that a server that escapes more still takes it."""
NOTE_MAX = 4000
PHOTOS_MAX = 12
NEEDS_MAX = 20
PHOTO_MAX = 2 * 1024 * 1024
"""Bytes of one JPEG."""
KEEP_SENT_DAYS = 60
"""How long a phone keeps what it sent, for a server that is restored from a backup."""
