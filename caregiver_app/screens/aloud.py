"""What is read aloud of a screen: its words, in the order in which they stand."""

from __future__ import annotations

from collections.abc import Iterator

from kivy.uix.widget import Widget

from caregiver_app.screens.style import ui

ENDS = "。！？.!?：:；;，,"


def main_text(page: Widget) -> str:
    """What a reader would read out of this screen: no way around it, no picture, of choices what is chosen."""
    stop = "。" if ui.language == "zh" else "."
    lines = [line for line in map(tidy, _lines(page)) if line]
    return "\n".join(line if line[-1] in ENDS else line + stop for line in lines)


def tidy(text: str) -> str:
    """Signs that a voice would stumble over, as the pause or the word that they stand for."""
    for sign, said in (("\n", " "), ("✓ ", ""), (" · ", "，"), ("·", "，"), ("…", "。"), ("→", "，")):
        text = text.replace(sign, said)
    return " ".join(text.split())


def _lines(widget: Widget) -> Iterator[str]:
    """`silent` widgets are ways around and pictures; `spoken` ones say themselves; all others, what is in them."""
    if widget.opacity == 0 or widget.height <= 0 or getattr(widget, "silent", False):
        return
    if spoken := getattr(widget, "spoken", None):
        yield spoken()
    else:
        for child in reversed(widget.children):
            yield from _lines(child)
