"""What the owner allows, and the owner's own lock."""

from __future__ import annotations

from collections.abc import Callable

from caregiver_app.platform.android.bridge import activity, ask, java, sdk, service
from caregiver_app.platform.needs import NEEDS

TIRAMISU = 33
NAMES = {name: tuple(f"android.permission.{one}" for one in need.android) for name, need in NEEDS.items()}


class AndroidPermissions:
    """Asked one at a time, when it is needed; a refusal is taken as it is and not asked again unless the user asks."""

    def granted(self, name: str) -> bool:
        """Of several the owner may give less (coarse position): any of them is enough."""
        if name == "notifications" and sdk() < TIRAMISU:
            return True
        here = activity()
        return any(here.checkSelfPermission(permission) == 0 for permission in NAMES[name])

    def ask(self, name: str, done: Callable[[bool], None]) -> None:
        if self.granted(name):
            done(True)
            return
        from android.permissions import request_permissions

        request_permissions(list(NAMES[name]), lambda _names, results: done(any(results)))


class AndroidScreenLock:
    """Pattern, PIN or finger, as the owner set it."""

    def available(self) -> bool:
        return bool(service("keyguard").isDeviceSecure())

    def ask(self, title: str, done: Callable[[bool], None]) -> bool:
        if not self.available():
            return False
        from jnius import cast

        chars = cast("java.lang.CharSequence", java("java.lang.String")(title))
        intent = service("keyguard").createConfirmDeviceCredentialIntent(chars, None)
        return intent is not None and ask(intent, lambda opened, _data: done(opened))
