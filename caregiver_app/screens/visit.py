"""The visit form. Every touch goes to the presenter, which has it on disk before the screen changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.clock import Clock
from kivy.metrics import dp
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.widget import Widget

from caregiver_app.presenters.interface import Visit
from caregiver_app.presenters.views import Choice, FormGroup, VisitView
from caregiver_app.screens.base import Page
from caregiver_app.screens.parts import (
    BigButton,
    Card,
    Choices,
    Empty,
    Field,
    Grade,
    ListRow,
    Notice,
    Section,
    Txt,
    load_kv,
    on_release,
    replace,
)
from caregiver_app.screens.style import ui

TYPING_PAUSE_S = 0.3  # typed words go to disk at the first pause, and whenever the screen is left

OUTCOME_TONES = {"met": "jade", "not_home": "amber", "refused": "amber"}


def chosen_labels(choices: tuple[Choice, ...]) -> str:
    """What is chosen, as a phrase."""
    return (
        "、".join(c.label for c in choices if c.chosen)
        if ui.language == "zh"
        else ", ".join(c.label for c in choices if c.chosen)
    )


class VisitScreen(Page):
    """One draft. What stays the same is updated in place; only a change of shape is drawn anew."""

    heading = StringProperty("")
    under = StringProperty("")
    missing = StringProperty("")
    can_save = BooleanProperty(False)
    problem = StringProperty("")

    def setup(self, draft_id: str = "", **_: Any) -> None:
        self._visit: Visit | None = self.phone.open_draft(draft_id)
        self._shape: object = None
        self._open: set[str] = set()
        self._parts: dict[str, Any] = {}
        self._typed: dict[str, str] = {}
        self._pause = Clock.create_trigger(lambda _: self._write_typed(), TYPING_PAUSE_S)
        if self._visit is not None:
            view = self._visit.view()
            for name, filled in (
                ("urgent", view.urgent),
                ("needs", any(c.chosen for c in view.needs)),
                ("note", view.note),
                ("photos", view.photos),
                ("companions", any(c.chosen for c in view.companions)),
            ):
                if filled:
                    self._open.add(name)

    def leave(self) -> None:
        self._write_typed()

    def refresh(self) -> None:
        if self._visit is None:
            gone = Empty(picture="note", title=ui.word("elder.gone"), text=ui.word("elder.gone_help"))
            replace(self.ids.body, [gone])
        else:
            self.show(self._visit.view())

    # ------------------------------------------------------------ drawing

    def show(self, view: VisitView) -> None:
        """Draw a view."""
        self._view = view
        self.heading = view.elder.name if view.elder else view.title
        self.under = " · ".join(line for line in (view.started_text, view.tag_text) if line)
        self.missing = view.missing_text
        self.can_save = view.can_save
        shape = (
            view.outcome,
            view.channel,
            tuple(c.value for c in view.reasons),
            tuple((group.id, tuple(item.id for item in group.items)) for group in view.groups),
            view.has_all_good,
            view.next_steps,
            view.advice,
            view.photos,
            bool(view.urgent),
            frozenset(self._open),
        )
        if shape != self._shape:
            self._shape = shape
            self._build(view)
        self._fill(view)

    def _build(self, view: VisitView) -> None:
        self._parts = {}
        parts: list[Widget] = []
        parts.append(Section(text=ui.word("visit.outcome")))
        parts.append(self._choices("outcomes", lambda v: self._visit.set_outcome(v), OUTCOME_TONES))
        if view.advice:
            parts.append(Notice(tone="amber", picture="alert", title=view.advice))
        if view.next_steps:
            parts.append(Section(text=ui.word("visit.calls")))
            for call in view.next_steps:
                title = " · ".join(part for part in (call.name, call.relation) if part)
                row = ListRow(title=title, text=call.number, picture="phone")
                parts.append(on_release(row, lambda call=call: self.navigator.dial(call.number)))
        if view.reasons:
            parts.append(Section(text=ui.word("visit.reason")))
            tones = {c.value: "amber" for c in view.reasons}
            parts.append(self._choices("reasons", lambda v: self._visit.set_reason(v), tones, most=2))
        if view.groups:
            parts.extend(self._form(view))
        parts.extend(self._extras(view))
        discard = BigButton(text=ui.word("visit.discard"), kind="plain")
        parts.append(Txt(text=ui.word("visit.kept"), tone="muted", halign="center"))
        parts.append(on_release(discard, self.ask_discard))
        if "discard" in self._open:
            parts.extend(self._sure())
        replace(self.ids.body, parts)

    def _choices(self, name: str, act: Any, tones: dict[str, str] | None = None, most: int = 3) -> Choices:
        choices = Choices(tones=tones or {}, most=most)
        choices.bind(on_pick=lambda _, value: self.show(act(value)))
        self._parts[name] = choices
        return choices

    def _form(self, view: VisitView) -> list[Widget]:
        parts: list[Widget] = []
        if view.has_all_good:
            button = BigButton(kind="main", picture="check", least=ui.main_target)
            self._parts["all_good"] = button
            parts.append(on_release(button, lambda: self.show(self._visit.all_good())))
        answered = Section()
        self._parts["answered"] = answered
        parts.append(answered)
        parts.extend(self._group(group) for group in view.groups)
        return parts

    def _group(self, group: FormGroup) -> Card:
        card = Card(spacing=dp(12))
        card.add_widget(Txt(text=group.title, strong=True, tone="jade"))
        inner = self.navigator.width - dp(64)
        grades = [item for item in group.items if item.options]
        beside = Grade.fits_beside(
            [item.title for g in self._view.groups for item in g.items],
            [option.label for option in max(grades, key=lambda item: len(item.options)).options],
            inner,
        )
        for item in grades:
            grade = Grade(title=item.title, item_id=item.id, beside=beside)
            grade.bind(on_pick=lambda grade, value: self.answer(grade.item_id, value))
            self._parts[item.id] = grade
            card.add_widget(grade)
        return card

    def _extras(self, view: VisitView) -> list[Widget]:
        parts: list[Widget] = []
        if self._fold(parts, "urgent", "danger", "visit.urgent"):
            tones = {c.value: "red" for c in view.urgents}
            parts.append(self._choices("urgents", self._urgent, tones, most=2))
            if view.urgent:
                field = Field(title=ui.word("visit.urgent_words"), text=view.urgent_words, lines=2)
                field.bind(text=lambda _, text: self._type("urgent", text))
                parts.append(field)
        if self._fold(parts, "needs", "hand", "visit.needs"):
            parts.append(self._choices("needs", lambda v: self._visit.toggle_need(v), most=2))
        if self._fold(parts, "note", "note", "visit.note"):
            field = Field(text=view.note, lines=3)
            field.bind(text=lambda _, text: self._type("note", text))
            parts.append(field)
        if self._fold(parts, "photos", "camera", "visit.photos"):
            for number, photo in enumerate(view.photos, 1):
                row = ListRow(
                    title=ui.word("visit.photo", number=number),
                    text=ui.word("visit.remove"),
                    picture="image",
                    arrow="close",
                )
                sha = photo.sha256
                parts.append(on_release(row, lambda sha=sha: self.show(self._visit.remove_photo(sha))))
            if view.photos_left:
                button = BigButton(text=ui.word("visit.add_photo"), picture="image_plus")
                parts.append(on_release(button, lambda: self.go("files", on_pick=self.add_photo)))
        if len(view.channels) > 1 and self._fold(parts, "channels", "house_heart", "visit.channel"):
            parts.append(self._choices("channels", lambda v: self._visit.set_channel(v)))
        if view.companions and self._fold(parts, "companions", "group", "visit.companions"):
            parts.append(self._choices("companions", lambda v: self._visit.toggle_companion(v), most=2))
        return parts

    def _fold(self, parts: list[Widget], name: str, picture: str, key: str) -> bool:
        """A row that opens what is seldom needed; whether it is open."""
        opened = name in self._open
        row = ListRow(
            title=ui.word(key),
            picture=picture,
            arrow="up" if opened else "plus",
            tone="red" if name == "urgent" else "jade",
        )
        self._parts[f"fold.{name}"] = row
        parts.append(on_release(row, lambda: self.fold(name)))
        return opened

    def _sure(self) -> list[Widget]:
        yes = BigButton(text=ui.word("visit.discard_yes"), kind="danger")
        no = BigButton(text=ui.word("visit.discard_no"))
        return [
            Notice(tone="red", title=ui.word("visit.discard_sure")),
            on_release(no, lambda: self.fold("discard")),
            on_release(yes, self.discard),
        ]

    def _fill(self, view: VisitView) -> None:
        for name in ("channels", "outcomes", "reasons", "urgents", "needs", "companions"):
            if name in self._parts:
                self._parts[name].options = list(getattr(view, name))
        for group in view.groups:
            for item in group.items:
                if item.id in self._parts:
                    self._parts[item.id].options = list(item.options)
        if "all_good" in self._parts:
            button = self._parts["all_good"]
            done = "_done" if view.all_good else ""
            button.text = ui.word(f"visit.all_good{done}", count=view.questions)
            button.help = ui.word(f"visit.all_good{done}_help")
            button.kind = "second" if view.all_good or view.answered == view.questions else "main"
            button.picture = "check_circle" if view.all_good else "check"
        if "answered" in self._parts:
            self._parts["answered"].text = ui.word("visit.answered", done=view.answered, all=view.questions)
        summaries = {
            "urgent": chosen_labels(view.urgents),
            "needs": chosen_labels(view.needs),
            "note": view.note if "note" not in self._open else "",
            "photos": str(len(view.photos)) if view.photos else "",
            "channels": chosen_labels(view.channels),
            "companions": chosen_labels(view.companions),
        }
        for name, text in summaries.items():
            row = self._parts.get(f"fold.{name}")
            if row is not None:
                row.text = text

    # ------------------------------------------------------------ touches

    def answer(self, item_id: str, value: str) -> None:
        """Grade a question; pressing the chosen grade again takes it back."""
        item = next(i for g in self._view.groups for i in g.items if i.id == item_id)
        self.show(self._visit.answer(item_id, None if item.value == value else value))

    def _urgent(self, kind: str) -> VisitView:
        self._write_typed()
        if self._view.urgent == kind:
            return self._visit.set_urgent(None)
        return self._visit.set_urgent(kind, self._view.urgent_words)

    def fold(self, name: str) -> None:
        """Open or close a part of the form."""
        self._write_typed()
        self._open ^= {name}
        self.show(self._visit.view())

    def _type(self, what: str, text: str) -> None:
        self._typed[what] = text
        self._pause()

    def _write_typed(self) -> None:
        self._pause.cancel()
        typed, self._typed = self._typed, {}
        if "note" in typed:
            self._view = self._visit.set_note(typed["note"])
        if "urgent" in typed and self._view.urgent:
            self._view = self._visit.set_urgent(self._view.urgent, typed["urgent"])

    def add_photo(self, path: Path) -> None:
        """A picture was chosen: shrink and keep it, aside from the screen."""
        if self.navigator.page is not self:
            self.navigator.back()
        self.problem = ui.word("wait")

        def done(view: VisitView) -> None:
            self.problem = ""
            self.show(view)

        def failed(error: BaseException) -> None:
            self.problem = ui.word("visit.not_picture" if isinstance(error, ValueError) else "error.title")

        self.in_background(lambda: self._visit.add_photo(path), done, failed)

    def save(self) -> None:
        """Into the outbox; only then is anything said to be saved."""
        self._write_typed()
        try:
            saved = self._visit.save()
        except (ValueError, OSError):
            self.problem = ui.word("visit.failed")
            self.refresh()
            return
        self.navigator.home("today")
        self.go("saved", message=saved.message)

    def ask_discard(self) -> None:
        """Throwing away asks once more."""
        if "discard" not in self._open:
            self.fold("discard")
            Clock.schedule_once(lambda _: setattr(self.ids.scroll, "scroll_y", 0), 0)

    def discard(self) -> None:
        """Throw the draft away."""
        self._pause.cancel()
        self._typed.clear()
        visit, self._visit = self._visit, None
        visit.discard()
        self.navigator.back()


load_kv(__file__)
