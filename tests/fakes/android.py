"""A stand-in for pyjnius and the Android behind it, so that the app's Android code is at least executed.

It knows the classes that the app uses, by Android's names and signatures as documented, and refuses unknown names as a
phone would. It proves that the code runs and keeps its promises against these stand-ins; not that a phone agrees.
"""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Callable
from typing import Any


class JavaException(Exception):
    """What pyjnius raises for a Java exception."""


class PythonJavaClass:
    """A Java interface fulfilled in Python; named methods are found by what Java calls them."""

    def java_call(self, name: str, *args: Any) -> None:
        for kind in type(self).__mro__:
            for value in vars(kind).values():
                if getattr(value, "java_name", None) == name and value.java_args == len(args):
                    wanted = value.java_list
                    if wanted is None or wanted == isinstance(args[0], JavaList):
                        value(self, *args)
                        return
        raise NotImplementedError(name)


def java_method(signature: str, name: str | None = None) -> Callable[[Any], Any]:
    """Remembers what Java calls it, and with how many arguments."""

    def mark(method: Any) -> Any:
        inside = signature[1 : signature.index(")")]
        count, at = 0, 0
        while at < len(inside):
            at = inside.index(";", at) + 1 if inside[at] == "L" else at + 1
            count += 1
        method.java_name = name or method.__name__
        method.java_args = count
        method.java_list = ("Ljava/util/List;" in inside) if "L" in inside else None
        return method

    return mark


class JavaList:
    def __init__(self, items: list[Any]) -> None:
        self._items = items

    def size(self) -> int:
        return len(self._items)

    def get(self, at: int) -> Any:
        return self._items[at]

    def isEmpty(self) -> bool:
        return not self._items


class Intent:
    def __init__(self, action: str, uri: Any = None) -> None:
        self.action, self.uri, self.extras = action, uri, {}
        self.phone: Phone = PHONES[-1]

    def setType(self, kind: str) -> None:
        self.kind = kind

    def addCategory(self, name: str) -> None:
        self.category = name

    def setClassName(self, package: str, name: str) -> None:
        self.target = (package, name)

    def putExtra(self, name: str, value: str) -> None:
        self.extras[name] = value

    def resolveActivity(self, manager: Any) -> Any:
        return "component" if self.action in self.phone.apps else None

    def getData(self) -> Any:
        return self.uri

    def getStringArrayListExtra(self, name: str) -> Any:
        return self.extras.get(name)


class Location:
    def __init__(self, lat: float, lon: float, accuracy: float = 12.0, mocked: bool = False, provider: str = "gps"):
        self._values = (lat, lon, accuracy, mocked, provider)
        self._at = PHONES[-1].nanos()

    def getLatitude(self) -> float:
        return self._values[0]

    def getLongitude(self) -> float:
        return self._values[1]

    def hasAccuracy(self) -> bool:
        return True

    def getAccuracy(self) -> float:
        return self._values[2]

    def isMock(self) -> bool:
        return self._values[3]

    def isFromMockProvider(self) -> bool:
        return self._values[3]

    def getProvider(self) -> str:
        return self._values[4]

    def getElapsedRealtimeNanos(self) -> int:
        return self._at


