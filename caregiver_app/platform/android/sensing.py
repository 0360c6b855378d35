"""Clocks, position, camera and the reading of codes."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from caregiver_app.platform.android.bridge import activity, java, sdk, service
from caregiver_app.platform.desktop import softened
from caregiver_app.platform.kivy_camera import KivyCamera
from caregiver_app.platform.protocols import Permissions, Reading, nothing

log = logging.getLogger(__name__)
EVERY_MS, EVERY_M = 10_000, 0.0
SNOW_CONE = 31
PROVIDERS = ("gps", "network")


class AndroidClock:
    """`SystemClock.elapsedRealtime` counts asleep and awake; the boot count names the boot."""

    def __init__(self) -> None:
        self._clock = java("android.os.SystemClock")
        self._boot = _boot_name()

    def now(self) -> datetime:
        return datetime.now().astimezone()

    def uptime_ms(self) -> int:
        return int(self._clock.elapsedRealtime())

    def boot(self) -> str:
        return self._boot


def _boot_name() -> str:
    settings = java("android.provider.Settings$Global")
    count = settings.getInt(activity().getContentResolver(), settings.BOOT_COUNT, 0)
    return hashlib.sha256(f"yuetan-boot\n{count}".encode()).hexdigest()[:12]


class AndroidPosition:
    """Listens to GPS and network while it is started; the newest and most exact reading of either."""

    def __init__(self, permissions: Permissions) -> None:
        self._permissions = permissions
        self._listener: Any | None = None
        self._newest: dict[str, tuple[float, Reading]] = {}
        self._found: Callable[[], None] = nothing

    def start(self, found: Callable[[], None] = nothing) -> None:
        if self._listener is not None or not self._permissions.granted("position"):
            return
        from jnius import JavaException

        self._found = found
        manager = service("location")
        listener = _listener(self._take)
        looper = java("android.os.Looper").getMainLooper()
        for provider in PROVIDERS:
            try:
                manager.requestLocationUpdates(provider, EVERY_MS, EVERY_M, listener, looper)
            except JavaException:
                log.info("no position from %s", provider)
        self._listener = listener

    def stop(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            service("location").removeUpdates(listener)

    def reading(self, max_age_s: int = 120) -> Reading | None:
        fresh = [
            reading for at, reading in self._newest.values() if time.monotonic() - at <= max_age_s
        ]
        return min(fresh, key=lambda reading: reading.accuracy_m, default=None)

    def _take(self, location: Any) -> None:
        mocked = location.isMock() if sdk() >= SNOW_CONE else location.isFromMockProvider()
        now_ns = java("android.os.SystemClock").elapsedRealtimeNanos()
        age_s = max(0.0, (now_ns - location.getElapsedRealtimeNanos()) / 1e9)
        accuracy = float(location.getAccuracy()) if location.hasAccuracy() else 10_000.0
        reading = Reading(
            float(location.getLatitude()), float(location.getLongitude()), round(accuracy, 1), bool(mocked)
        )
        self._newest[str(location.getProvider())] = (time.monotonic() - age_s, reading)
        found, self._found = self._found, nothing
        found()


def _listener(take: Any) -> Any:
    """A LocationListener. Android 12 calls the list form; older ones call what newer ones have as defaults."""
    from jnius import PythonJavaClass, java_method

    class Listener(PythonJavaClass):  # type: ignore[misc]
        __javainterfaces__ = ("android/location/LocationListener",)
        __javacontext__ = "app"

        @java_method("(Landroid/location/Location;)V", name="onLocationChanged")
        def one(self, location: Any) -> None:
            take(location)

        @java_method("(Ljava/util/List;)V", name="onLocationChanged")
        def several(self, locations: Any) -> None:
            for at in range(locations.size()):
                take(locations.get(at))

        @java_method("(I)V")
        def onFlushComplete(self, code: int) -> None:
            return None

        @java_method("(Ljava/lang/String;)V")
        def onProviderEnabled(self, provider: str) -> None:
            return None

        @java_method("(Ljava/lang/String;)V")
        def onProviderDisabled(self, provider: str) -> None:
            return None

        @java_method("(Ljava/lang/String;ILandroid/os/Bundle;)V")
        def onStatusChanged(self, provider: str, status: int, extras: Any) -> None:
            return None

    return Listener()


class AndroidCamera(KivyCamera):
    """Kivy's own Android camera, once the owner allows it."""

    def __init__(self, permissions: Permissions) -> None:
        super().__init__()
        self._permissions = permissions

    def available(self) -> bool:
        return bool(activity().getPackageManager().hasSystemFeature("android.hardware.camera.any"))

    def start(self) -> bool:
        return self._permissions.granted("camera") and super().start()


class JavaZxing:
    """com.google.zxing:core, a jar that buildozer.spec brings along; it reads better than zbar."""

    def available(self) -> bool:
        from jnius import JavaException

        try:
            java("com.google.zxing.qrcode.QRCodeReader")
        except JavaException:
            return False
        return True

    def decode_file(self, path: Path) -> str | None:
        from PIL import Image, UnidentifiedImageError

        try:
            with Image.open(path) as picture:
                grey = picture.convert("L")
        except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
            raise ValueError("not a picture") from error
        grey.thumbnail((2000, 2000))
        return self._look(grey)

    def decode_frame(self, pixels: bytes, width: int, height: int, channels: int) -> str | None:
        from PIL import Image

        mode = {1: "L", 3: "RGB", 4: "RGBA"}[channels]
        return self._look(Image.frombytes(mode, (width, height), pixels).convert("L"))

    def _look(self, grey: Any) -> str | None:
        """As it is, and once more without creases and grain."""
        found = self._decode(grey.tobytes(), *grey.size)
        return found or self._decode(softened(grey).tobytes(), *grey.size)

    def _decode(self, grey: bytes, width: int, height: int) -> str | None:
        """Grey bytes are the first plane of a YUV picture: no pixel is touched by Python."""
        from jnius import JavaException

        source = java("com.google.zxing.PlanarYUVLuminanceSource")(
            grey, width, height, 0, 0, width, height, False
        )
        bitmap = java("com.google.zxing.BinaryBitmap")(java("com.google.zxing.common.HybridBinarizer")(source))
        hints = java("java.util.EnumMap")(java("com.google.zxing.DecodeHintType"))
        hints.put(java("com.google.zxing.DecodeHintType").TRY_HARDER, java("java.lang.Boolean")(True))
        try:
            found = java("com.google.zxing.qrcode.QRCodeReader")().decode(bitmap, hints)
        except JavaException:  # NotFoundException: most frames have no code
            return None
        return str(found.getText()) or None
