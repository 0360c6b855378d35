"""Language and text size, and facts about this phone for whoever helps its owner."""

from __future__ import annotations

from caregiver_app.presenters.common import Common
from caregiver_app.presenters.views import Choice, SettingsView
from caregiver_app.texts import LANGUAGES
from caregiver_app.version import VERSION

# Body text of 18, 24 and 30 sp (STANDARDS: the figures of 「长辈版」).
SCALES = {"normal": 1.0, "large": 24 / 18, "largest": 30 / 18}


class SettingsPresenter:
    """Fulfils `interface.Settings`."""

    def __init__(self, common: Common) -> None:
        self._common = common

    def view(self) -> SettingsView:
        """The settings as they now stand."""
        common = self._common
        meta = common.store.meta
        size = str(meta.get("text_size", "normal"))
        user = meta.get("user") or {}
        return SettingsView(
            languages=tuple(
                Choice(code, {"zh": "中文", "en": "English"}[code], code == common.language) for code in LANGUAGES
            ),
            text_sizes=tuple(Choice(name, common.text(f"size.{name}"), name == size) for name in SCALES),
            language=common.language,
            text_size=size,
            scale=SCALES[size],
            who=str(user.get("name") or ""),
            device_id=str(meta.get("device_id") or ""),
            address=str(meta.get("base_url") or ""),
            version=VERSION,
        )

    def set_language(self, language: str) -> SettingsView:
        """ValueError for a language the app does not speak."""
        if language not in LANGUAGES:
            raise ValueError(language)
        self._common.store.meta.set(language=language)
        return self.view()

    def set_text_size(self, size: str) -> SettingsView:
        """ValueError for a size that is none of the three."""
        if size not in SCALES:
            raise ValueError(size)
        self._common.store.meta.set(text_size=size)
        return self.view()