class Phone:
    """The simulated phone: what is installed, allowed and answered."""

    def __init__(self) -> None:
        self.sdk = 34
        self.apps = {
            "android.intent.action.DIAL",
            "android.intent.action.GET_CONTENT",
            "android.speech.action.RECOGNIZE_SPEECH",
        }
        self.services = {"android.intent.action.TTS_SERVICE"}
        self.voices = {"zh", "en"}
        self.allowed = {
            "android.permission.CAMERA",
            "android.permission.ACCESS_FINE_LOCATION",
            "android.permission.POST_NOTIFICATIONS",
        }
        self.owner_allows = True
        self.secure = True
        self.opens = True
        self.heard: list[str] | None = ["老人", "老任"]
        self.chosen: bytes | None = b"\xff\xd8 chosen"
        self.opened: list[Any] = []
        self.said: list[tuple[str, str, int]] = []
        self.speaking = False
        self.shown: dict[str, Any] = {}
        self.alarms: dict[str, tuple[int, Any]] = {}
        self.locating: list[Any] = []
        self.keys: dict[str, bytes] = {}
        self.bound: list[Any] = []
        self.has_zxing = True
        self.engine: Any = None

    def nanos(self) -> int:
        return 123_456_000_000

    # ----------------------------------------------------------- the activity

    def getSystemService(self, name: str) -> Any:
        services = {
            "location": LocationManager,
            "notification": NotificationManager,
            "alarm": AlarmManager,
            "keyguard": Keyguard,
        }
        return services[name](self)

    def getContentResolver(self) -> Phone:
        return self

    def getPackageManager(self) -> Phone:
        return self

    def getPackageName(self) -> str:
        return "cn.yuetan.caregiver"

    def hasSystemFeature(self, name: str) -> bool:
        return name == "android.hardware.camera.any"

    def checkSelfPermission(self, name: str) -> int:
        return 0 if name in self.allowed else -1

    def queryIntentServices(self, intent: Intent, flags: int) -> JavaList:
        return JavaList([intent.action] if intent.action in self.services else [])

    def startActivity(self, intent: Intent) -> None:
        if intent.action not in self.apps:
            raise JavaException("ActivityNotFoundException")
        self.opened.append(intent)

    def startActivityForResult(self, intent: Intent, code: int) -> None:
        self.startActivity(intent)
        answer = Intent("answer")
        ok = True
        if intent.action.endswith("RECOGNIZE_SPEECH"):
            ok = self.heard is not None
            answer.extras["android.speech.extra.RESULTS"] = JavaList(self.heard or [])
        elif intent.action.endswith("GET_CONTENT"):
            ok = self.chosen is not None
            answer.uri = "content://picture"
        elif intent.action == "confirm":
            ok, answer = self.opens, None  # the lock's answer carries no intent
        for answered in list(self.bound):
            answered(code, -1 if ok else 0, answer)
            answered(code + 1, -1, None)  # somebody else's

    def openFileDescriptor(self, uri: str, mode: str) -> Any:
        reading, writing = os.pipe()
        os.write(writing, self.chosen or b"")
        os.close(writing)
        return types.SimpleNamespace(detachFd=lambda: reading)

    # ----------------------------------------------------------- classes

    def classes(self) -> dict[str, Any]:
        phone = self
        space = types.SimpleNamespace
        found: dict[str, Any] = {
            "org.kivy.android.PythonActivity": space(mActivity=phone),
            "android.os.Build": space(MANUFACTURER="Fairphone", MODEL="5"),
            "android.os.Build$VERSION": space(RELEASE="14", SDK_INT=phone.sdk),
            "android.os.SystemClock": space(
                elapsedRealtime=lambda: phone.nanos() // 1_000_000, elapsedRealtimeNanos=phone.nanos
            ),
            "android.os.Looper": space(getMainLooper=lambda: "main"),
            "android.provider.Settings$Global": space(BOOT_COUNT="boot_count", getInt=lambda *_: 41),
            "android.net.Uri": space(parse=lambda text: text, encode=lambda text: text.replace("#", "%23")),
            "android.content.Intent": Intent,
            "android.app.PendingIntent": space(
                FLAG_IMMUTABLE=67108864, FLAG_UPDATE_CURRENT=134217728, getBroadcast=lambda *args: args[2]
            ),
            "android.speech.tts.TextToSpeech": lambda context, listener: Speech(phone, listener),
            "android.security.keystore.KeyProperties": space(PURPOSE_ENCRYPT=1, PURPOSE_DECRYPT=2),
            "android.security.keystore.KeyGenParameterSpec$Builder": KeySpec,
            "javax.crypto.KeyGenerator": space(getInstance=lambda kind, store: KeyMaker(phone)),
            "java.security.KeyStore": space(getInstance=lambda name: KeyStore(phone)),
            "javax.crypto.Cipher": space(ENCRYPT_MODE=1, DECRYPT_MODE=2, getInstance=lambda name: Cipher()),
            "javax.crypto.spec.GCMParameterSpec": lambda bits, nonce: nonce,
            "java.lang.String": str,
            "java.lang.Boolean": bool,
            "java.util.Locale": lambda language, country: language,
            "java.util.EnumMap": lambda kind: types.SimpleNamespace(put=lambda key, value: None),
        }
        if phone.has_zxing:
            found |= {
                "com.google.zxing.PlanarYUVLuminanceSource": lambda grey, width, height, *rest: (grey, width, height),
                "com.google.zxing.common.HybridBinarizer": lambda source: source,
                "com.google.zxing.BinaryBitmap": lambda source: source,
                "com.google.zxing.DecodeHintType": space(TRY_HARDER="try"),
                "com.google.zxing.qrcode.QRCodeReader": lambda: Reader(),
            }
        return found


class LocationManager:
    def __init__(self, phone: Phone) -> None:
        self.phone = phone

    def requestLocationUpdates(self, provider: str, ms: int, metres: float, listener: Any, looper: Any) -> None:
        if provider == "network":
            raise JavaException("IllegalArgumentException: provider doesn't exist: network")
        self.phone.locating.append(listener)

    def removeUpdates(self, listener: Any) -> None:
        self.phone.locating.remove(listener)


class NotificationManager:
    def __init__(self, phone: Phone) -> None:
        self.phone = phone

    def cancel(self, name: str, number: int) -> None:
        self.phone.shown.pop(name, None)


