"""Fetching what changed: page by page, each page one transaction, from exactly where the last one ended.

A page that the line broke is asked for again in half the size, down to a few elders: on a bad line a list of 500 comes
in pieces, each of which stays.
"""

from __future__ import annotations

from urllib.parse import quote

from caregiver_app.sync.http import NetworkError
from caregiver_app.sync.link import DONE, NO_NETWORK, Link, Outcome, trouble

# A server that forgets its own cursors at once is not asked without a pause.
RESTARTS = 3
# Elders in a page: as many as the server gives, unless the line breaks.
WHOLE, FEWEST = 500, 10


class Pull:
    """Fetches one page per step; what is kept between pages lies in the store."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._restarts = 0
        self.finished = True
        self.limit = WHOLE

    def step(self) -> Outcome:
        """One page; afterwards `finished` says whether it was the last."""
        store = self._link.store
        staged = store.meta.get("incoming_cursor")
        cursor = staged or store.meta.get("cursor")
        whole = staged is not None or cursor is None
        self.finished = False
        asked = [f"cursor={quote(str(cursor), safe='')}"] if cursor else []
        if self.limit < WHOLE:
            asked.append(f"limit={self.limit}")
        try:
            response = self._link.call("GET", "/sync/changes" + ("?" + "&".join(asked) if asked else ""))
        except NetworkError:
            self.limit = max(FEWEST, self.limit // 2)
            return NO_NETWORK
        if cursor and (response.status == 410 or response.code.startswith("cursor")):
            store.meta.set(cursor=None, incoming_cursor=None)
            self._restarts += 1
            return DONE if self._restarts < RESTARTS else Outcome("stuck", "odd")
        if response.status == 426:
            return Outcome("failed", "app_too_old")
        page = response.json()
        if response.status != 200:
            return trouble(response)
        if page is None or not page.get("cursor"):
            return Outcome("failed", "odd")
        try:
            with store.database.transaction():
                if store.learn_epoch(page.get("epoch")) and cursor:
                    # The page continues a copy of a time that the server no longer knows: begin anew.
                    return DONE
                if page.get("has_more") and page["cursor"] == cursor:
                    return Outcome("stuck", "odd")
                store.cache.apply(page, first=cursor is None, whole=whole, at=self._link.at())
        except (AttributeError, KeyError, TypeError, ValueError):
            # No page of a server of ours: nothing of it is kept.
            return Outcome("stuck", "odd")
        self.finished = not page.get("has_more")
        self.limit = min(WHOLE, self.limit * 2)
        if self.finished:
            self._restarts = 0
        return DONE
