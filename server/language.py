"""Which of the two languages a request is answered in, and the pair of texts that every sentence is kept as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from flask import g, has_request_context, request

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence for people, in both languages, side by side so that neither is forgotten."""

    zh: str
    en: str

    def say(self, language: Language, **params: Any) -> str:
        text = self.zh if language == "zh" else self.en
        return text.format(**params) if params else text


def language() -> Language:
    """What the reader chose (a page sets `g.language`), else `Accept-Language`; Chinese where nothing was asked for."""
    if not has_request_context():
        return "zh"
    if (chosen := g.get("language")) is not None:
        return chosen  # type: ignore[no-any-return]
    for tag, quality in request.accept_languages:
        if quality <= 0:
            continue
        if tag.lower().startswith("zh") or tag == "*":
            return "zh"
        if tag.lower().startswith("en"):
            return "en"
    return "zh"
