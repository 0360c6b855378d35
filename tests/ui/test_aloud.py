"""Reading aloud: every screen offers it in elder mode, reads what stands there, and falls silent when told or left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.ui.fakes import FakePhone
from tests.ui.harness import walk
from tests.ui.test_geometry import SCREENS


def read_button(page: Any) -> Any:
    from caregiver_app.screens.frame import ReadButton

    return next(widget for widget in walk(page) if isinstance(widget, ReadButton) and widget.shown)


def test_it_is_offered_in_elder_mode_and_by_choice_and_reads_the_list(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    navigator = stage.open(phone)
    navigator.home("hours")
    with pytest.raises(StopIteration):
        read_button(navigator.page)
    phone.settings.set_edition("elder")
    navigator.home("hours")
    stage.frames(3)
    stage.press(read_button(navigator.page))
    ((language, said),) = phone.platform.voice.said
    assert language == "zh"
    assert "20 小时 45 分钟" in said
    assert "发送情况" not in said
    assert read_button(navigator.page).reading
    stage.press(read_button(navigator.page))
    assert not phone.platform.voice.speaking()
    assert not read_button(navigator.page).reading


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_screen_has_the_button_in_elder_mode_and_what_stands_largest_on_it_is_read(
    stage: Any, language: str
) -> None:
    from caregiver_app.screens.aloud import tidy
    from caregiver_app.screens.frame import ReadButton
    from caregiver_app.screens.parts import Section, Txt

    navigator = stage.open(FakePhone(language, "large"))
    silent, unread = [], {}
    for screen, show in SCREENS.items():
        phone = navigator.phone = FakePhone(language, "large")
        navigator.close()
        show(navigator, phone)
        stage.layout(8)
        page = navigator.page
        if screen == "words":  # the words themselves, where there is no voice
            continue
        if not any(isinstance(one, ReadButton) and one.shown and one.height > 0 for one in walk(page)):
            silent.append(screen)
        texts = [one for one in walk(page) if type(one) in (Txt, Section) and len(one.text) > 1]
        largest = max(texts, key=lambda one: one.font_size, default=None)
        if largest is None or tidy(largest.text) not in page.main_text():
            unread[screen] = largest.text if largest else "nothing"
    assert (silent, unread) == ([], {})


def test_leaving_the_screen_falls_silent(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    phone.settings.set_edition("elder")
    navigator = stage.open(phone)
    navigator.home("settings")
    stage.frames(3)
    stage.press(read_button(navigator.page))
    assert phone.platform.voice.speaking()
    navigator.home("hours")
    assert not phone.platform.voice.speaking()


def test_when_the_voice_is_through_the_button_offers_again(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    phone.settings.set_aloud(True)
    navigator = stage.open(phone)
    navigator.home("hours")
    stage.frames(3)
    stage.press(read_button(navigator.page))
    phone.platform.voice.busy = False
    stage.until(lambda: not read_button(navigator.page).reading)


def test_a_machine_without_a_voice_shows_the_words(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    phone.platform.voice.languages = ()
    phone.settings.set_edition("elder")
    navigator = stage.open(phone)
    navigator.home("hours")
    stage.frames(3)
    stage.press(read_button(navigator.page))
    assert navigator.path == ("hours", "words")
    assert "20 小时 45 分钟" in navigator.page.text
    assert navigator.page.why
    stage.press(read_button(navigator.page))
    assert navigator.path == ("hours", "words")


def test_of_choices_what_is_chosen_is_read(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    navigator = stage.open(phone)
    navigator.home("settings")
    stage.frames(2)
    said = navigator.page.main_text()
    assert "语言。\n已选：中文。" in said
    assert "✓" not in said
    phone.settings.set_language("en")
    navigator.rebuild()
    stage.frames(2)
    assert "Chosen: English." in navigator.page.main_text()


def test_elder_mode_is_offered_on_the_first_screen_and_brings_large_type(
    stage: Any, machine: Any, tmp_path: Any
) -> None:
    from caregiver_app.presenters.phone import open_phone
    from caregiver_app.screens.style import ui

    phone = open_phone(tmp_path / "phone", machine)
    navigator = stage.open(phone)
    editions = navigator.page.ids.editions
    stage.press(next(button for button in editions.children if button.label == "长辈版"))
    assert (ui.elder, ui.aloud, ui.theme.text_size) == (True, True, "large")
    editions = navigator.page.ids.editions
    stage.press(next(button for button in editions.children if button.label == "标准版"))
    assert (ui.elder, ui.aloud, ui.theme.text_size) == (False, False, "normal")
    stage.close()
    phone.stop()


def test_a_size_chosen_by_itself_does_not_change_the_edition(demo: Callable[..., Any]) -> None:
    settings = demo().settings
    assert not settings.set_text_size("largest").elder
    settings.set_edition("elder")
    view = settings.set_text_size("normal")
    assert (view.elder, view.text_size) == (True, "normal")
    assert not settings.set_aloud(False).aloud
    with pytest.raises(ValueError, match="huge"):
        settings.set_edition("huge")
