"""Language, elder mode, text size, reading aloud, permissions; facts about this phone for whoever helps its owner."""

from __future__ import annotations

from collections.abc import Callable

from caregiver_app.platform.needs import NEEDS
from caregiver_app.presenters.common import Common
from caregiver_app.presenters.views.base import Choice
from caregiver_app.presenters.views.settings import PermissionRow, SettingsView
from caregiver_app.texts import LANGUAGES
from caregiver_app.version import VERSION

#: Body text of 18, 24 and 30 sp (STANDARDS: the figures of 「长辈版」).
SIZES = ("normal", "large", "largest")
STANDARD, ELDER = "standard", "elder"


class SettingsPresenter:
    """Fulfils `interface.Settings`."""

    def __init__(self, common: Common, tell: Callable[[], None], wake: Callable[[], None]) -> None:
        self._common = common
        self._tell = tell
        self._wake = wake

    def view(self) -> SettingsView:
        """The settings as they now stand."""
        common = self._common
        meta = common.store.meta
        size = str(meta.get("text_size", "normal"))
        elder = bool(meta.get("elder", size != "normal"))
        aloud = bool(meta.get("aloud", elder))
        user = meta.get("user") or {}
        voice = common.platform.voice.available(common.language)
        return SettingsView(
            languages=tuple(
                Choice(code, {"zh": "中文", "en": "English"}[code], code == common.language) for code in LANGUAGES
            ),
            editions=tuple(
                Choice(name, common.text(f"edition.{name}"), (name == ELDER) == elder) for name in (STANDARD, ELDER)
            ),
            text_sizes=tuple(Choice(name, common.text(f"size.{name}"), name == size) for name in SIZES),
            readings=tuple(
                Choice(name, common.text(f"aloud.{name}"), (name == "on") == aloud) for name in ("on", "off")
            ),
            language=common.language,
            elder=elder,
            text_size=size,
            aloud=aloud,
            voice_text="" if voice else common.text("aloud.no_voice"),
            permissions=tuple(self._permission(name) for name in NEEDS),
            who=str(user.get("name") or ""),
            device_id=str(meta.get("device_id") or ""),
            address=str(meta.get("base_url") or ""),
            version=VERSION,
        )

    def set_language(self, language: str) -> SettingsView:
        """What the server worded is fetched again in it. ValueError for a language the app does not speak."""
        if language not in LANGUAGES:
            raise ValueError(language)
        if language != self._common.language:
            self._common.store.meta.set(language=language, cursor=None, incoming_cursor=None)
            self._wake()
        return self.view()

    def set_edition(self, edition: str) -> SettingsView:
        """`elder` brings large type and reading aloud along; both can be changed afterwards. ValueError: neither."""
        if edition not in (STANDARD, ELDER):
            raise ValueError(edition)
        elder = edition == ELDER
        size = self.view().text_size
        if elder != (size != "normal"):
            size = "large" if elder else "normal"
        self._common.store.meta.set(elder=elder, text_size=size, aloud=None)
        return self.view()

    def set_text_size(self, size: str) -> SettingsView:
        """ValueError for a size that is none of the three."""
        if size not in SIZES:
            raise ValueError(size)
        self._common.store.meta.set(text_size=size, elder=self.view().elder)
        return self.view()

    def set_aloud(self, aloud: bool) -> SettingsView:
        """Whether every screen offers to be read aloud."""
        self._common.store.meta.set(aloud=aloud)
        return self.view()

    def ask(self, name: str) -> None:
        """Ask the owner for what was refused or not asked yet; the view shows what came of it."""
        self._common.platform.permissions.ask(name, lambda _: self._tell())

    def _permission(self, name: str) -> PermissionRow:
        common = self._common
        asked = NEEDS[name].asked
        granted = not asked or common.platform.permissions.granted(name)
        return PermissionRow(
            name=name if asked else None,
            title=common.text(f"permission.{name}"),
            why=common.text(f"permission.{name}_why"),
            granted=granted,
            state_text=common.text("permission.granted" if granted else "permission.not_granted"),
        )
