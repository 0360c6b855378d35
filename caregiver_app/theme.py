"""Sizes and colours of the app, as plain numbers, so that they can be tested without opening a window.

Who uses it is often over sixty, outdoors, on a cheap phone: nothing is written smaller than 18 sp, nothing to
be touched is smaller than 48 dp (60 dp in 长辈版, elder mode), and every pair of colours that carries text is
listed in `TEXT_PAIRS`; a test holds each of them at 7:1, which elder mode asks for, in every mode.
One calm background, white cards, one strong accent (jade). Red is kept for danger, amber for "look at this";
both always come with words.
"""

from __future__ import annotations

from dataclasses import dataclass

#: What a text size is called in the settings, and the body text it stands for, in sp.
BODY_SP = {"normal": 18, "large": 24, "largest": 30}

#: Tones by role. `ink` on `paper` and `card`; each strong tone on its own `_wash`; white on the filled ones.
COLOURS = {
    "paper": "F5F3EC",
    "card": "FFFFFF",
    "ink": "17211E",
    "muted": "454D4A",
    "line": "DEDAD0",  # between things, carries no meaning
    "edge": "7C8480",  # around things to be touched or typed in: 3:1 on paper and card
    "jade": "0A5547",
    "jade_dark": "063D33",
    "jade_wash": "E4F1EC",
    "red": "8F1A12",
    "red_dark": "6B120C",
    "red_wash": "FBE9E6",
    "amber": "643E00",
    "amber_wash": "FFF1D6",
    "amber_dark": "4A2E00",
    "grey": "3F4744",
    "grey_wash": "ECEAE2",
    "white": "FFFFFF",
}

#: Every pair that text is set in: (text, ground).
TEXT_PAIRS = (
    ("ink", "paper"),
    ("ink", "card"),
    ("ink", "jade_wash"),
    ("ink", "amber_wash"),
    ("ink", "red_wash"),
    ("muted", "paper"),
    ("muted", "card"),
    ("jade", "paper"),
    ("jade", "card"),
    ("jade", "jade_wash"),
    ("white", "jade"),
    ("white", "jade_dark"),
    ("white", "red"),
    ("white", "red_dark"),
    ("white", "amber"),
    ("white", "amber_dark"),
    ("red", "card"),
    ("red", "red_wash"),
    ("amber", "card"),
    ("amber", "amber_wash"),
    ("grey", "grey_wash"),
)

#: What is no text but has to be seen (WCAG 1.4.11): borders of fields and buttons, 3:1.
SHAPE_PAIRS = (("edge", "paper"), ("edge", "card"), ("jade", "card"), ("red", "card"))


@dataclass(frozen=True, slots=True)
class Theme:
    """Sizes of one mode; `*_sp` grow with the phone's own type size, `*_dp` do not."""

    text_size: str = "normal"
    #: 长辈版: larger targets, wider lines; its type is large unless another step is chosen.
    elder: bool = False

    @property
    def body_sp(self) -> float:
        return BODY_SP[self.text_size]

    @property
    def name_sp(self) -> float:
        """Names of people, titles of cards: the eye's first stop in a list."""
        return {"normal": 20, "large": 26, "largest": 31}[self.text_size]

    @property
    def title_sp(self) -> float:
        """The screen's title, once per screen."""
        return {"normal": 22, "large": 26, "largest": 31}[self.text_size]

    @property
    def figure_sp(self) -> float:
        """A number that stands for itself (16 of 20; hours)."""
        return {"normal": 34, "large": 38, "largest": 42}[self.text_size]

    @property
    def small_sp(self) -> float:
        """Tab names only: four of them share the width. Never under 18."""
        return {"normal": 18, "large": 19, "largest": 19}[self.text_size]

    @property
    def icon_sp(self) -> float:
        return {"normal": 24, "large": 30, "largest": 34}[self.text_size]

    @property
    def target_dp(self) -> float:
        """Least height and width of anything to be touched."""
        return 60 if self.elder else 52

    @property
    def main_target_dp(self) -> float:
        """The one main button of a screen."""
        return 72 if self.elder else 64

    @property
    def gap_dp(self) -> float:
        """The grid: 4, 8, 12, 16, 24; between targets never under 8."""
        return 12

    @property
    def line_height(self) -> float:
        """Noto Sans SC's own lines are 1.45 em apart; elder mode wants 1.5."""
        return 1.05 if self.elder else 1.0


def rgba(name: str, alpha: float = 1.0) -> tuple[float, float, float, float]:
    """A colour for the canvas, 0 to 1."""
    text = COLOURS[name]
    red, green, blue = (int(text[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return (red, green, blue, alpha)


def luminance(name: str) -> float:
    """Relative luminance as WCAG 2 defines it."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.03928 else float(((part + 0.055) / 1.055) ** 2.4)

    red, green, blue, _ = rgba(name)
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


def contrast(one: str, other: str) -> float:
    """Contrast of two named colours, 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)
