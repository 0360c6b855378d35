"""Settings, and what the owner allows."""

from __future__ import annotations

from dataclasses import dataclass

from caregiver_app.presenters.views.base import Choice


@dataclass(frozen=True, slots=True)
class PermissionRow:
    """Something that the app asks the phone's owner for. `name` is None for what is not asked but only declared."""

    name: str | None
    title: str
    why: str
    granted: bool
    state_text: str


@dataclass(frozen=True, slots=True)
class SettingsView:
    """Language, elder mode, text size, reading aloud, and facts about this phone."""

    languages: tuple[Choice, ...]
    editions: tuple[Choice, ...]  # standard | elder
    text_sizes: tuple[Choice, ...]
    readings: tuple[Choice, ...]  # on | off
    language: str
    elder: bool
    text_size: str
    aloud: bool
    voice_text: str  # empty, or that this machine has no voice for the language
    permissions: tuple[PermissionRow, ...]
    who: str
    device_id: str
    address: str
    version: str
