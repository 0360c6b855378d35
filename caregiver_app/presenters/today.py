"""Today's list: who is due, most urgent first; how the month stands; finding somebody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from caregiver_app.presenters import search
from caregiver_app.presenters.common import Common
from caregiver_app.presenters.followups import known
from caregiver_app.presenters.rows import Rows
from caregiver_app.presenters.search import Index
from caregiver_app.presenters.views.today import ElderRow, TodayView


@dataclass(frozen=True, slots=True)
class Prepared:
    """All rows in order, and the progress over them: built once for each state of the store, day and place."""

    state: tuple[object, ...]
    rows: tuple[ElderRow, ...]
    elders: tuple[dict[str, Any], ...]
    done: int
    saved: int
    total: int


class TodayPresenter:
    """Fulfils `interface.Today`."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._prepared: Prepared | None = None
        self._indexed: tuple[Prepared, Index] | None = None

    def view(self, query: str = "") -> TodayView:
        """The list as it now stands; the progress is over all elders, whatever the query."""
        common = self._common
        held = self._all()
        found = tuple(held.rows[at] for at in self._index(held).find(query)) if query.strip() else held.rows
        pulled = common.store.meta.get("pulled_at")
        progress = "today.progress_saved" if held.saved else "today.progress"
        return TodayView(
            title=common.today_text(),
            rows=found,
            query=query,
            progress_done=held.done,
            progress_saved=held.saved,
            progress_total=held.total,
            progress_text=common.text(progress, saved=held.saved) if held.total else "",
            progress_figure=common.text("today.figure", done=held.done, total=held.total) if held.total else "",
            progress_short=common.text("today.progress") if held.total else "",
            empty_text=self._empty(bool(held.rows), bool(found), pulled is not None),
            as_of_text=common.text("today.as_of", when=common.when(pulled)) if pulled else "",
            badge=common.badge(),
        )

    def forget(self) -> None:
        """Drop what is held in memory (the app was locked)."""
        self._prepared = self._indexed = None
        search.forget()

    def warm(self) -> None:
        """Do in the background what the first search by letters would wait for."""
        search.warm()
        search.warm(self._index(self._all()).names)

    def _all(self) -> Prepared:
        common = self._common
        reading = common.platform.position.reading()
        # To some 100 m: a walking phone must not sort a thousand elders at every step.
        place = (round(reading.lat, 3), round(reading.lon, 3)) if reading else None
        state = (common.store.database.version, common.now().date(), place, common.language, self._overdue())
        if self._prepared is None or self._prepared.state != state:
            rows = Rows(common)
            pairs = [(elder, rows.row(elder)) for elder in common.section("elders")]
            pairs.sort(key=lambda pair: rows.order(*pair))
            owed = [rows.month(elder) for elder, _ in pairs]
            self._prepared = Prepared(
                state=state,
                rows=tuple(row for _, row in pairs),
                elders=tuple(elder for elder, _ in pairs),
                done=sum(1 for one in owed if one.needed and one.met),
                saved=sum(1 for one in owed if not one.met and one.saved_up),
                total=sum(1 for one in owed if one.needed),
            )
        return self._prepared

    def _index(self, held: Prepared) -> Index:
        """Made for the first search of a list; the list itself is shown without."""
        indexed = self._indexed
        if indexed is None or indexed[0] is not held:
            indexed = self._indexed = (held, Index(held.elders))
        return indexed[1]

    def _overdue(self) -> frozenset[str]:
        """Second attempts whose time has come: the list says so without any other change."""
        now: datetime = self._common.platform.clock.now()
        times = {elder_id: one.again() for elder_id, one in known(self._common).items()}
        return frozenset(elder_id for elder_id, at in times.items() if at is not None and at <= now)

    def _empty(self, any_elder: bool, any_found: bool, pulled: bool) -> str:
        if any_found:
            return ""
        if any_elder:
            return self._common.text("today.none_found")
        return self._common.text("today.nobody" if pulled else "today.not_yet")
