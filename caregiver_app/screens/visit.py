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
from caregiver_app.screens.elder import call_row
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
    Tool,
    Tools,
    Txt,
    load_kv,
    on_release,
    replace,
)
from caregiver_app.screens.style import ui

DOUBT_S = 15  # how often the minutes of a short stay are counted anew
TYPING_PAUSE_S = 0.3  # typed words go to disk at the first pause, and whenever the screen is left

#: What can be added to a visit: its name on the screen, and its picture.
EXTRAS = {
    "urgent": ("visit.urgent", "danger"),
    "needs": ("visit.needs", "hand"),
    "note": ("visit.note", "note"),
    "photos": ("visit.photos", "camera"),
    "companions": ("visit.companions", "group"),
    "channels": ("visit.channels", "house_heart"),
}
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
    save_text = StringProperty("")

    def setup(self, draft_id: str = "", **_: Any) -> None:
        self._visit: Visit | None = self.phone.open_draft(draft_id)
        self._shape: object = None
        self._open: set[str] = set()
        self._parts: dict[str, Any] = {}
        self._typed: dict[str, str] = {}
        self._pause = Clock.create_trigger(lambda _: self._write_typed(), TYPING_PAUSE_S)
        self._tick = Clock.schedule_interval(lambda _: self._time_passed(), DOUBT_S)
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

    def put_away(self) -> None:
        self._write_typed()

    def leave(self) -> None:
        self._tick.cancel()
        self._write_typed()

    def _time_passed(self) -> None:
        """What is said about a short stay is over after some minutes."""
        if self._visit is not None and self._view.doubts and self.navigator.page is self:
            self.refresh()

    def refresh(self) -> None:
        if self._visit is None:
            gone = Empty(picture="note", title=ui.word("elder.gone"), text=ui.word("elder.gone_help"))
            replace(self.ids.body, [gone])
            return
        try:
            view = self._visit.view()
        except KeyError:  # saved or thrown away meanwhile
            self._visit = None
            self.refresh()
            return
        self.show(view)

    # ------------------------------------------------------------ drawing

    def show(self, view: VisitView) -> None:
        """Draw a view."""
        self._view = view
        self.heading = view.elder.name if view.elder else view.title
        self.under = " · ".join(line for line in (view.started_text, view.tag_text) if line)
        self.missing = view.missing_text or "\n".join(view.doubts)
        self.can_save = view.can_save
        self.save_text = ui.word(self._save_key(view))
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
            view.has_tag,
            view.call,
            frozenset(self._open),
        )
        if shape != self._shape:
            self._shape = shape
            self._build(view)
        self._fill(view)

    @staticmethod
    def _save_key(view: VisitView) -> str:
        if view.outcome == "not_home" and view.channel == "home" and not view.urgent:
            return "visit.save_and_call"
        return "visit.save_anyway" if view.doubts else "visit.save"

    def _build(self, view: VisitView) -> None:
        self._parts = {}
        parts: list[Widget] = []
        if not view.has_tag:
            scan = BigButton(text=ui.word("visit.scan_now"), picture="scan", help=ui.word("visit.no_tag_help"))
            parts.append(on_release(scan, self.scan))
        if view.call is not None:
            parts.append(call_row(view.call, lambda call: self.navigator.dial(call.number)))
        parts.append(Section(text=ui.word("visit.outcome" if view.channel == "home" else "visit.outcome_call")))
        parts.append(self._choices("outcomes", lambda v: self._visit.set_outcome(v), OUTCOME_TONES))
        if view.advice and not view.urgent:
            parts.append(Notice(tone="amber", picture="alert", title=view.advice))
        if view.reasons:
            parts.append(Section(text=ui.word("visit.reason")))
            tones = {c.value: "amber" for c in view.reasons}
            parts.append(self._choices("reasons", lambda v: self._visit.set_reason(v), tones, most=2))
        if view.has_all_good:
            button = BigButton(kind="main", picture="check", least=ui.main_target)
            self._parts["all_good"] = button
            parts.append(on_release(button, lambda: self.show(self._visit.all_good())))
        form = self._form(view) if view.groups else []
        extras = self._extras(view)
        # A call asks for one answer and few grades: they come before what is out of the ordinary.
        parts.extend((*extras, *form) if view.channel == "home" else (*form, *extras))
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
        """What is out of the ordinary, one touch away; what was opened stands below the buttons."""
        absent = {"companions": not view.companions, "channels": len(view.channels) < 2}
        names = [name for name in EXTRAS if not absent.get(name)]
        grid = Tools()
        for name in names:
            key, picture = EXTRAS[name]
            tool = Tool(picture=picture, label=ui.word(key), tone="red" if name == "urgent" else "jade")
            self._parts[f"tool.{name}"] = tool
            grid.add_widget(on_release(tool, lambda name=name: self.fold(name)))
        parts: list[Widget] = [Section(text=ui.word("visit.more")), grid]
        for name in names:
            if name in self._open:
                parts.append(getattr(self, f"_open_{name}")(view))
        return parts

    def _open_urgent(self, view: VisitView) -> Widget:
        card = self._extra_card("urgent", "red")
        if view.urgent:
            card.add_widget(Notice(tone="red", picture="danger", title=view.advice))
            for call in view.next_steps:
                card.add_widget(call_row(call, lambda call: self.navigator.dial(call.number)))
        card.add_widget(self._choices("urgents", self._urgent, {c.value: "red" for c in view.urgents}, most=2))
        if view.urgent:
            field = Field(title=ui.word("visit.urgent_words"), text=view.urgent_words, lines=2)
            field.bind(text=lambda _, text: self._type("urgent", text))
            card.add_widget(field)
        return card

    def _open_needs(self, view: VisitView) -> Widget:
        card = self._extra_card("needs")
        card.add_widget(self._choices("needs", lambda v: self._visit.toggle_need(v), most=2))
        return card

    def _open_note(self, view: VisitView) -> Widget:
        card = self._extra_card("note")
        field = Field(text=view.note, lines=3)
        field.bind(text=lambda _, text: self._type("note", text))
        self._parts["note"] = field
        card.add_widget(field)
        if view.can_dictate:
            speak = BigButton(text=ui.word("visit.dictate"), picture="microphone")
            card.add_widget(on_release(speak, self.dictate))
        return card

    def _open_photos(self, view: VisitView) -> Widget:
        card = self._extra_card("photos")
        for number, photo in enumerate(view.photos, 1):
            title = ui.word("visit.photo", number=number)
            row = ListRow(title=title, text=ui.word("visit.remove"), picture="image", arrow="close")
            sha = photo.sha256
            card.add_widget(on_release(row, lambda sha=sha: self.show(self._visit.remove_photo(sha))))
        if view.photos_left:
            button = BigButton(text=ui.word("visit.add_photo"), picture="image_plus")
            card.add_widget(on_release(button, lambda: self.go("files", on_pick=self.add_photo)))
        return card

    def _open_channels(self, view: VisitView) -> Widget:
        card = self._extra_card("channels")
        card.add_widget(self._choices("channels", lambda v: self._visit.set_channel(v)))
        return card

    def _open_companions(self, view: VisitView) -> Widget:
        card = self._extra_card("companions")
        card.add_widget(self._choices("companions", lambda v: self._visit.toggle_companion(v), most=2))
        return card

    def _extra_card(self, name: str, tone: str = "jade") -> Card:
        card = Card(spacing=dp(12))
        card.add_widget(Txt(text=ui.word(EXTRAS[name][0]), strong=True, tone=tone))
        return card

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
            button.help = "" if ui.elder else ui.word(f"visit.all_good{done}_help")
            button.kind = "second" if view.all_good or view.answered == view.questions else "main"
            button.picture = "check_circle" if view.all_good else "check"
        if "answered" in self._parts:
            self._parts["answered"].text = ui.word("visit.answered", done=view.answered, all=view.questions)
        summaries = {
            "urgent": chosen_labels(view.urgents),
            "needs": chosen_labels(view.needs),
            "note": ui.word("visit.written") if view.note else "",
            "photos": str(len(view.photos)) if view.photos else "",
            "channels": chosen_labels(view.channels) if view.channel != "home" else "",
            "companions": chosen_labels(view.companions),
        }
        for name, text in summaries.items():
            tool = self._parts.get(f"tool.{name}")
            if tool is not None:
                tool.said, tool.opened = text, name in self._open

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

    def sos(self) -> None:
        """An emergency: what was typed is on disk first."""
        self._write_typed()
        elder = self._view.elder if self._visit is not None else None
        self.go("sos", elder_id=elder.id if elder else None)

    def scan(self) -> None:
        """The code after all."""
        elder = self._view.elder
        self.go("scan", elder_id=elder.id if elder else None)

    def dictate(self) -> None:
        """Speak instead of typing; what was heard stands in the field."""
        self._write_typed()
        self.problem = ui.word("visit.listening")

        def heard(note: str | None) -> None:
            Clock.schedule_once(lambda _: show(note), 0)

        def show(note: str | None) -> None:
            if self.navigator.holds(self) and self._visit is not None:
                self.problem = "" if note else ui.word("visit.not_heard")
                if note and "note" in self._parts:
                    self._parts["note"].text = note
                    self._typed.pop("note", None)  # the presenter has it already

        if not self._visit.dictate(heard):
            self.problem = ui.word("visit.not_heard")

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
        except (ValueError, OSError) as error:
            self.problem = ui.word("visit.failed" if isinstance(error, ValueError) else "visit.disk_full")
            self.refresh()
            return
        self._visit = None
        self.navigator.home("today")
        if saved.next == "steps":
            self.go("steps", elder_id=saved.elder_id, message=saved.message)
        elif saved.next == "help":
            self.go("sos", elder_id=saved.elder_id, message=saved.message)
        else:
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
