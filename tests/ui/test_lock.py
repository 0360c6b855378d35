"""The lock as it is touched: keys, wrong tries and waits, the phone's own lock, a forgotten PIN, another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from nacl.public import PrivateKey

from caregiver_app.presenters.demo import DEMO_PIN
from shared.protocol.signing import b64
from tests.ui.test_flow import button, button_texts, enter

WRONG = "161803"


@pytest.fixture
def locked(stage: Any, demo: Callable[..., Any]) -> tuple[Any, Any]:
    """A locked phone and its navigator."""
    phone = demo()
    phone.lock.lock()
    return phone, stage.open(phone)


def test_the_right_pin_leads_to_the_list(stage: Any, locked: tuple[Any, Any]) -> None:
    _, navigator = locked
    assert navigator.path == ("lock",)
    enter(stage, navigator.page, DEMO_PIN[:3])
    assert navigator.page.ids.pad.said() == "已输入 3 位，还差 3 位"
    stage.press(button(navigator.page, "删除"))
    enter(stage, navigator.page, DEMO_PIN[2:])
    stage.until(lambda: navigator.path == ("today",))
    assert len(navigator.page.ids.list.data) == 20


def test_a_wrong_pin_is_said_in_words_and_five_make_wait(stage: Any, locked: tuple[Any, Any]) -> None:
    phone, navigator = locked
    for _ in range(4):
        enter(stage, navigator.page, WRONG)
    assert navigator.page.problem == "密码不对。"
    assert navigator.page.asks_pin
    enter(stage, navigator.page, WRONG)
    stage.until(lambda: navigator.page.waiting)
    assert not navigator.page.asks_pin
    assert "请等" in navigator.page.text
    phone.platform.clock.advance(61)
    navigator.page.refresh()
    stage.frames(4)
    enter(stage, navigator.page, DEMO_PIN)
    stage.until(lambda: navigator.path == ("today",))


def test_forgetting_asks_first_and_leads_to_a_new_enrolment_that_keeps_what_was_saved(
    stage: Any, demo: Callable[..., Any]
) -> None:
    phone = demo()
    key = b64(bytes(PrivateKey(bytes(range(32))).public_key))
    phone.store.meta.set(config={"server_keys": [{"id": "k1", "key": key}]})
    visit = phone.begin_visit(phone.today.view().rows[0].id)
    visit.all_good()
    visit.save()
    phone.lock.lock()
    navigator = stage.open(phone)
    stage.press(navigator.page.ids.forgot)
    assert navigator.path == ("lock", "forgotten")
    stage.press(navigator.page.ids.no)
    assert navigator.path == ("lock",)
    stage.press(navigator.page.ids.forgot)
    stage.press(navigator.page.ids.yes)
    stage.until(lambda: navigator.path == ("welcome",))
    assert "重新登记" in navigator.page.message or "登记码" in navigator.page.message
    assert phone.store.outbox.counts()["pending"] == 1


def test_an_emergency_needs_no_pin(stage: Any, locked: tuple[Any, Any]) -> None:
    phone, navigator = locked
    stage.press(navigator.page.ids.sos)
    assert navigator.path == ("lock", "sos")
    assert "120" in navigator.page.main_text()
    navigator.changed()
    stage.frames(4)
    assert navigator.path == ("lock", "sos")
    assert phone.lock.state == "locked"


def test_what_was_on_the_screen_is_gone_when_the_app_locks_itself(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    navigator = stage.open(phone)
    navigator.go("elder", elder_id=phone.today.view().rows[0].id)
    assert stage.app.on_pause()
    phone.platform.clock.advance(6 * 60)
    stage.app.on_resume()
    stage.until(lambda: navigator.path == ("lock",))
    assert not stage.app._key(None, 27)
    assert navigator.path == ("lock",)


def test_a_short_look_elsewhere_locks_nothing(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    navigator = stage.open(phone)
    stage.app.on_pause()
    phone.platform.clock.advance(30)
    stage.app.on_resume()
    stage.frames(5)
    assert navigator.path == ("today",)


def test_the_pin_is_changed_by_the_old_one_and_the_new_one_twice(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    navigator = stage.open(phone)
    navigator.home("settings")
    stage.frames(3)
    stage.press(button(navigator.page, "密码锁"))
    stage.press(navigator.page.ids.change)
    enter(stage, navigator.page, DEMO_PIN)
    enter(stage, navigator.page, "314159")
    enter(stage, navigator.page, "314158")
    assert navigator.page.problem == "两次不一样，请重新设置。"
    enter(stage, navigator.page, "314159")
    enter(stage, navigator.page, "314159")
    stage.until(lambda: navigator.path[-1] == "done")
    assert button_texts(navigator.page, "密码换好了") == 1
    phone.lock.lock()
    assert phone.lock.unlock("314159").state == "open"


def test_a_pin_that_thieves_try_first_is_not_taken(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    navigator = stage.open(phone)
    navigator.go("pin")
    stage.frames(3)
    enter(stage, navigator.page, DEMO_PIN)
    enter(stage, navigator.page, "111111")
    enter(stage, navigator.page, "111111")
    stage.until(lambda: bool(navigator.page.problem))
    assert "太容易" in navigator.page.problem
    assert navigator.page.step == "old"


def test_the_phones_own_lock_may_stand_in_for_the_pin(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    own = phone.platform.screen_lock
    own.there = True
    navigator = stage.open(phone)
    navigator.go("locking")
    stage.frames(3)
    stage.press(navigator.page.ids.phone)
    stage.until(lambda: navigator.page.by_phone)
    stage.press(navigator.page.ids.now)
    stage.until(lambda: navigator.path == ("lock",))
    own.opens = False
    stage.press(navigator.page.ids.phone)
    stage.until(lambda: bool(navigator.page.problem))
    own.opens = True
    stage.press(navigator.page.ids.phone)
    stage.until(lambda: navigator.path == ("today",))


def test_when_to_lock_is_chosen(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    navigator = stage.open(phone)
    navigator.go("locking")
    stage.frames(3)
    stage.press(next(b for b in navigator.page.ids.after.children if b.value == "1"))
    assert [choice.value for choice in phone.lock.view().lock_after if choice.chosen] == ["1"]


def test_words_being_typed_are_on_disk_before_the_app_is_put_away(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    navigator = stage.open(phone)
    elder = phone.today.view().rows[0].id
    visit = phone.begin_visit(elder)
    navigator.go("visit", draft_id=visit.draft_id)
    navigator.page.type("note", "话说到一半")
    assert visit.view().note == ""
    stage.app.dispatch("on_pause")
    assert visit.view().note == "话说到一半"
    phone.platform.clock.advance(600)
    stage.app.dispatch("on_resume")
    stage.until(lambda: navigator.path == ("lock",))
    enter(stage, navigator.page, DEMO_PIN)
    stage.until(lambda: navigator.path == ("today",))
    assert phone.open_draft(visit.draft_id).view().note == "话说到一半"


@pytest.mark.parametrize("key", ["store.too_new", "store.disk"])
def test_when_the_data_must_not_be_touched_the_app_says_so_in_both_languages(stage: Any, key: str) -> None:
    from caregiver_app.app import RefusalApp
    from caregiver_app.texts import TEXTS

    app = RefusalApp(key)
    app._run_prepare()
    stage.frames(3)
    (shown,) = app.root.children
    assert (shown.title, shown.text) == TEXTS[key]
    assert 0 < shown.height <= app.root.height
    stage.app = app
    app.dispatch("on_stop")
    from kivy.base import EventLoop

    for child in list(EventLoop.window.children):
        EventLoop.window.remove_widget(child)
    stage.app = None
