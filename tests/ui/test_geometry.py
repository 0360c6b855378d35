"""Every screen, in both languages and all three type sizes: nothing cut off, nothing overlapping, nothing too small.

Measured on the widgets as they were laid out, not on pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

from caregiver_app.platform.fake import FakeCamera
from caregiver_app.platform.protocols import Frame
from caregiver_app.screens.words import word
from caregiver_app.texts import TEXTS
from tests.ui.fakes import FakePhone
from tests.ui.harness import walk

Rect = tuple[float, float, float, float]


def welcome(navigator: Any, phone: FakePhone) -> None:
    phone.problem = phone.say(
        "连不上这个地址，请检查网络", "This address cannot be reached; check the connection"
    )
    navigator.home("welcome")


def scan_unknown(navigator: Any, phone: FakePhone) -> None:
    navigator.go("scan")
    navigator.page.take(phone.scan.read_text("unknown"))


def scan_other(navigator: Any, phone: FakePhone) -> None:
    navigator.go("scan", elder_id="2")
    navigator.page.take(phone.scan.read_text("a tag"))


def card(state: str) -> Callable[[Any, FakePhone], None]:
    def show(navigator: Any, phone: FakePhone) -> None:
        phone.card = state
        navigator.go("elder", elder_id="1")

    return show


def visit_filled(navigator: Any, phone: FakePhone) -> None:
    navigator.go("visit", draft_id="d")
    page = navigator.page
    for name in ("urgent", "needs", "note", "photos", "companions", "channels", "discard"):
        page.fold(name)
    phone.visit_state["photos"] = 2
    visit = phone.open_draft("d")
    visit.set_urgent("danger_at_home")
    visit.toggle_need("mobility")
    page.show(visit.all_good())
    page.answer("mind.mood", "poor")


def visit_untagged(navigator: Any, phone: FakePhone) -> None:
    phone.visit_state["has_tag"] = False
    navigator.go("visit", draft_id="d")


def visit_doubted(navigator: Any, phone: FakePhone) -> None:
    phone.visit_state["answers"] = {"mind.mood": "good"}
    phone.visit_state["doubts"] = tuple(
        phone.say(*TEXTS[key]).format(minutes=1, away="2.2 km") for key in ("doubt.short_stay", "doubt.far")
    )
    navigator.go("visit", draft_id="d")


def visit_by_phone(navigator: Any, phone: FakePhone) -> None:
    phone.visit_state["channel"] = "phone"
    navigator.go("visit", draft_id="d")


def visit_failed(navigator: Any, phone: FakePhone) -> None:
    navigator.go("visit", draft_id="d")
    navigator.page.problem = word("visit.disk_full", phone.language)


def not_home(navigator: Any, phone: FakePhone) -> None:
    phone.visit_state["outcome"] = "not_home"
    navigator.go("visit", draft_id="d")


def steps(state: str, message: str = "") -> Callable[[Any, FakePhone], None]:
    def show(navigator: Any, phone: FakePhone) -> None:
        phone.step_state = state
        navigator.go("steps", elder_id="1", message=phone.say(*TEXTS[message]) if message else "")

    return show


def steps_where(navigator: Any, phone: FakePhone) -> None:
    steps("asked")(navigator, phone)
    navigator.page._picked("contact0", "whereabouts")


def sos(state: str, elder: str | None = "1", message: str = "") -> Callable[[Any, FakePhone], None]:
    def show(navigator: Any, phone: FakePhone) -> None:
        phone.sos_state, phone.nobody_on_duty = state, elder is None
        navigator.go("sos", elder_id=elder, message=phone.say(*TEXTS[message]) if message else "")

    return show


def sos_failed(navigator: Any, phone: FakePhone) -> None:
    navigator.go("sos", elder_id="1")
    page = navigator.page
    page.problem, page._view = word("sos.failed", phone.language), None
    page.refresh()


def nobody(navigator: Any, phone: FakePhone) -> None:
    phone.no_elders = True
    navigator.home("today")


def no_account(navigator: Any, phone: FakePhone) -> None:
    phone.no_account = True
    navigator.home("hours")


def nothing_saved(navigator: Any, phone: FakePhone) -> None:
    phone.outbox_empty = True
    navigator.home("sync")


def no_courses(navigator: Any, phone: FakePhone) -> None:
    phone.no_courses = True
    navigator.go("courses")


def shutter(taken: bool = False, seeing: bool = True) -> Callable[[Any, FakePhone], None]:
    def show(navigator: Any, phone: FakePhone) -> None:
        frame = Frame(bytes((120, 110, 90, 255)) * (160 * 90), 160, 90)
        asked = Permissions(seeing)
        phone.platform = replace(phone.platform, camera=FakeCamera([frame]), permissions=asked)
        navigator.go("shutter", on_pick=lambda source: None)
        navigator.page.seen = seeing
        if taken:
            navigator.page.take()

    return show


class Permissions:
    """Says nothing yet."""

    def __init__(self, granted: bool) -> None:
        self._granted = granted

    def granted(self, need: str) -> bool:
        return self._granted

    def ask(self, need: str, done: Any) -> None:
        """The owner is still thinking."""


def quiz_marked(navigator: Any, phone: FakePhone) -> None:
    navigator.go("quiz", course_id="c1")
    navigator.page.show(phone.quiz_taken.mark())


def locked(state: str, by_phone: bool = False) -> Callable[[Any, FakePhone], None]:
    def show(navigator: Any, phone: FakePhone) -> None:
        phone.lock.state, phone.lock.by_phone = state, by_phone
        phone.lock.problem = phone.say("密码不对。", "This PIN is not right.")
        phone.lock.note = phone.say(
            "再输错 6 次，名单将从本机清除；已保存的探访不会丢失。",
            "After 6 more wrong PINs the list is removed from this phone; saved visits are not lost.",
        )
        navigator.home("lock")
        navigator.page.problem = phone.lock.problem
        navigator.page.ids.pad.pin = "123"

    return show


def pin(state: str) -> Callable[[Any, FakePhone], None]:
    def show(navigator: Any, phone: FakePhone) -> None:
        phone.lock.state = state
        navigator.home("pin", first=state == "new")
        navigator.page.problem = phone.say("两次不一样，请重新设置。", "They differ; please choose again.")

    return show


SCREENS: dict[str, Callable[[Any, FakePhone], None]] = {
    "welcome": welcome,
    "today": lambda navigator, phone: navigator.home("today"),
    "today, nobody": nobody,
    "scan": lambda navigator, phone: navigator.go("scan"),
    "scan, unknown tag": scan_unknown,
    "scan, another's tag": scan_other,
    "elder": lambda navigator, phone: navigator.go("elder", elder_id="1"),
    "elder, arrived": card("arrived"),
    "elder, followed up": card("followed"),
    "elder, hardly known": card("bare"),
    "elder, gone": lambda navigator, phone: navigator.go("elder", elder_id="no"),
    "visit": lambda navigator, phone: navigator.go("visit", draft_id="d"),
    "visit, filled": visit_filled,
    "visit, not home": not_home,
    "visit, without a tag": visit_untagged,
    "visit, doubted": visit_doubted,
    "visit, by phone": visit_by_phone,
    "visit, disk full": visit_failed,
    "steps": steps("", "visit.saved_not_home"),
    "steps, asked": steps("asked"),
    "steps, where": steps_where,
    "steps, ended": steps("ended"),
    "steps, over": steps("over"),
    "sos": sos(""),
    "sos, raised": sos("pending", message="visit.saved_urgent"),
    "sos, sent": sos("sent"),
    "sos, of nobody": sos("", None),
    "sos, failed": sos_failed,
    "shutter": shutter(),
    "shutter, taken": shutter(taken=True),
    "shutter, not yet allowed": shutter(seeing=False),
    "saved": lambda navigator, phone: navigator.go("saved", message=phone.open_draft("d").save().message),
    "sync": lambda navigator, phone: navigator.home("sync"),
    "sync, empty": nothing_saved,
    "hours": lambda navigator, phone: navigator.home("hours"),
    "hours, none": no_account,
    "words": lambda navigator, phone: navigator.go("words", text=phone.say("老人们平安。", "All are well.") * 20),
    "courses": lambda navigator, phone: navigator.go("courses"),
    "courses, none": no_courses,
    "course": lambda navigator, phone: navigator.go("course", course_id="c1"),
    "course, gone": lambda navigator, phone: navigator.go("course", course_id="no"),
    "quiz": lambda navigator, phone: navigator.go("quiz", course_id="c1"),
    "quiz, marked": quiz_marked,
    "permissions": lambda navigator, phone: navigator.go("permissions"),
    "about": lambda navigator, phone: navigator.go("about"),
    "lock": locked("locked"),
    "lock, waiting": locked("waiting"),
    "lock, the phone's own": locked("locked", by_phone=True),
    "forgotten": lambda navigator, phone: navigator.go("forgotten"),
    "pin, first": pin("new"),
    "pin, another": pin("open"),
    "pin, done": lambda navigator, phone: navigator.go("done", title="密码换好了", text="下次用新密码打开。"),
    "locking": lambda navigator, phone: navigator.go("locking"),
    "settings": lambda navigator, phone: navigator.home("settings"),
    "trouble": lambda navigator, phone: navigator.trouble(),
    "trouble, disk full": lambda navigator, phone: navigator.trouble(disk=True),
}


def rect(widget: Any) -> Rect:
    x, y = widget.to_window(widget.x, widget.y)
    return x, y, x + widget.width, y + widget.height


def text_rect(label: Any) -> Rect:
    """Where the letters are: the texture, as the label places it."""
    x, y = label.to_window(label.center_x, label.center_y)
    width, height = label.texture_size
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def place(label: Any) -> Any:
    """The scrolling area that a label is in, which clips it; None outside of any."""
    from kivy.uix.scrollview import ScrollView

    parent = label.parent
    while parent is not None and parent is not parent.parent:
        if isinstance(parent, ScrollView):
            return parent
        parent = parent.parent
    return None


def surface(label: Any) -> Any:
    """The card, button or field that a label is written on."""
    from caregiver_app.screens.parts import Surface

    parent = label.parent
    while parent is not None and parent is not parent.parent:
        if isinstance(parent, Surface):
            return parent
        parent = parent.parent
    return None


def faults(page: Any, width: float, height: float) -> list[str]:
    from kivy.metrics import dp
    from kivy.uix.behaviors import ButtonBehavior
    from kivy.uix.label import Label
    from kivy.uix.textinput import TextInput

    from caregiver_app.screens.style import measure, ui

    least = dp(60 if ui.elder else 48)
    found: list[str] = []
    labels: list[Any] = []
    for widget in walk(page):
        # An icon's texture has its font's line height, the picture in it is smaller: it is not measured.
        if isinstance(widget, Label) and widget.text and widget.font_name != "Icons":
            labels.append(widget)
            if widget.font_size < dp(18):
                found.append(f"smaller than 18: {widget.text!r}")
            if widget.texture_size[0] > widget.width + 1 or widget.texture_size[1] > widget.height + 1:
                found.append(f"cut off: {widget.text!r} {widget.texture_size} in {tuple(widget.size)}")
            left, _, right, _ = text_rect(widget)
            if left < -1 or right > width + 1:
                found.append(f"beyond the screen: {widget.text!r} {left}..{right}")
            _, bottom, _, top = text_rect(widget)
            if place(widget) is None and (bottom < -1 or top > height + 1):
                found.append(f"above or below the screen: {widget.text!r} {bottom}..{top}")
            lines = widget._label.text.split("\n")
            cut = [word for word in widget.text.split() if word.isalpha() and word.isascii()]
            found.extend(f"a word cut in two: {word!r}" for word in cut if not any(word in line for line in lines))
            ground = surface(widget)
            if ground is not None:
                inner, outer = text_rect(widget), rect(ground)
                if inner[1] < outer[1] - 1 or inner[3] > outer[3] + 1 or inner[0] < outer[0] - 1:
                    found.append(f"over the edge of {type(ground).__name__}: {widget.text!r} {inner} {outer}")
        if isinstance(widget, ButtonBehavior) and min(widget.size) < least - 0.5:
            found.append(f"too small to touch: {type(widget).__name__} {tuple(widget.size)} < {least}")
        if isinstance(widget, TextInput):
            if widget.height < least - 0.5:
                found.append(f"too small to touch: {tuple(widget.size)}")
            room = widget.width - widget.padding[0] - widget.padding[2]
            for text in (widget.hint_text, "" if widget.multiline else widget.text):
                if measure(text, widget.font_size)[0] > room:
                    found.append(f"does not fit its field: {text!r}")
    written = [(label, text_rect(label), place(label)) for label in labels]
    for (one, a, here), (other, b, there) in combinations(written, 2):
        if here is not there:
            continue
        if min(a[2], b[2]) - max(a[0], b[0]) > 2 and min(a[3], b[3]) - max(a[1], b[1]) > 2:
            found.append(f"overlap: {one.text!r} and {other.text!r}")
    return found


@pytest.mark.parametrize("size", ["normal", "large", "largest"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_is_cut_off_or_overlaps_or_too_small(stage: Any, language: str, size: str) -> None:
    navigator = stage.open(FakePhone(language, size))
    wrong = {}
    for screen, show in SCREENS.items():
        phone = navigator.phone = FakePhone(language, size)
        navigator.close()
        show(navigator, phone)
        stage.layout(8)
        wrong[screen] = faults(navigator.page, navigator.width, navigator.height)
    assert {screen: found for screen, found in wrong.items() if found} == {}
