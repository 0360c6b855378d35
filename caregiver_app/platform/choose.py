"""Which machine is this?"""

from __future__ import annotations

import os
from pathlib import Path

from caregiver_app.platform.protocols import Platform


def choose(home: Path | None = None) -> Platform:
    """Android inside an APK, else the desktop; secrets are kept under `home`."""
    if "ANDROID_ARGUMENT" in os.environ:
        from caregiver_app.platform.android import android

        return android(home)
    from caregiver_app.platform.desktop import desktop

    return desktop(home)
