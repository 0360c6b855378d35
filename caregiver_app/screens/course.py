"""A course to read: its Markdown as cards of words and pictures, and the way to its quiz at the end."""

from __future__ import annotations

import io
from typing import Any

from kivy.core.image import Image as CoreImage
from kivy.properties import NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.image import Image
from kivy.uix.widget import Widget

from caregiver_app.screens import cards  # noqa: F401 - named by the layout
from caregiver_app.screens.base import Page
from caregiver_app.screens.parts import Empty, Txt, load_kv, replace
from caregiver_app.screens.style import measure, ui
from shared.markdown import Block

KINDS = ((b"\x89PNG", "png"), (b"\xff\xd8", "jpg"), (b"GIF8", "gif"), (b"RIFF", "webp"))


class Item(BoxLayout):
    """A line of a list: its mark, and its words beside."""

    mark = StringProperty("")
    text = StringProperty("")

    @staticmethod
    def mark_width(mark: str) -> float:
        """Room for the widest mark of its kind, so that the words stand under each other."""
        return measure("00." if mark != "•" else "• ", ui.body)[0] + ui.body * 0.4


class Quote(BoxLayout):
    """Words set apart."""

    text = StringProperty("")


class Rule(Widget):
    """A line across."""


class Picture(Image):
    """A picture as wide as the column, never wider than it is at twice its size."""

    ratio = NumericProperty(1)


def picture(block: Block) -> Widget:
    """The picture, or in words what it shows where its file is broken."""
    kind = next((name for head, name in KINDS if block.data.startswith(head)), "")
    if kind:
        try:
            texture = CoreImage(io.BytesIO(block.data), ext=kind).texture
            if texture is not None and texture.width and texture.height:
                return Picture(texture=texture, ratio=texture.height / texture.width)
        except Exception:  # Kivy's loaders raise what they like; the words are there
            pass
    return Quote(text=block.text)


def drawn(block: Block) -> list[Widget]:
    """The widgets of a block."""
    if block.kind == "heading":
        return [Txt(text=block.text, strong=True, font_size=ui.title if block.level == 1 else ui.name)]
    if block.kind in ("bullet", "number"):
        return [Item(mark=block.mark, text=block.text)]
    if block.kind == "quote":
        return [Quote(text=block.text)] if block.text else []
    if block.kind == "rule":
        return [Rule()]
    if block.kind == "picture":
        shown = picture(block)
        caption = [Txt(text=block.text, tone="muted")] if block.text and isinstance(shown, Picture) else []
        return [shown, *caption]
    return [Txt(text=block.text, strong=block.strong)]


class CourseScreen(Page):
    """Reading; below, the quiz or a word that it was read."""

    course_id = StringProperty("")
    title = StringProperty("")
    state_text = StringProperty("")
    main_words = StringProperty("")
    problem = StringProperty("")
    view = ObjectProperty(None, allownone=True)

    def setup(self, course_id: str = "", **_: Any) -> None:
        self.course_id = course_id
        self._drawn: object = None

    def refresh(self) -> None:
        view = self.view = self.phone.learning.course(self.course_id)
        if view is None:
            self.main_words = self.state_text = ""
            gone = Empty(picture="school", title=ui.word("course.gone"), text=ui.word("course.gone_help"))
            replace(self.ids.body, [gone])
            return
        self.title = view.row.title
        self.state_text = view.row.state_text if view.row.state != "open" else ""
        done = view.row.state == "passed"
        if view.questions:
            self.main_words = ui.word("course.quiz_again" if done else "course.quiz", count=view.questions)
        else:
            self.main_words = "" if done else ui.word("course.read")
        if view.blocks != self._drawn:
            self._drawn = view.blocks
            replace(self.ids.body, [widget for block in view.blocks for widget in drawn(block)])

    def main(self) -> None:
        """To the quiz, or: I have read it."""
        if self.view is not None and self.view.questions:
            self.go("quiz", course_id=self.course_id)
            return
        try:
            self.phone.learning.read(self.course_id)
        except OSError:
            self.problem = ui.word("course.disk")
        self.refresh()


load_kv(__file__)