class AlarmManager:
    def __init__(self, phone: Phone) -> None:
        self.phone = phone

    def setAndAllowWhileIdle(self, kind: int, at_ms: int, pending: Intent) -> None:
        assert kind == 0
        self.phone.alarms[pending.action] = (at_ms, pending)

    def cancel(self, pending: Intent) -> None:
        self.phone.alarms.pop(pending.action, None)


class Keyguard:
    def __init__(self, phone: Phone) -> None:
        self.phone = phone

    def isDeviceSecure(self) -> bool:
        return self.phone.secure

    def createConfirmDeviceCredentialIntent(self, title: str, words: Any) -> Intent:
        self.phone.apps.add("confirm")
        return Intent("confirm")


class Speech:
    def __init__(self, phone: Phone, listener: PythonJavaClass) -> None:
        self.phone = phone
        self.language = ""
        self.listener = listener
        phone.engine = self

    def isLanguageAvailable(self, language: str) -> int:
        return 0 if language in self.phone.voices else -2

    def setLanguage(self, language: str) -> None:
        self.language = language

    def speak(self, text: str, mode: int, bundle: Any, name: str) -> int:
        self.phone.said.append((self.language, text, mode))
        self.phone.speaking = True
        return 0

    def stop(self) -> None:
        self.phone.speaking = False

    def isSpeaking(self) -> bool:
        return self.phone.speaking


class KeySpec:
    def __init__(self, name: str, purposes: int) -> None:
        self.name = name
        assert purposes == 3

    def __getattr__(self, name: str) -> Any:
        return lambda value: self

    def build(self) -> str:
        return self.name


class KeyMaker:
    def __init__(self, phone: Phone) -> None:
        self.phone = phone

    def init(self, spec: str) -> None:
        self.name = spec

    def generateKey(self) -> None:
        self.phone.keys[self.name] = os.urandom(32)


class KeyStore:
    def __init__(self, phone: Phone) -> None:
        self.phone = phone

    def load(self, nothing: None) -> None: ...

    def containsAlias(self, name: str) -> bool:
        return name in self.phone.keys

    def getKey(self, name: str, password: None) -> bytes:
        return self.phone.keys[name]


class Cipher:
    """Real AES-GCM, over Java's signed bytes."""

    def init(self, mode: int, key: bytes, nonce: list[int] | None = None) -> None:
        self.mode, self.key = mode, key
        self.nonce = os.urandom(12) if nonce is None else bytes(value & 0xFF for value in nonce)

    def getIV(self) -> list[int]:
        return [value - 256 if value > 127 else value for value in self.nonce]

    def doFinal(self, data: list[int]) -> list[int]:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        raw = bytes(value & 0xFF for value in data)
        try:
            seal = AESGCM(self.key)
            out = seal.encrypt(self.nonce, raw, None) if self.mode == 1 else seal.decrypt(self.nonce, raw, None)
        except InvalidTag as error:
            raise JavaException("AEADBadTagException") from error
        return [value - 256 if value > 127 else value for value in out]


class Reader:
    """zxing-cpp in the place of the Java library it was made from."""

    def decode(self, bitmap: tuple[bytes, int, int], hints: Any) -> Any:
        import zxingcpp
        from PIL import Image

        picture = Image.frombytes("L", bitmap[1:], bitmap[0])
        only: Any = zxingcpp.BarcodeFormat.QRCode
        for found in zxingcpp.read_barcodes(picture, formats=only):
            text = found.text
            return types.SimpleNamespace(getText=lambda text=text: text)
        raise JavaException("com.google.zxing.NotFoundException")


PHONES: list[Phone] = []


def install(monkeypatch: Any, phone: Phone | None = None) -> Phone:
    """Put the stand-ins where imports find them, for one test."""
    made = phone or Phone()
    PHONES.append(made)

    def autoclass(name: str) -> Any:
        try:
            return made.classes()[name]
        except KeyError:
            raise JavaException(f"ClassNotFoundException: {name}") from None

    jnius: Any = types.ModuleType("jnius")
    jnius.autoclass = autoclass
    jnius.cast = lambda kind, thing: thing
    jnius.JavaException = JavaException
    jnius.PythonJavaClass = PythonJavaClass
    jnius.java_method = java_method
    android: Any = types.ModuleType("android")
    android.activity = types.SimpleNamespace(
        bind=lambda on_activity_result: made.bound.append(on_activity_result),
        unbind=lambda on_activity_result: made.bound.remove(on_activity_result),
    )
    permissions: Any = types.ModuleType("android.permissions")

    def request_permissions(names: list[str], done: Callable[[list[str], list[bool]], None]) -> None:
        if made.owner_allows:
            made.allowed |= set(names)
        done(names, [made.owner_allows for _ in names])

    permissions.request_permissions = request_permissions
    android.permissions = permissions
    for name, module in (("jnius", jnius), ("android", android), ("android.permissions", permissions)):
        monkeypatch.setitem(sys.modules, name, module)
    return made

