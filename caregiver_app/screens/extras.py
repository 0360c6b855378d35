"""What is out of the ordinary at a visit, one touch away each: urgent, needs, note, photos, companions, channel."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from kivy.core.image import Image as CoreImage
from kivy.metrics import dp
from kivy.uix.image import Image

from caregiver_app.presenters.interface import Visit
from caregiver_app.presenters.views.base import Choice
from caregiver_app.presenters.views.visit import VisitView
from caregiver_app.screens.cards import ListRow, Notice
from caregiver_app.screens.elder import call_row
from caregiver_app.screens.fields import Field
from caregiver_app.screens.parts import BigButton, Card, Section, Stack, Txt, on_release, replace
from caregiver_app.screens.style import ui
from caregiver_app.screens.tools import Tool, Tools

if TYPE_CHECKING:
    from caregiver_app.screens.visit import VisitScreen

THUMBNAIL = dp(160)
#: What can be added to a visit: its name on the screen, and its picture.
EXTRAS = {
    "urgent": ("visit.urgent", "danger"),
    "needs": ("visit.needs", "hand"),
    "note": ("visit.note", "note"),
    "photos": ("visit.photos", "camera"),
    "companions": ("visit.companions", "group"),
    "channels": ("visit.channels", "house_heart"),
}


def chosen_labels(choices: tuple[Choice, ...]) -> str:
    """What is chosen, as a phrase."""
    return ("、" if ui.language == "zh" else ", ").join(c.label for c in choices if c.chosen)


def thumbnail(jpeg: bytes | None) -> Image:
    """A photo small enough to tell it from the others; nothing where it cannot be read."""
    image = Image(size_hint_y=None, height=0, fit_mode="contain")
    if jpeg:
        with suppress(Exception):  # Kivy's loaders raise what they like; the photo is kept all the same
            image.texture = CoreImage(io.BytesIO(jpeg), ext="jpg").texture
            image.height = THUMBNAIL
    return image


class Extras(Stack):
    """Buttons in a grid, and below them a card for each that was opened; a card is drawn when it must be."""

    def __init__(self, page: VisitScreen, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._page = page
        self._tools: dict[str, Tool] = {}
        self._cards: dict[str, tuple[object, Card]] = {}
        self._names: list[str] = []

    @property
    def _visit(self) -> Visit:
        assert self._page._visit is not None
        return self._page._visit

    @staticmethod
    def filled(view: VisitView) -> set[str]:
        """Those that hold something: they are open from the start."""
        holds = {
            "urgent": view.urgent,
            "needs": any(c.chosen for c in view.needs),
            "note": view.note,
            "photos": view.photos,
            "companions": any(c.chosen for c in view.companions),
        }
        return {name for name, held in holds.items() if held}

    def show(self, view: VisitView, opened: set[str]) -> None:
        """Draw what changed: buttons, cards, what they say."""
        absent = {"companions": not view.companions, "channels": len(view.channels) < 2}
        names = [name for name in EXTRAS if not absent.get(name)]
        urgent = (bool(view.urgent), view.next_steps, view.advice)
        needs = tuple(need.kind for need in view.need_notes)
        shapes: dict[str, object] = {"photos": (view.photos, view.photos_left), "urgent": urgent, "needs": needs}
        cards = {}
        for name in names:
            if name in opened:
                shape, card = self._cards.get(name, (None, None))
                if card is None or shape != shapes.get(name):
                    shape, card = shapes.get(name), getattr(self, f"_open_{name}")(view)
                cards[name] = (shape, card)
        if names != self._names:
            self._names = names
            self._grid = Tools()
            for name in names:
                key, picture = EXTRAS[name]
                tool = Tool(picture=picture, label=ui.word(key), tone="red" if name == "urgent" else "jade")
                self._tools[name] = self._page._parts[f"tool.{name}"] = tool
                self._grid.add_widget(on_release(tool, lambda name=name: self._page.fold(name)))
            self._cards = {"": (None, Card())}  # draws the whole anew
        if [card for _, card in cards.values()] != [card for _, card in self._cards.values()]:
            replace(self, [Section(text=ui.word("visit.more")), self._grid, *(card for _, card in cards.values())])
        self._cards = cards
        self._say(view, opened)

    def _say(self, view: VisitView, opened: set[str]) -> None:
        said = {
            "urgent": chosen_labels(view.urgents),
            "needs": chosen_labels(view.needs),
            "note": ui.word("visit.written") if view.note else "",
            "photos": str(len(view.photos)) if view.photos else "",
            "channels": chosen_labels(view.channels) if view.channel != "home" else "",
            "companions": chosen_labels(view.companions),
        }
        for name in self._names:
            self._tools[name].said, self._tools[name].opened = said[name], name in opened

    def _open_urgent(self, view: VisitView) -> Card:
        card = self._extra_card("urgent", "red")
        if view.urgent:
            card.add_widget(Notice(tone="red", picture="danger", title=view.advice))
            for call in view.next_steps:
                card.add_widget(call_row(call, lambda call: self._page.navigator.dial(call.number)))
        tones = {c.value: "red" for c in view.urgents}
        card.add_widget(self._page.choices("urgents", self._page.urgent, tones, most=2))
        if view.urgent:
            field = Field(title=ui.word("visit.urgent_words"), text=view.urgent_words, lines=2)
            field.bind(text=lambda _, text: self._page.type("urgent", text))
            card.add_widget(field)
        return card

    def _open_needs(self, view: VisitView) -> Card:
        card = self._extra_card("needs")
        card.add_widget(self._page.choices("needs", self._page.need, most=2))
        for need in view.need_notes:
            field = Field(title=ui.word("visit.need_note", need=need.label), text=need.note)
            field.bind(text=lambda _, text, kind=need.kind: self._page.type(f"need.{kind}", text))
            self._page._parts[f"need.{need.kind}"] = field
            card.add_widget(field)
        return card

    def _open_note(self, view: VisitView) -> Card:
        card = self._extra_card("note")
        field = Field(text=view.note, lines=3)
        field.bind(text=lambda _, text: self._page.type("note", text))
        self._page._parts["note"] = field
        card.add_widget(field)
        if view.can_dictate:
            speak = BigButton(text=ui.word("visit.dictate"), picture="microphone")
            card.add_widget(on_release(speak, self._page.dictate))
        return card

    def _open_photos(self, view: VisitView) -> Card:
        card = self._extra_card("photos")
        for number, photo in enumerate(view.photos, 1):
            title = ui.word("visit.photo", number=number)
            row = ListRow(title=title, text=ui.word("visit.remove"), picture="image", arrow="close")
            sha = photo.sha256
            card.add_widget(thumbnail(self._visit.photo(sha)))
            card.add_widget(on_release(row, lambda sha=sha: self._page.show(self._visit.remove_photo(sha))))
        if view.photos_left:
            self._page._parts["add_photo"] = button = BigButton(text=ui.word("visit.add_photo"), picture="camera")
            card.add_widget(on_release(button, self._page.photo))
        return card

    def _open_channels(self, view: VisitView) -> Card:
        card = self._extra_card("channels")
        card.add_widget(self._page.choices("channels", lambda v: self._visit.set_channel(v)))
        return card

    def _open_companions(self, view: VisitView) -> Card:
        card = self._extra_card("companions")
        card.add_widget(self._page.choices("companions", lambda v: self._visit.toggle_companion(v), most=2))
        return card

    def _extra_card(self, name: str, tone: str = "jade") -> Card:
        card = Card(spacing=dp(12))
        card.add_widget(Txt(text=ui.word(EXTRAS[name][0]), strong=True, tone=tone))
        return card
