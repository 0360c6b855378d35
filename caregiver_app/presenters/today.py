"""Today's list: who is due, most urgent first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from caregiver_app.presenters.common import Common
from caregiver_app.presenters.rows import Rows
from caregiver_app.presenters.search import matches
from caregiver_app.presenters.views import ElderRow, TodayView


@dataclass(frozen=True, slots=True)
class Prepared:
    """All rows in order, and the progress over them: built once for each state of the store, day and place."""

    state: tuple[object, ...]
    rows: tuple[tuple[dict[str, Any], ElderRow], ...]
    done: int
    saved: int
    total: int


class TodayPresenter:
    """Fulfils `interface.Today`."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._prepared: Prepared | None = None

    def view(self, query: str = "") -> TodayView:
        """The list as it now stands; the progress is over all elders, whatever the query."""
        common = self._common
        all_rows = self._all()
        wanted = query.strip()
        found = tuple(row for elder, row in all_rows.rows if not wanted or matches(elder, wanted))
        pulled = common.store.meta.get("pulled_at")
        progress = "today.progress_saved" if all_rows.saved else "today.progress"
        return TodayView(
            title=common.text("today.title"),
            rows=found,
            query=query,
            progress_done=all_rows.done,
            progress_saved=all_rows.saved,
            progress_total=all_rows.total,
            progress_text=common.text(progress, done=all_rows.done, total=all_rows.total, saved=all_rows.saved),
            empty_text=self._empty(bool(all_rows.rows), bool(found), pulled is not None),
            as_of_text=common.text("today.as_of", when=common.when(pulled)) if pulled else "",
            badge=common.badge(),
        )

    def forget(self) -> None:
        """Drop what is held in memory (the app was locked)."""
        self._prepared = None

    def _all(self) -> Prepared:
        common = self._common
        reading = common.platform.position.reading()
        place = (round(reading.lat, 4), round(reading.lon, 4)) if reading else None
        state = (common.store.database.version, common.now().date(), place, common.language)
        if self._prepared is None or self._prepared.state != state:
            rows = Rows(common)
            pairs = [(elder, rows.row(elder)) for elder in common.section("elders")]
            pairs.sort(key=lambda pair: rows.order(*pair))
            owed = [rows.owed(elder) for elder, _ in pairs]
            self._prepared = Prepared(
                state=state,
                rows=tuple(pairs),
                done=sum(1 for one in owed if one.needed and one.met),
                saved=sum(1 for one in owed if not one.met and one.saved_up),
                total=sum(1 for one in owed if one.needed),
            )
        return self._prepared

    def _empty(self, any_elder: bool, any_found: bool, pulled: bool) -> str:
        if any_found:
            return ""
        if any_elder:
            return self._common.text("today.none_found")
        return self._common.text("today.nobody" if pulled else "today.not_yet")
