"""Reaching people: the dialler opens with the number and calls nobody; reminders come at their time.

A reminder outlives the app: Android's alarm clock wakes the little receiver in apk/java, which
shows the notification.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from caregiver_app.platform.android.bridge import activity, can_open, java, service, start
from caregiver_app.platform.protocols import Permissions

RECEIVER = "cn.yuetan.caregiver.Reminder"
RTC_WAKEUP = 0


class AndroidDialler:
    """ACTION_DIAL: needs no permission, because it does not call by itself."""

    def available(self) -> bool:
        return can_open(self._intent("120"))

    def dial(self, number: str) -> bool:
        return start(self._intent(number))

    def _intent(self, number: str) -> Any:
        uri = java("android.net.Uri")
        return java("android.content.Intent")("android.intent.action.DIAL", uri.parse(f"tel:{uri.encode(number)}"))


class AndroidReminders:
    """An alarm per key. Not exact: some minutes late is early enough, and needs no permission of its own."""

    def __init__(self, permissions: Permissions) -> None:
        self._permissions = permissions

    def available(self) -> bool:
        return self._permissions.granted("notifications")

    def set(self, key: str, at: datetime, title: str, text: str) -> bool:
        if not self.available():
            return False
        pending = self._pending(key, title, text)
        service("alarm").setAndAllowWhileIdle(RTC_WAKEUP, int(at.timestamp() * 1000), pending)
        return True

    def cancel(self, key: str) -> None:
        service("alarm").cancel(self._pending(key, "", ""))
        service("notification").cancel(key, 0)

    def _pending(self, key: str, title: str, text: str) -> Any:
        """The same key gives the same action, which is what Android tells alarms apart by."""
        intent = java("android.content.Intent")(f"{RECEIVER}.{key}")
        intent.setClassName(activity().getPackageName(), RECEIVER)
        intent.putExtra("key", key)
        intent.putExtra("title", title)
        intent.putExtra("text", text)
        pending = java("android.app.PendingIntent")
        flags = pending.FLAG_IMMUTABLE | pending.FLAG_UPDATE_CURRENT
        return pending.getBroadcast(activity(), 0, intent, flags)
