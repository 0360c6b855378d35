"""docs/console.md names every page that is not a form's own address, with its right."""

import re
from pathlib import Path

from server.console.site import SUBJECTS

DOC = Path(__file__).parents[3] / "docs" / "console.md"
UNSAID = {"/console", "/console/login", "/console/language", "/console/more", "/console/static/<name>",
          "/console/<path:rest>", "/console/users/new"}  # fmt: skip


def test_every_page_is_described_and_nothing_else():
    described = dict(re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|", DOC.read_text(encoding="utf-8"), re.M))
    served = {
        route.path: str(route.right) for subject in SUBJECTS for route in subject.console.routes
        if route.method == "GET" and route.path not in UNSAID and not route.path.endswith(("/file", "<digest>"))
    }  # fmt: skip
    assert described == served
