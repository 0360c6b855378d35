"""The few lines that every Android sense needs: a class by name, the activity, an answer from another app."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)

#: Activities that answer are told apart by a number; ours begin where libraries' do not.
_codes = itertools.count(7_100)
RESULT_OK = -1


def java(name: str) -> Any:
    """A Java class; inner classes by `$`."""
    from jnius import autoclass

    return autoclass(name)


def activity() -> Any:
    """The app's one activity."""
    return java("org.kivy.android.PythonActivity").mActivity


def sdk() -> int:
    """Android's version as a number: 24 is the oldest that the app is built for."""
    return int(java("android.os.Build$VERSION").SDK_INT)


def service(name: str) -> Any:
    """A system service by its name in Context, as the class it is."""
    from jnius import cast

    kinds = {
        "location": "android.location.LocationManager",
        "notification": "android.app.NotificationManager",
        "alarm": "android.app.AlarmManager",
        "keyguard": "android.app.KeyguardManager",
    }
    return cast(kinds[name], activity().getSystemService(name))


def can_open(intent: Any) -> bool:
    """Whether some app on this phone answers to this."""
    return intent.resolveActivity(activity().getPackageManager()) is not None


def start(intent: Any) -> bool:
    """Open another app → whether one opened."""
    from jnius import JavaException

    try:
        activity().startActivity(intent)
    except JavaException:
        log.warning("no app opens this intent")
        return False
    return True


def ask(intent: Any, done: Callable[[bool, Any | None], None]) -> bool:
    """Open another app and take its answer: whether it went well, and the intent that came back, if any.

    False: none opened, and `done` is never called.
    """
    from android import activity as answers
    from jnius import JavaException

    code = next(_codes)

    def answered(request: int, result: int, data: Any) -> None:
        if request != code:
            return
        answers.unbind(on_activity_result=answered)
        done(result == RESULT_OK, data)

    answers.bind(on_activity_result=answered)
    try:
        activity().startActivityForResult(intent, code)
    except JavaException:
        answers.unbind(on_activity_result=answered)
        return False
    return True


def signed(data: bytes) -> list[int]:
    """Bytes as Java counts them, -128 to 127."""
    return [value - 256 if value > 127 else value for value in data]


def unsigned(data: Any) -> bytes:
    """Java's bytes as Python's."""
    return bytes(value & 0xFF for value in data)
