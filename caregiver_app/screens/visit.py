"""The visit form. Every touch goes to the presenter, which has it on disk before the screen changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kivy.clock import Clock
from kivy.metrics import dp
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.widget import Widget

from caregiver_app.platform.protocols import Frame
from caregiver_app.presenters.interface import Visit
from caregiver_app.presenters.views.visit import FormGroup, VisitView
from caregiver_app.screens.base import Page
from caregiver_app.screens.cards import Notice
from caregiver_app.screens.choices import Choices, Grade
from caregiver_app.screens.elder import call_row
from caregiver_app.screens.extras import Extras
from caregiver_app.screens.parts import BigButton, Card, Empty, Section, Stack, Txt, load_kv, on_release, replace
from caregiver_app.screens.style import ui

DOUBT_S = 15  # how often the minutes of a short stay are counted anew
TYPING_PAUSE_S = 0.3  # typed words go to disk at the first pause, and whenever the screen is left

OUTCOME_TONES = {"met": "jade", "not_home": "amber", "refused": "amber"}


class VisitScreen(Page):
    """One draft, drawn in boxes: a touch draws anew only the box whose shape it changes.

    The questions of the form, some fifty widgets, follow box by box in the frames after the screen is there.
    """

    heading = StringProperty("")
    under = StringProperty("")
    missing = StringProperty("")
    can_save = BooleanProperty(False)
    problem = StringProperty("")
    working = BooleanProperty(False)  # what `problem` says is no trouble, but going on
    save_text = StringProperty("")

    def setup(self, draft_id: str = "", **_: Any) -> None:
        self._visit: Visit | None = self.phone.open_draft(draft_id)
        self._boxes: dict[str, Stack] = {}
        self._shapes: dict[str, object] = {}
        self._open: set[str] = set()
        self._parts: dict[str, Any] = {}
        self._groups: list[FormGroup] = []
        self._typed: dict[str, str] = {}
        self._pause = Clock.create_trigger(lambda _: self._write_typed(), TYPING_PAUSE_S)
        self._more = Clock.create_trigger(lambda _: self._next_group(), 0)
        self._tick = Clock.schedule_interval(lambda _: self._time_passed(), DOUBT_S)
        if self._visit is not None:
            self._open |= Extras.filled(self._visit.view())

    def put_away(self) -> None:
        self._write_typed()

    def leave(self) -> None:
        self._tick.cancel()
        self._more.cancel()
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
        # In large type two sentences would leave no room for the form.
        self.missing = view.missing_text or "\n".join(view.doubts[:1] if ui.elder else view.doubts)
        self.can_save = view.can_save
        self.save_text = ui.word(self._save_key(view))
        home = view.channel == "home"
        if self._shapes.get("order") != home:
            self._shapes = {"order": home}
            # A call asks for one answer and few grades: they come before what is out of the ordinary.
            names = ("head", "extras", "form", "foot") if home else ("head", "form", "extras", "foot")
            self._boxes = {name: Stack() for name in names}
            self._boxes["extras"] = self._extras = Extras(self)
            replace(self.ids.body, list(self._boxes.values()))
        advice = "" if view.urgent else view.advice
        reasons = tuple(c.value for c in view.reasons)
        self._box("head", (view.has_tag, view.call, advice, reasons, view.has_all_good), self._head)
        form = tuple((group.id, tuple(item.id for item in group.items)) for group in view.groups)
        self._box("form", form, self._form)
        self._box("foot", "discard" in self._open, self._foot)
        self._extras.show(view, self._open)
        self._fill(view)

    def _box(self, name: str, shape: object, make: Callable[[VisitView], list[Widget]]) -> None:
        if name not in self._shapes or self._shapes[name] != shape:
            self._shapes[name] = shape
            replace(self._boxes[name], make(self._view))

    @staticmethod
    def _save_key(view: VisitView) -> str:
        if view.calls_follow:
            return "visit.save_and_call"
        return "visit.save_anyway" if view.doubts else "visit.save"

    def _head(self, view: VisitView) -> list[Widget]:
        parts: list[Widget] = []
        if not view.has_tag:
            scan = BigButton(text=ui.word("visit.scan_now"), picture="scan", help=ui.word("visit.no_tag_help"))
            parts.append(on_release(scan, self.scan))
        if view.call is not None:
            parts.append(call_row(view.call, lambda call: self.navigator.dial(call.number)))
        parts.append(Section(text=ui.word("visit.outcome" if view.channel == "home" else "visit.outcome_call")))
        parts.append(self.choices("outcomes", lambda v: self._visit.set_outcome(v), OUTCOME_TONES))
        if view.advice and not view.urgent:
            parts.append(Notice(tone="amber", picture="alert", title=view.advice))
        if view.reasons:
            parts.append(Section(text=ui.word("visit.reason")))
            tones = {c.value: "amber" for c in view.reasons}
            parts.append(self.choices("reasons", lambda v: self._visit.set_reason(v), tones, most=2))
        self._parts.pop("all_good", None)
        if view.has_all_good:
            button = BigButton(kind="main", picture="check", least=ui.main_target)
            self._parts["all_good"] = button
            parts.append(on_release(button, lambda: self.show(self._visit.all_good())))
        return parts

    def choices(self, name: str, act: Any, tones: dict[str, str] | None = None, most: int = 3) -> Choices:
        """Buttons for the choices that the view has under this name; a press asks the presenter and draws."""
        choices = Choices(tones=tones or {}, most=most)
        choices.bind(on_pick=lambda _, value: self.show(act(value)))
        self._parts[name] = choices
        return choices

    def _form(self, view: VisitView) -> list[Widget]:
        self._groups = list(view.groups)
        if not view.groups:
            self._parts.pop("answered", None)
            return []
        self._more()
        answered = Section()
        self._parts["answered"] = answered
        return [answered]

    def _next_group(self) -> None:
        """One more class of questions, a frame each."""
        if self._groups:
            group = self._groups.pop(0)
            self._boxes["form"].add_widget(self._group(group))
            self._fill(self._view)
            self._more()

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

    def _foot(self, _: VisitView) -> list[Widget]:
        kept = Txt(text=ui.word("visit.kept"), tone="muted", halign="center")
        discard = on_release(BigButton(text=ui.word("visit.discard"), kind="plain"), self.ask_discard)
        if "discard" not in self._open:
            return [kept, discard]
        yes = BigButton(text=ui.word("visit.discard_yes"), kind="danger")
        no = BigButton(text=ui.word("visit.discard_no"))
        sure = Notice(tone="red", title=ui.word("visit.discard_sure"))
        return [
            kept, discard, sure, on_release(no, lambda: self.fold("discard")), on_release(yes, self.discard)
        ]  # fmt: skip

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

    # ------------------------------------------------------------ touches

    def answer(self, item_id: str, value: str) -> None:
        """Grade a question; pressing the chosen grade again takes it back."""
        item = next(i for g in self._view.groups for i in g.items if i.id == item_id)
        self.show(self._visit.answer(item_id, None if item.value == value else value))

    def urgent(self, kind: str) -> VisitView:
        """Urgent in this way; the same once more: not urgent."""
        self._write_typed()
        if self._view.urgent == kind:
            return self._visit.set_urgent(None)
        return self._visit.set_urgent(kind, self._view.urgent_words)

    def need(self, kind: str) -> VisitView:
        """Needed, or once more: not needed. What was typed is kept first."""
        self._write_typed()
        return self._visit.toggle_need(kind)

    def fold(self, name: str) -> None:
        """Open or close a part of the form."""
        self._write_typed()
        self._open ^= {name}
        self.show(self._visit.view())

    def type(self, what: str, text: str) -> None:
        """Something was typed: it is written at the next pause."""
        self._typed[what] = text
        self._pause()

    def _write_typed(self) -> None:
        self._pause.cancel()
        typed, self._typed = self._typed, {}
        if "note" in typed:
            self._view = self._visit.set_note(typed["note"])
        for need in self._view.need_notes:
            if f"need.{need.kind}" in typed:
                self._view = self._visit.set_need_note(need.kind, typed[f"need.{need.kind}"])
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
        self.problem, self.working = ui.word("visit.listening"), True

        def heard(note: str | None) -> None:
            Clock.schedule_once(lambda _: show(note), 0)

        def show(note: str | None) -> None:
            self.working = False
            if self.navigator.holds(self) and self._visit is not None:
                self.problem = "" if note else ui.word("visit.not_heard")
                if note and "note" in self._parts:
                    self._parts["note"].text = note
                    self._typed.pop("note", None)  # the presenter has it already

        if not self._visit.dictate(heard):
            self.problem, self.working = ui.word("visit.not_heard"), False

    def photo(self) -> None:
        """Take one, or choose one where there is no camera."""
        self._write_typed()
        self.go("shutter" if self.phone.platform.camera.available() else "files", on_pick=self.add_photo)

    def add_photo(self, source: Path | bytes | Frame) -> None:
        """A picture was taken or chosen: shrink and keep it, aside from the screen."""
        if self.navigator.page is not self:
            self.navigator.back()
        self.problem, self.working = ui.word("wait"), True

        def done(view: VisitView) -> None:
            self.problem, self.working = "", False
            self.show(view)

        def failed(error: BaseException) -> None:
            self.working = False
            words = "visit.not_picture" if isinstance(error, ValueError) else "error.title"
            self.problem = ui.word("visit.photo_disk" if isinstance(error, OSError) else words)

        self.in_background(lambda: self._visit.add_photo(source), done, failed)

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
