"""Choosing a picture: folders and pictures as large rows, newest pictures first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.properties import StringProperty

from caregiver_app.screens.base import Page
from caregiver_app.screens.cards import ListRow
from caregiver_app.screens.parts import Empty, load_kv, on_release, replace
from caregiver_app.screens.style import ui

PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif"}
MOST = 60
#: Where pictures usually lie, on Android and elsewhere; the first that exists is opened.
LIKELY = ("/storage/emulated/0/DCIM/Camera", "/storage/emulated/0/Pictures", "~/Pictures", "~/图片", "~")


def first_folder() -> Path:
    """Where to begin looking."""
    for candidate in LIKELY:
        path = Path(candidate).expanduser()
        if path.is_dir():
            return path
    return Path("/")


def contents(folder: Path) -> tuple[list[Path], list[Path]]:
    """Folders by name and pictures newest first; hidden and unreadable ones are left out."""
    folders: list[Path] = []
    pictures: list[tuple[float, Path]] = []
    try:
        entries = list(folder.iterdir())
    except OSError:
        return [], []
    for entry in entries:
        if entry.name.startswith("."):
            continue
        try:
            if entry.is_dir():
                folders.append(entry)
            elif entry.suffix.lower() in PICTURES:
                pictures.append((entry.stat().st_mtime, entry))
        except OSError:
            continue
    newest = [path for _, path in sorted(pictures, key=lambda pair: pair[0], reverse=True)]
    return sorted(folders, key=lambda path: path.name.lower()), newest


class FilesScreen(Page):
    """Calls `on_pick(path)`; whoever opened it goes on from there."""

    place = StringProperty("")
    last: Path | None = None  # the folder a picture was last taken from, while the app runs

    def setup(self, on_pick: Any = None, folder: Path | None = None, **_: Any) -> None:
        self._on_pick = on_pick
        self._folder = folder or FilesScreen.last or first_folder()
        self._drawn: Path | None = None

    def refresh(self) -> None:
        if self._drawn != self._folder:
            self._drawn = self._folder
            self._draw()

    def open(self, folder: Path) -> None:
        """Look into a folder."""
        self._folder = folder
        self.refresh()
        self.ids.scroll.scroll_y = 1

    def pick(self, path: Path) -> None:
        """This one."""
        FilesScreen.last = path.parent
        self._on_pick(path)

    def _draw(self) -> None:
        self.place = str(self._folder)
        folders, pictures = contents(self._folder)
        rows: list[Any] = []
        if self._folder.parent != self._folder:
            up = ListRow(title=ui.word("files.up"), picture="up", arrow="")
            rows.append(on_release(up, lambda: self.open(self._folder.parent)))
        for path in pictures[:MOST]:
            row = ListRow(title=path.name, picture="image")
            rows.append(on_release(row, lambda path=path: self.pick(path)))
        for path in folders[:MOST]:
            row = ListRow(title=path.name, picture="folder")
            rows.append(on_release(row, lambda path=path: self.open(path)))
        if not pictures:
            rows.append(
                Empty(picture="image", title=ui.word("files.empty"), text=ui.word("files.empty_help"))
            )
        replace(self.ids.rows, rows)


load_kv(__file__)
