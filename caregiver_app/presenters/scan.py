"""From a code to an elder, without a network: the phone knows the hashes of its own elders' tags."""

from __future__ import annotations

from pathlib import Path

from caregiver_app.presenters.common import Common
from caregiver_app.presenters.rows import Rows
from caregiver_app.presenters.views.scan import ScanView
from shared.protocol.tags import token_hash, token_of

LONGEST = 2000


class ScanPresenter:
    """Fulfils `interface.Scan`. What a code says is untrusted: it is looked up, never opened or followed."""

    def __init__(self, common: Common) -> None:
        self._common = common

    def read_text(self, text: str, by: str = "camera") -> ScanView:
        """Whose tag this is, as far as this phone knows."""
        common = self._common
        text = text.strip()[:LONGEST]
        if not text:
            return ScanView(kind="nothing", message=common.text("scan.nothing"), by=by)
        token = token_of(text)
        if token is None:
            return ScanView(kind="not_a_tag", message=common.text("scan.not_a_tag"), text=text, by=by)
        known, owner = common.store.cache.tag_owner(token_hash(token))
        elder = common.store.cache.one("elders", owner) if owner else None
        if elder is not None:
            row = Rows(common).row(elder)
            message = common.text("scan.elder", name=row.name)
            return ScanView(kind="elder", message=message, text=text, by=by, elder=row, can_visit=True)
        kind = "revoked" if known and owner is None else "unknown"
        return ScanView(kind=kind, message=common.text(f"scan.{kind}"), text=text, by=by, can_visit=True)

    def read_image(self, path: Path) -> ScanView:
        """A code in a picture file."""
        common = self._common
        if not self.can_decode():
            return ScanView(kind="nothing", message=common.text("scan.no_decoder"), by="image")
        try:
            text = common.platform.decoder.decode_file(path)
        except ValueError:
            return ScanView(kind="nothing", message=common.text("scan.not_a_picture"), by="image")
        if text is None:
            return ScanView(kind="nothing", message=common.text("scan.nothing"), by="image")
        return self.read_text(text, "image")

    def read_frame(self, pixels: bytes, width: int, height: int, channels: int = 4) -> ScanView | None:
        """A code in a camera frame, or None."""
        text = self._common.platform.decoder.decode_frame(pixels, width, height, channels)
        return self.read_text(text, "camera") if text else None

    def can_decode(self) -> bool:
        """Whether pictures can be read on this machine."""
        return self._common.platform.decoder.available()
