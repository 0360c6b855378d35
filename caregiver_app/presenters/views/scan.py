"""What was scanned."""

from __future__ import annotations

from dataclasses import dataclass

from caregiver_app.presenters.views.today import ElderRow


@dataclass(frozen=True, slots=True)
class ScanView:
    """What a scanned text turned out to be.

    `kind`: elder (one of mine) | revoked (my elder's old tag) | unknown (a tag, but of nobody on this phone)
    | not_a_tag | nothing (no code in the picture). With `can_visit` a visit may be begun with this tag: an
    unknown one is recorded as it was read and the server finds out whose it is.
    """

    kind: str
    message: str
    text: str = ""
    by: str = "camera"
    elder: ElderRow | None = None
    can_visit: bool = False
