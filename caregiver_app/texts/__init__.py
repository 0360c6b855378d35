"""Every sentence the app shows, in Chinese and English side by side, so that neither is forgotten.

A key is `screen.what`; the pair is (zh, en); `{name}` stands for a value. A test checks that both languages
of every key are there and take the same values. What the server sends (titles, messages) comes localised.
"""

from __future__ import annotations

from caregiver_app.texts import codes, phone, sync, today, visit

LANGUAGES = ("zh", "en")

TEXTS: dict[str, tuple[str, str]] = {**today.TEXTS, **visit.TEXTS, **sync.TEXTS, **phone.TEXTS, **codes.TEXTS}


def text(key: str, language: str = "zh", /, **params: object) -> str:
    """The sentence for `key`; an unknown key is shown as itself, which a test would find."""
    pair = TEXTS.get(key)
    if pair is None:
        return key
    sentence = pair[1] if language == "en" else pair[0]
    return sentence.format(**params) if params else sentence
