"""What python-for-android's manifest lacks and what it has too much of, mended before the APK is put together.

Its template knows no broadcast receivers, and declares writing to shared storage for every app; this app needs the
first (reminders, apk/java) and not the second. A template that looks otherwise than expected stops the build: a
reminder that silently never comes, or a permission nobody was told of, would be worse than no APK.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

MANIFEST = Path("src/main/AndroidManifest.xml")
RECEIVER = '<receiver android:name="cn.yuetan.caregiver.Reminder" android:exported="false" />'
STORAGE = re.compile(r'\s*<uses-permission[^>]*android\.permission\.WRITE_EXTERNAL_STORAGE"[^>]*/>')
END = "</application>"


def mended(manifest: str) -> str:
    """The manifest with the receiver and without the storage. ValueError: it is not what it was."""
    if END not in manifest:
        raise ValueError("the manifest has no </application>")
    if RECEIVER not in manifest:
        manifest = manifest.replace(END, f"    {RECEIVER}\n    {END}", 1)
    return STORAGE.sub("", manifest)


def before_apk_assemble(toolchain: Any) -> None:
    """Called by python-for-android in the folder of the distribution, after its templates were filled in."""
    MANIFEST.write_text(mended(MANIFEST.read_text(encoding="utf-8")), encoding="utf-8")
