"""An Android phone, through pyjnius: imported only on one.

Written against Android's documented classes and run in the tests against stand-ins for them (`tests/fakes/android.py`);
on a device it has not been tried: docs/android.md says what that leaves open. Whatever a phone lacks or refuses makes
a sense absent, never an error: codes can be typed, numbers dialled by hand, and a visit is recorded all the same.
"""

from __future__ import annotations

from pathlib import Path

from caregiver_app.platform.android.bridge import java
from caregiver_app.platform.android.calling import AndroidDialler, AndroidReminders
from caregiver_app.platform.android.keeping import AndroidGallery, KeystoreSecrets
from caregiver_app.platform.android.leave import AndroidPermissions, AndroidScreenLock
from caregiver_app.platform.android.sensing import AndroidCamera, AndroidClock, AndroidPosition, JavaZxing
from caregiver_app.platform.android.speech import AndroidDictation, AndroidVoice
from caregiver_app.platform.desktop import PillowPictures, spawn
from caregiver_app.platform.protocols import Platform


def android(home: Path | None = None) -> Platform:
    """The platform of the phone this runs on; sealed secrets and copies lie under `home`. ImportError: this is none."""
    build = java("android.os.Build")
    version = java("android.os.Build$VERSION")
    folder = home or Path("yuetan")
    permissions = AndroidPermissions()
    return Platform(
        clock=AndroidClock(),
        decoder=JavaZxing(),
        position=AndroidPosition(permissions),
        pictures=PillowPictures(),
        dialler=AndroidDialler(),
        camera=AndroidCamera(permissions),
        voice=AndroidVoice(),
        gallery=AndroidGallery(folder / "picked"),
        secrets=KeystoreSecrets(folder / "secrets"),
        screen_lock=AndroidScreenLock(),
        permissions=permissions,
        model=f"{build.MANUFACTURER} {build.MODEL}",
        os=f"Android {version.RELEASE}",
        spawn=spawn,
        dictation=AndroidDictation(),
        reminders=AndroidReminders(permissions),
    )
