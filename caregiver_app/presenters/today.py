"""Today's list: who is due, most urgent first."""

from __future__ import annotations

from caregiver_app.presenters.common import Common
from caregiver_app.presenters.rows import Rows
from caregiver_app.presenters.search import matches
from caregiver_app.presenters.views import TodayView


class TodayPresenter:
    """Fulfils `interface.Today`."""

    def __init__(self, common: Common) -> None:
        self._common = common

    def view(self, query: str = "") -> TodayView:
        """The list as it now stands; the progress is over all elders, whatever the query."""
        common = self._common
        rows = Rows(common)
        pairs = [(elder, rows.row(elder)) for elder in common.section("elders")]
        owed = [(rows.owed(elder), row) for elder, row in pairs]
        total = sum(1 for one, _ in owed if one.needed)
        done = sum(1 for one, _ in owed if one.needed and one.met)
        saved = sum(1 for one, _ in owed if not one.met and one.saved_up)
        wanted = query.strip()
        found = [(elder, row) for elder, row in pairs if not wanted or matches(elder, wanted)]
        found.sort(key=lambda pair: rows.order(*pair))
        pulled = common.store.meta.get("pulled_at")
        return TodayView(
            title=common.text("today.title"),
            rows=tuple(row for _, row in found),
            query=query,
            progress_done=done,
            progress_saved=saved,
            progress_total=total,
            progress_text=common.text(
                "today.progress_saved" if saved else "today.progress", done=done, total=total, saved=saved
            ),
            empty_text=self._empty(bool(pairs), bool(found), pulled is not None),
            as_of_text=common.text("today.as_of", when=common.when(pulled)) if pulled else "",
            badge=common.badge(),
        )

    def _empty(self, any_elder: bool, any_found: bool, pulled: bool) -> str:
        if any_found:
            return ""
        if any_elder:
            return self._common.text("today.none_found")
        return self._common.text("today.nobody" if pulled else "today.not_yet")
