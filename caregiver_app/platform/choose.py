"""Which machine is this?"""

from __future__ import annotations

import os

from caregiver_app.platform.protocols import Platform


def choose() -> Platform:
    """Android inside an APK, else the desktop."""
    if "ANDROID_ARGUMENT" in os.environ:
        from caregiver_app.platform.android import android

        return android()
    from caregiver_app.platform.desktop import desktop

    return desktop()
