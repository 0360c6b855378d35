"""An Android phone. Clocks are done; the rest wants a device to be tried on and until then says it is absent.

What is absent here is absent honestly: codes are typed or read from a photo by the desktop's decoder where
its library is there, no position is recorded, numbers are shown to be dialled by hand.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from caregiver_app.platform.desktop import NoDialler, NoPosition, PillowPictures, ZxingDecoder, spawn
from caregiver_app.platform.protocols import Platform


class AndroidClock:
    """`SystemClock.elapsedRealtime` counts asleep and awake; the boot count names the boot."""

    def __init__(self) -> None:
        from jnius import autoclass

        self._clock = autoclass("android.os.SystemClock")
        self._boot = _boot_name(autoclass)

    def now(self) -> datetime:
        return datetime.now().astimezone()

    def uptime_ms(self) -> int:
        return int(self._clock.elapsedRealtime())

    def boot(self) -> str:
        return self._boot


def _boot_name(autoclass: Any) -> str:
    activity = autoclass("org.kivy.android.PythonActivity").mActivity
    settings = autoclass("android.provider.Settings$Global")
    count = settings.getInt(activity.getContentResolver(), settings.BOOT_COUNT, 0)
    return hashlib.sha256(f"yuetan-boot\n{count}".encode()).hexdigest()[:12]


def android() -> Platform:
    """The platform of the phone this runs on. ImportError: this is none."""
    from jnius import autoclass

    build = autoclass("android.os.Build")
    version = autoclass("android.os.Build$VERSION")
    return Platform(
        clock=AndroidClock(),
        decoder=ZxingDecoder(),
        position=NoPosition(),
        pictures=PillowPictures(),
        dialler=NoDialler(),
        model=f"{build.MANUFACTURER} {build.MODEL}",
        os=f"Android {version.RELEASE}",
        spawn=spawn,
    )
