"""First contact: an address and a code make this phone known to a server."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from caregiver_app.presenters.common import Common
from caregiver_app.presenters.views.enrol import EnrolView
from caregiver_app.store.store import ENROL_AGAIN, ENROLLED, REVOKED
from caregiver_app.store.vault import Locked
from caregiver_app.sync.enrol import Refused
from caregiver_app.sync.http import NetworkError

_CODE_IN_PATH = re.compile(r"/(?:e|enrol|enroll)/([^/?#]+)")


class EnrolPresenter:
    """Fulfils `interface.Enrol`. `enrol(address, code)` makes the exchange, `pull()` the first list."""

    def __init__(self, common: Common, enrol: Callable[[str, str], None], pull: Callable[[], None]) -> None:
        self._common = common
        self._enrol = enrol
        self._pull = pull

    def view(self, problem: str = "", done: bool = False, code: str = "") -> EnrolView:
        """What the first screen shows."""
        common = self._common
        standing = common.store.standing
        again = standing in (ENROL_AGAIN, REVOKED)
        waiting = common.store.outbox.counts()["pending"]
        message = common.text(f"standing.{standing}")
        if waiting and standing != ENROLLED:
            message += common.text("badge.and_waiting", waiting=waiting)
        return EnrolView(
            needed=standing != ENROLLED,
            again=again,
            address=str(common.store.meta.get("base_url") or ""),
            waiting=waiting,
            message=message,
            problem=problem,
            done=done,
            problem_code=code,
        )

    def read(self, scanned: str) -> tuple[str, str]:
        """Address and code from what was scanned or typed.

        Understood: a link `<address>/enrol/<code>` (or `?code=` or `#<code>`), JSON `{"url", "code"}`, and a
        bare code.
        """
        text = scanned.strip()
        if text.startswith("{"):
            try:
                found = json.loads(text)
            except ValueError:
                return "", ""
            if isinstance(found, dict):
                return str(found.get("url") or found.get("base_url") or ""), str(found.get("code") or "")
            return "", ""
        if "://" not in text:
            return "", text
        parts = urlsplit(text)
        base = f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else ""
        in_path = _CODE_IN_PATH.search(parts.path)
        if in_path:
            return base + parts.path[: in_path.start()], in_path[1]
        code = (parse_qs(parts.query).get("code") or [parts.fragment.removeprefix("code=")])[0]
        return base + parts.path.rstrip("/").removesuffix("/enrol"), code

    def submit(self, address: str, code: str) -> EnrolView:
        """Enrol and pull the first list; the outbox of an earlier enrolment is kept and goes on."""
        common = self._common
        address, code = address.strip().rstrip("/"), code.strip()
        if not address or not code:
            return self.view(problem=common.text("enrol.incomplete"))
        if "://" not in address:
            address = f"https://{address}"
        if urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).netloc:
            return self.view(problem=common.text("enrol.bad_address"))
        try:
            self._enrol(address, code)
        except Locked:  # by itself meanwhile, perhaps: the code still serves this phone
            return self.view(problem=common.text("enrol.locked"))
        except Refused as refusal:
            return self.view(problem=refusal.words or common.label("failure", refusal.code), code=refusal.code)
        except NetworkError:
            return self.view(problem=common.text("enrol.no_network"))
        self._pull()
        return self.view(done=True)
