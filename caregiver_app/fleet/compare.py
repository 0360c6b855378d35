"""Phone against server, word by word, over the phone's own tokens and a line that holds."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from urllib.parse import quote

from caregiver_app.fleet.line import PatientHttp
from caregiver_app.platform.protocols import Platform
from caregiver_app.store.cache import item_key
from caregiver_app.store.store import Store
from caregiver_app.sync.enrol import exchange, keep_tokens, refresh_request
from caregiver_app.sync.http import Http, NetworkError
from caregiver_app.sync.link import Link
from caregiver_app.sync.offset import server_now
from shared.protocol.visit import read_visit, same_content


class Comparer:
    """Reads what the server has for one phone."""

    def __init__(self, store: Store, platform: Platform, http: Http | None = None) -> None:
        self._store = store
        self._platform = platform
        self._own = PatientHttp() if http is None else None
        self._http: Http = http or self._own or PatientHttp()
        self._link = Link(store, platform, self._http)

    def disagreements(self) -> tuple[int, list[str]]:
        """(visits of this phone on the server, sentences that each name one disagreement)."""
        try:
            self._refresh()
            on_server = self._visits()
            found = self._about_visits(on_server)
            found += self._about_the_list()
        except NetworkError as error:
            return 0, [f"the server did not answer: {error}"]
        finally:
            if self._own is not None:
                self._own.close()
        return sum(on_server[row.id] for row in self._store.outbox.all()), found

    def _refresh(self) -> None:
        response = exchange(self._store, self._platform, self._http, refresh_request(self._store, self._platform))
        if response.status != 200:
            raise NetworkError(f"refresh: {response.status} {response.code}")
        keep_tokens(self._store, self._platform, response.json() or {})

    def _get(self, path: str) -> dict[str, Any]:
        response = self._link.call("GET", path)
        answer = response.json()
        if response.status != 200 or answer is None:
            raise NetworkError(f"{path.split('?')[0]}: {response.status} {response.code}")
        return answer

    def _visits(self) -> Counter[str]:
        """How often the server lists each visit of this person; the items are kept for comparing."""
        self._items: dict[str, dict[str, Any]] = {}
        counted: Counter[str] = Counter()
        cursor = ""
        while True:
            page = self._get(f"/visits?limit=100{cursor}")
            for item in page["items"]:
                counted[item["id"]] += 1
                self._items[item["id"]] = item
            if not page.get("next_cursor"):
                return counted
            cursor = f"&cursor={quote(str(page['next_cursor']), safe='')}"

    def _about_visits(self, on_server: Counter[str]) -> list[str]:
        found = []
        device = self._store.meta.get("device_id")
        rows = {row.id: row for row in self._store.outbox.all()}
        for visit_id, row in rows.items():
            times = on_server[visit_id]
            if row.state == "sent" and times != 1:
                found.append(f"visit {visit_id} is sent and {times} times on the server")
            elif row.state == "pending":
                found.append(f"visit {visit_id} is still pending: {row.last_error}")
            elif row.state == "refused":
                found.append(f"visit {visit_id} was refused: {row.last_error}")
            if times and row.frozen:  # of others only the sealed form is left, which nobody here can read
                found += self._about_words(visit_id, row.visit())
        for visit_id, item in self._items.items():
            if item.get("device_id") == device and visit_id not in rows:
                found.append(f"visit {visit_id} is on the server and not on its phone")
        return found

    def _about_words(self, visit_id: str, saved: dict[str, Any]) -> list[str]:
        item = self._items[visit_id]
        told = {**saved, **{key: item[key] for key in saved if key in item}}
        here, there = read_visit(saved).visit, read_visit(told).visit
        if here is None or there is None:
            return [f"visit {visit_id} cannot be read back"]
        if same_content(here, there):
            return []
        names = [key for key in saved if json.dumps(saved[key]) != json.dumps(told[key])]
        return [f"visit {visit_id} reads otherwise on the server: {', '.join(names)}"]

    def _about_the_list(self) -> list[str]:
        """The copy that was kept by changes against one that is fetched whole."""
        fresh: dict[str, dict[str, Any]] = {"elders": {}, "alerts": {}}
        cursor = ""
        while True:
            page = self._get(f"/sync/changes{cursor}")
            for section, items in fresh.items():
                for item in page.get(section) or ():
                    items[item_key(section, item) or ""] = self._shown(item)
            cursor = f"?cursor={quote(str(page['cursor']), safe='')}"
            if not page["has_more"]:
                break
        found = []
        for section, items in fresh.items():
            kept = {item_key(section, item) or "": self._shown(item) for item in self._store.cache.all(section)}
            for key in sorted(kept.keys() | items.keys()):
                here, there = kept.get(key), items.get(key)
                if here != there:
                    names = sorted(
                        name
                        for name in {*(here or ()), *(there or ())}
                        if (here or {}).get(name) != (there or {}).get(name)
                    )
                    found.append(f"{section} {key} differs: {', '.join(names)}")
        return found

    def _shown(self, item: dict[str, Any]) -> dict[str, Any]:
        """An item without what is over: a card stays as it is while days go by, and its phone shows what still runs."""
        if "due" not in item:
            return item
        today = server_now(self._store.meta, self._platform.clock).date().isoformat()
        return {**item, "due": [duty for duty in item["due"] if duty["end"] >= today]}
