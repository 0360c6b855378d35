"""Today: who is due, most urgent first; search; one large button."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from time import perf_counter
from typing import Any

from kivy.clock import Clock
from kivy.metrics import dp
from kivy.properties import (
    BooleanProperty,
    ListProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
)
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label
from kivy.uix.recycleview import RecycleView
from kivy.uix.recycleview.views import RecycleDataViewBehavior
from kivy.uix.widget import Widget

from caregiver_app.presenters.views.today import ElderRow
from caregiver_app.screens import fields  # noqa: F401 - named by the layout
from caregiver_app.screens.base import Page
from caregiver_app.screens.frame import ReadButton
from caregiver_app.screens.lines import Lines  # noqa: F401 - named by the layout
from caregiver_app.screens.parts import Empty, Surface, load_kv
from caregiver_app.screens.style import height_of, ui

#: How a row's badge looks; what it says is the presenter's.
DUE_LOOKS = {
    "alert": ("red", "danger"),
    "no_answer": ("red", "no_answer"),
    "missing": ("red", "calendar_alert"),
    "week": ("amber", "calendar_week"),
    "soon": ("amber", "wait"),
    "due": ("grey", "calendar"),
    "saved": ("grey", "upload"),
    "done": ("jade", "check_circle"),
    "none": ("grey", ""),
}


NARROWEST = dp(160)  # of a row; a widget that has no place yet is 100 pixels wide
FIRST = 6  # rows whose height is worked out at once: more than a screen holds
BUDGET_S = 0.004  # of each frame afterwards, until all are
SPARE = 3  # tiles made while nothing happens, so that the first scroll need not: each takes half a frame


@dataclass
class Line:
    """A row as the list is given it; until `exact` its height is a guess."""

    row: ElderRow
    item: dict[str, Any]
    exact: bool = False


def row_facts(row: ElderRow) -> str:
    """Under the badges: what is due where an alert stands first, where, and why on the register."""
    due = row.due_text if row.alert_text else ""
    why = " · ".join((*row.categories, row.distance_text) if row.distance_text else row.categories)
    return "\n".join(line for line in (due, row.place, why) if line)


class Figure(Label):
    """How many of how many. In digits alone, so in a font that is there thirty times as fast as one with Chinese."""

    def spoken(self) -> str:
        """What is read aloud."""
        return self.text


class Progress(Widget):
    """A bar; the words beside it say the same."""

    value = NumericProperty(0)
    most = NumericProperty(1)
    saved = NumericProperty(0)


class ElderTile(RecycleDataViewBehavior, ButtonBehavior, Surface, BoxLayout):
    """One elder in the list: name, how urgent, where."""

    name = StringProperty("")
    short_no = StringProperty("")
    facts = StringProperty("")
    badge_text = StringProperty("")
    draft_text = StringProperty("")
    again_text = StringProperty("")
    tone = StringProperty("grey")
    picture = StringProperty("")
    elder_id = StringProperty("")
    open_elder = ObjectProperty(lambda elder_id: None)

    def on_release(self) -> None:
        self.open_elder(self.elder_id)


class ElderList(RecycleView):
    """Draws only the rows that are seen, so that a thousand elders scroll as ten do."""


@lru_cache
def tile_class(drawn_as: tuple[str, str, bool, bool]) -> type[ElderTile]:
    """Kivy keeps used rows for the next list, of whatever screen: each `ui.key` needs rows of its own."""
    text_size, language, elder, aloud = drawn_as
    return type(f"ElderTile_{text_size}_{language}{'_elder' * elder}{'_aloud' * aloud}", (ElderTile,), {})


def tile_height(row: dict[str, Any], width: float) -> float:
    """Height of a row before it is drawn: the list must know where each one stands."""
    inner = width - dp(32)
    height = dp(28) + height_of(row["name"], ui.name, inner - dp(90), True)
    badge = max(1.0, inner - ui.body - dp(26))
    for text in (row["badge_text"], row["again_text"], row["draft_text"]):
        if text:
            height += height_of(text, ui.body, badge, True) + dp(8) + dp(6)
    if row["facts"]:
        height += height_of(row["facts"], ui.body, inner) + dp(6)
    return max(height, ui.target)


def guessed_height(row: dict[str, Any]) -> float:
    """Height of a row far below, until there is time to work it out: every text on one line."""
    badges = sum(bool(row[name]) for name in ("badge_text", "again_text", "draft_text"))
    lines = ui.name + (row["facts"].count("\n") + 1 + badges) * ui.body
    return float(dp(28) + lines * 1.5 * ui.line_height + badges * dp(14) + dp(6))


class TodayScreen(Page):
    """The list."""

    tab = "today"
    has_back = False
    query = StringProperty("")
    title = StringProperty("")
    progress_text = StringProperty("")
    progress_figure = StringProperty("")
    progress_done = NumericProperty(0)
    progress_saved = NumericProperty(0)
    progress_total = NumericProperty(0)
    sync_text = StringProperty("")
    sync_state = StringProperty("ok")
    learn_text = StringProperty("")
    waiting = NumericProperty(0)
    rows = ListProperty([])
    empty_title = StringProperty("")
    searching = BooleanProperty(False)

    def setup(self, **_: Any) -> None:
        self._rows: tuple[ElderRow, ...] = ()
        self._width = 0.0
        self._lines: dict[str, Line] = {}
        self._todo: list[Line] = []
        self._rest = Clock.create_trigger(lambda _: self._measure_more(), 0)
        self._spare = Clock.create_trigger(lambda _: self._make_spare(), 0)
        self._spares_left = SPARE
        self._empty: Empty | None = None
        if ui.aloud:
            self.ids.progress_line.add_widget(ReadButton(worded=False, pos_hint={"center_y": 0.5}))
        self.ids.list.viewclass = tile_class(ui.key)
        self.ids.list.bind(width=lambda *_: self._lay_out())

    def refresh(self) -> None:
        view = self.phone.today.view(self.query)
        self.title = view.title
        self.progress_text = view.progress_short if ui.elder else view.progress_text
        self.progress_figure = view.progress_figure
        self.progress_done = view.progress_done
        self.progress_saved = view.progress_saved
        self.progress_total = view.progress_total
        self.sync_text, self.sync_state = view.badge.text, view.badge.state
        self.waiting = view.badge.waiting + view.badge.refused
        self.learn_text = self.phone.learning.view().asked_text
        if view.rows != self._rows or self._width != self.ids.list.width:
            self._rows = view.rows
            self._lay_out()
        elif self._todo:
            self._rest()  # it was left before all heights were known
        if view.rows:
            self._say("", "")
        elif self.query:
            self._say(view.empty_text, ui.word("today.none_help"))
        else:
            self._say(view.empty_text or ui.word("today.empty"), ui.word("today.empty_help"))

    def _say(self, title: str, text: str) -> None:
        """Why there is nobody in the list; "": there is."""
        self.empty_title = title
        if self._empty is None and title:
            self._empty = Empty(pos_hint={"center_y": 0.55, "center_x": 0.5})
            self.ids.place.add_widget(self._empty)
        if self._empty is not None:
            self._empty.picture = ("search" if self.searching else "group") if title else ""
            self._empty.title, self._empty.text, self._empty.opacity = title, text, 1 if title else 0

    def again(self) -> None:
        """Where the list was left, without what was searched for."""
        self.ids.search.text = ""
        self.refresh()

    def leave(self) -> None:
        self._rest.cancel()
        self._spare.cancel()

    def on_query(self, _: object, query: str) -> None:
        self.searching = bool(query)
        self.refresh()
        self.ids.list.scroll_y = 1

    @staticmethod
    def says_sync(state: str) -> bool:
        """All is well needs no line of its own; in large type neither does what the tab's number says."""
        return state not in (("ok", "waiting", "sending") if ui.elder else ("ok",))

    def _lay_out(self) -> None:
        self._rest.cancel()
        if self._width != self.ids.list.width:
            self._width, self._lines = self.ids.list.width, {}
        if self._inner() < NARROWEST:
            return  # not yet given its place: a thousand rows would be laid out for nothing
        lines = [self._line(row) for row in self._rows]
        for line in lines[:FIRST]:
            self._measure(line)
        self._todo = [line for line in reversed(lines) if not line.exact]
        self.ids.list.data = [line.item for line in lines]
        if self._todo:
            self._rest()

    def _line(self, row: ElderRow) -> Line:
        """The row as it was drawn before, unless it says something else now."""
        line = self._lines.get(row.id)
        if line is None or (line.row is not row and line.row != row):
            line = self._lines[row.id] = Line(row, self._item(row))
        return line

    def _inner(self) -> float:
        return float(self._width - dp(32))

    def _item(self, row: ElderRow) -> dict[str, Any]:
        tone, picture = DUE_LOOKS.get(row.due, ("grey", ""))
        item = {
            "elder_id": row.id,
            "name": row.name,
            "short_no": row.short_no,
            "facts": row_facts(row),
            "badge_text": row.alert_text or row.due_text,
            "draft_text": ui.word("today.open_draft") if row.draft else "",
            "again_text": row.again_text,
            "tone": tone,
            "picture": picture,
            "open_elder": self.open,
        }
        item["size"] = (self._inner(), guessed_height(item))
        return item

    def _measure(self, line: Line) -> None:
        if not line.exact:
            line.item["size"] = (self._inner(), tile_height(line.item, self._inner()))
            line.exact = True

    def _measure_more(self) -> None:
        """Work out the heights of rows further down, as many as a frame has time for; all in, lay them out once."""
        end = perf_counter() + BUDGET_S
        while self._todo and perf_counter() < end:
            self._measure(self._todo.pop())
        if self._todo:
            self._rest()
        else:
            self.ids.list.refresh_from_data()
            self._spare()

    def _make_spare(self) -> None:
        """One tile more than are seen, kept where Kivy looks for those that were scrolled away."""
        kind, held = self.ids.list.viewclass, self.ids.list.view_adapter.dirty_views
        if self._spares_left and self._rows:
            held[kind][-self._spares_left] = kind()
            self._spares_left -= 1
            self._spare()

    def open(self, elder_id: str) -> None:
        """The elder's card."""
        self.go("elder", elder_id=elder_id)


load_kv(__file__)
