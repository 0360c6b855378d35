"""Secrets under a key that never leaves the phone's keystore, and pictures that the owner chooses."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from caregiver_app.platform.android.bridge import activity, ask, can_open, java, signed, unsigned
from caregiver_app.platform.desktop import FileSecrets

KEY_NAME = "yuetan"
NONCE_BYTES = 12


class KeystoreSecrets:
    """AES-GCM by the keystore's key; nonce and closed bytes lie in a file of the app's own folder."""

    def __init__(self, folder: Path) -> None:
        self._files = FileSecrets(folder)

    def get(self, name: str) -> bytes | None:
        """None as well where the keystore's key is gone (the app was restored on another phone)."""
        from jnius import JavaException

        closed = self._files.get(name)
        if closed is None or len(closed) <= NONCE_BYTES:
            return None
        cipher_class = java("javax.crypto.Cipher")
        cipher = cipher_class.getInstance("AES/GCM/NoPadding")
        spec = java("javax.crypto.spec.GCMParameterSpec")(128, signed(closed[:NONCE_BYTES]))
        try:
            cipher.init(cipher_class.DECRYPT_MODE, _key(), spec)
            return unsigned(cipher.doFinal(signed(closed[NONCE_BYTES:])))
        except JavaException:
            return None

    def put(self, name: str, value: bytes) -> None:
        from jnius import JavaException

        cipher_class = java("javax.crypto.Cipher")
        cipher = cipher_class.getInstance("AES/GCM/NoPadding")
        try:
            cipher.init(cipher_class.ENCRYPT_MODE, _key())
            closed = unsigned(cipher.doFinal(signed(value)))
        except JavaException as error:
            raise OSError("the keystore would not") from error
        self._files.put(name, unsigned(cipher.getIV()) + closed)

    def forget(self, name: str) -> None:
        self._files.forget(name)


def _key() -> Any:
    """The keystore's key, made at first use."""
    store = java("java.security.KeyStore").getInstance("AndroidKeyStore")
    store.load(None)
    if not store.containsAlias(KEY_NAME):
        properties = java("android.security.keystore.KeyProperties")
        builder = java("android.security.keystore.KeyGenParameterSpec$Builder")(
            KEY_NAME, properties.PURPOSE_ENCRYPT | properties.PURPOSE_DECRYPT
        )
        builder.setBlockModes(["GCM"])
        builder.setEncryptionPaddings(["NoPadding"])
        builder.setKeySize(256)
        maker = java("javax.crypto.KeyGenerator").getInstance("AES", "AndroidKeyStore")
        maker.init(builder.build())
        maker.generateKey()
    return store.getKey(KEY_NAME, None)


class AndroidGallery:
    """ACTION_GET_CONTENT: the owner hands over one picture, so no permission to read all of them is needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def available(self) -> bool:
        return can_open(self._intent())

    def pick(self, done: Callable[[Path | None], None]) -> bool:
        def answered(well: bool, data: Any | None) -> None:
            done(self._copy(data.getData()) if well and data is not None else None)

        return ask(self._intent(), answered)

    def _intent(self) -> Any:
        intent = java("android.content.Intent")("android.intent.action.GET_CONTENT")
        intent.setType("image/*")
        intent.addCategory("android.intent.category.OPENABLE")
        return intent

    def _copy(self, uri: Any) -> Path | None:
        """The picture as a file of ours; None where it cannot be read. One file: the next takes its place."""
        from jnius import JavaException

        if uri is None:
            return None
        try:
            descriptor = activity().getContentResolver().openFileDescriptor(uri, "r")
        except JavaException:
            return None
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in self._folder.iterdir():
            old.unlink(missing_ok=True)
        target = self._folder / f"{uuid.uuid4().hex}.jpg"
        with os.fdopen(descriptor.detachFd(), "rb") as source, target.open("wb") as out:
            while part := source.read(1 << 20):
                out.write(part)
        return target
