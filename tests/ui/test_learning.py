"""Courses as they are touched: asked for on the list, read, answered, and then no longer asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.ui.test_flow import button


def test_a_required_course_is_asked_for_until_its_quiz_is_passed(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    navigator = stage.open(phone)
    assert "1" in navigator.page.learn_text
    stage.press(navigator.page.ids.learn)
    stage.press(button(navigator.page, "敲门之后：第一次探访"))
    from caregiver_app.screens.course import Picture
    from tests.ui.harness import walk

    assert any(isinstance(widget, Picture) and widget.texture for widget in walk(navigator.page))
    stage.press(navigator.page.ids.main)
    page = navigator.page
    stage.press(button(page, "先回家，明天再说"))
    assert not page.can_mark
    stage.press(button(page, "不碰钱，请家属或社区来办"))
    stage.press(page.ids.main)
    assert page.marked
    assert not page.passed
    stage.press(page.ids.main)
    stage.press(button(page, "给老人打电话"))
    stage.press(button(page, "不碰钱，请家属或社区来办"))
    stage.press(page.ids.main)
    assert page.passed
    stage.press(page.ids.main)
    assert navigator.path[-1] == "course"
    assert "已学完" in navigator.page.state_text
    navigator.home("today")
    assert navigator.page.learn_text == ""


def test_a_course_without_a_quiz_is_said_to_be_read(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    navigator = stage.open(phone)
    navigator.go("course", course_id=phone.learning.view().rows[1].id)
    stage.frames(3)
    stage.press(button(navigator.page, "我读完了"))
    assert navigator.page.main_words == ""


def test_a_broken_picture_is_said_in_words(window: None) -> None:
    from caregiver_app.screens.course import Quote, picture
    from shared.markdown import Block

    broken = picture(Block("picture", "一扇门", data=b"\x89PNG not really"))
    assert isinstance(broken, Quote)
    assert broken.text == "一扇门"


def test_permissions_are_explained_and_can_be_given_later(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    phone.platform.permissions.given.remove("camera")
    navigator = stage.open(phone)
    navigator.go("permissions")
    stage.frames(3)
    stage.press(button(navigator.page, "现在允许"))
    assert phone.platform.permissions.asked == ["camera"]
    stage.frames(3)
    assert phone.settings.view().permissions[1].granted
