"""The real widgets over the real presenters and store: what a volunteer does, touch by touch."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import qrcode

from caregiver_app.presenters.demo import people, tag_text
from caregiver_app.presenters.phone import open_phone
from caregiver_app.sync.http import NetworkError, Request, Response


class LittleServer:
    """Knows one code and one list, and can be switched off."""

    def __init__(self, today: Any) -> None:
        self.up = True
        self._today = today

    def send(self, base_url: str, request: Request) -> Response:
        if not self.up:
            raise NetworkError("switched off")
        if request.path.endswith("/devices/enrol"):
            if json.loads(request.body or b"{}")["code"] != "GOOD-CODE":
                return self._answer(
                    401, {"code": "code_unknown", "title": "登记码不对", "detail": "登记码不对"}
                )
            user = {"id": "u", "name": "李梅", "roles": []}
            return self._answer(
                200,
                {"access_token": "a", "refresh_token": "r", "expires_in": 900, "user": user, "epoch": "1"},
            )
        if "/sync/changes" in request.path:
            return self._answer(200, people(6, self._today))
        raise NetworkError("not asked for here")

    def _answer(self, status: int, value: Any) -> Response:
        kind = "application/json" if status < 400 else "application/problem+json"
        return Response(status, {"content-type": kind}, json.dumps(value).encode())


def write(field: Any, text: str) -> None:
    """Type into a field."""
    field.ids.entry.text = text


def button(page: Any, text: str) -> Any:
    """The pressable thing that carries this text."""
    from kivy.uix.behaviors import ButtonBehavior

    from tests.ui.harness import walk

    for widget in walk(page):
        if isinstance(widget, ButtonBehavior):
            said = [getattr(w, "text", "") for w in walk(widget)] + [getattr(widget, "title", "")]
            if text in said:
                return widget
    raise AssertionError(f"no button says {text!r}")


def enter(stage: Any, page: Any, pin: str) -> None:
    """Press the keys of a PIN."""
    for figure in pin:
        key = next(key for key in page.ids.pad.ids.figures.children if getattr(key, "value", "") == figure)
        stage.press(key)


def choose_pin(stage: Any, navigator: Any, pin: str = "314159") -> None:
    """What follows the enrolment: a PIN, twice."""
    stage.until(lambda: navigator.path == ("pin",))
    enter(stage, navigator.page, pin)
    enter(stage, navigator.page, pin)


def tag_picture(folder: Path, text: str) -> Path:
    """A photo of a code."""
    path = folder / "牌.png"
    qrcode.make(text).save(path)
    return path


def test_from_a_code_to_a_saved_visit_without_network(stage: Any, machine: Any, tmp_path: Path) -> None:
    server = LittleServer(machine.clock.now().date())
    phone = open_phone(tmp_path / "phone", machine, http=server)
    navigator = stage.open(phone, preset={"address": "http://server.example", "code": "BAD"})
    assert navigator.path == ("welcome",)

    stage.press(navigator.page.ids.start)
    stage.until(lambda: navigator.page.problem == "登记码不对")
    write(navigator.page.ids.code, "GOOD-CODE")
    stage.press(navigator.page.ids.start)
    choose_pin(stage, navigator)
    stage.until(lambda: navigator.path == ("today",))
    assert len(navigator.page.ids.list.data) == 6

    server.up = False
    stage.press(navigator.page.ids.scan)
    assert navigator.path == ("today", "scan")
    stage.press(navigator.page.ids.picture)
    assert navigator.path == ("today", "scan", "files")
    picture = tag_picture(tmp_path, tag_text(2))
    navigator.page.open(tmp_path)
    stage.frames(3)
    stage.press(button(navigator.page, picture.name))
    stage.until(lambda: navigator.page.found is not None)
    assert navigator.page.found.kind == "elder"
    stage.press(navigator.page.ids.begin)
    assert navigator.path == ("today", "visit")
    page = navigator.page
    assert not page.can_save
    machine.clock.advance(900)
    stage.press(button(page, "全部良好"))
    assert page.can_save
    stage.press(page.ids.save)
    assert navigator.path == ("today", "saved")
    assert "本机" in navigator.page.message

    stage.press(navigator.page.ids.sync)
    stage.until(lambda: navigator.path == ("sync",))
    view = phone.outbox.view()
    assert [row.state for row in view.waiting] == ["pending"]
    assert button_texts(navigator.page, "已存本机，尚未送达") == 1


def button_texts(page: Any, text: str) -> int:
    """How many labels say this."""
    from tests.ui.harness import walk

    return sum(
        getattr(widget, "text", "") == text for widget in walk(page) if hasattr(widget, "texture_size")
    )


def test_a_draft_is_on_disk_as_soon_as_the_fingers_rest(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    navigator = stage.open(phone)
    elder = phone.today.view().rows[0].id
    navigator.go("elder", elder_id=elder)
    stage.frames(3)
    stage.press(button(navigator.page, "没有码，直接开始"))
    stage.press(button(navigator.page, "全部良好"))
    stage.press(button(navigator.page, "备注"))
    from caregiver_app.screens.parts import Field
    from tests.ui.harness import walk

    note = next(w for w in walk(navigator.page) if isinstance(w, Field))
    write(note, "想吃面条")
    draft = phone.drafts()[0]
    stage.until(lambda: phone.open_draft(draft).view().note == "想吃面条")
    stage.close()

    navigator = stage.open(demo())
    navigator.go("elder", elder_id=elder)
    stage.frames(3)
    stage.press(navigator.page.ids.main)
    view = navigator.page._visit.view()
    assert view.note == "想吃面条"
    assert view.answered == view.questions == 15


def test_one_item_is_graded_otherwise_and_taken_back(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    navigator = stage.open(phone)
    visit = phone.begin_visit(phone.today.view().rows[0].id)
    navigator.go("visit", draft_id=visit.draft_id)
    stage.frames(3)
    stage.press(button(navigator.page, "全部良好"))
    grade = navigator.page._parts["mind.mood"]
    poor = next(b for b in grade.ids.choices.children if b.value == "poor")
    stage.press(poor)
    assert poor.chosen
    assert poor.text == "✓ 差"
    assert not visit.view().all_good
    stage.press(poor)
    assert not poor.chosen
    assert visit.view().answered == 14


def test_nobody_home_asks_for_a_reason_and_says_whom_to_call(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    dialled: list[str] = []
    navigator = stage.open(phone, dial=lambda number: dialled.append(number) or True)
    row = phone.today.view().rows[0]
    visit = phone.begin_visit(row.id)
    navigator.go("visit", draft_id=visit.draft_id)
    stage.frames(3)
    page = navigator.page
    stage.press(button(page, "无人应答"))
    assert not page.can_save
    stage.press(button(page, phone.elder.view(row.id).calls[0].number))
    assert dialled == [phone.elder.view(row.id).calls[0].number]
    stage.press(button(page, "敲门无人应"))
    assert page.can_save


def test_throwing_a_draft_away_asks_once_more(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    navigator = stage.open(phone)
    visit = phone.begin_visit(phone.today.view().rows[0].id)
    navigator.go("visit", draft_id=visit.draft_id)
    stage.frames(3)
    stage.press(button(navigator.page, "不要这份记录"))
    assert phone.drafts() == (visit.draft_id,)
    stage.press(button(navigator.page, "确定，不要了"))
    assert phone.drafts() == ()
    assert navigator.path == ("today",)


def test_a_torn_tag_does_not_stop_a_visit(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    navigator = stage.open(phone)
    navigator.go("elder", elder_id=phone.today.view().rows[0].id)
    stage.frames(3)
    stage.press(navigator.page.ids.main)
    stage.press(navigator.page.ids.without)
    assert navigator.path[-1] == "visit"
    assert navigator.page._visit.view().tag_text == "未扫二维码牌"


def test_a_typed_code_finds_its_elder(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    navigator = stage.open(phone)
    navigator.go("scan")
    write(navigator.page.ids.typed, tag_text(1).rsplit("/", 1)[1])
    stage.frames(2)
    stage.press(navigator.page.ids.use)
    assert navigator.page.found.kind == "elder"
    write(navigator.page.ids.typed, "hello")
    stage.frames(2)
    stage.press(navigator.page.ids.use)
    assert navigator.page.found.kind == "not_a_tag"


def test_a_picture_that_is_none_is_said_to_be_none(
    stage: Any, demo: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "x.png").write_bytes(b"no picture")
    navigator = stage.open(demo())
    navigator.go("scan")
    navigator.page.read_picture(tmp_path / "x.png")
    stage.until(lambda: navigator.page.found is not None)
    assert not navigator.page.found.can_visit


def test_search_narrows_the_list_and_can_be_cleared(stage: Any, demo: Callable[..., Any]) -> None:
    navigator = stage.open(demo(elders=60))
    page = navigator.page
    name = page.ids.list.data[5]["name"]
    write(page.ids.search, name)
    stage.frames(3)
    assert {row["name"] for row in page.ids.list.data} == {name}
    write(page.ids.search, "nobody of this name")
    stage.frames(3)
    assert page.empty_title
    page.ids.search.text = ""
    stage.frames(3)
    assert len(page.ids.list.data) == 60


def test_language_and_size_change_at_once_and_everywhere(stage: Any, demo: Callable[..., Any]) -> None:
    navigator = stage.open(demo())
    navigator.home("settings")
    stage.frames(3)
    stage.press(button(navigator.page, "English"))
    stage.press(button(navigator.page, "Large text"))
    from caregiver_app.screens.style import ui

    assert (ui.language, ui.theme.text_size) == ("en", "large")
    stage.press(button(navigator.page, "Today"))
    assert button_texts(navigator.page, "Scan and begin a visit") + button_texts(navigator.page, "Scan") == 1


def test_the_back_key_goes_back_and_leaves_only_from_the_list(stage: Any, demo: Callable[..., Any]) -> None:
    navigator = stage.open(demo())
    navigator.go("scan")
    assert stage.app._key(None, 27)
    assert navigator.path == ("today",)
    navigator.home("settings")
    assert stage.app._key(None, 27)
    assert navigator.path == ("today",)
    assert not stage.app._key(None, 27)


def test_an_error_in_a_callback_comes_out_here(stage: Any, demo: Callable[..., Any]) -> None:
    navigator = stage.open(demo())
    navigator.page.ids.scan.bind(on_release=lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        stage.press(navigator.page.ids.scan)


def test_in_the_field_an_error_leads_to_a_page_that_says_so(stage: Any, demo: Callable[..., Any]) -> None:
    from kivy.base import ExceptionManager

    from caregiver_app.app import KeepRunning

    navigator = stage.open(demo())
    handler = KeepRunning(stage.app)
    assert handler.handle_exception(ZeroDivisionError()) == ExceptionManager.PASS
    assert navigator.path == ("trouble",)
    stage.frames(3)
    stage.press(navigator.page.ids.home)
    assert navigator.path == ("today",)
    assert handler.handle_exception(KeyboardInterrupt()) == ExceptionManager.RAISE


def test_a_thousand_elders_are_listed_with_a_handful_of_widgets(stage: Any, demo: Callable[..., Any]) -> None:
    navigator = stage.open(demo(elders=1000))
    page = navigator.page
    stage.frames(3)
    assert len(page.ids.list.data) == 1000
    assert len(page.ids.list.children[0].children) < 12


def test_what_the_sync_engine_changes_is_shown_by_itself(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    navigator = stage.open(phone)
    navigator.home("sync")
    visit = phone.begin_visit(phone.today.view().rows[0].id)
    visit.all_good()
    visit.save()
    stage.until(lambda: navigator.page.waiting == 1)


def test_a_registration_code_is_read_from_a_picture(stage: Any, machine: Any, tmp_path: Path) -> None:
    phone = open_phone(tmp_path / "phone", machine, http=LittleServer(machine.clock.now().date()))
    navigator = stage.open(phone)
    stage.press(navigator.page.ids.scan)
    assert navigator.path == ("welcome", "scan")
    picture = tag_picture(tmp_path, "http://server.example/enrol/GOOD-CODE")
    navigator.page.read_picture(picture)
    stage.until(lambda: navigator.path == ("welcome",))
    page = navigator.page
    assert (page.address, page.code) == ("http://server.example", "GOOD-CODE")
    stage.press(page.ids.start)
    choose_pin(stage, navigator)
    stage.until(lambda: navigator.path == ("today",))


def test_registering_without_a_code_says_what_is_missing(stage: Any, machine: Any, tmp_path: Path) -> None:
    phone = open_phone(tmp_path / "phone", machine, http=LittleServer(machine.clock.now().date()))
    navigator = stage.open(phone)
    stage.press(navigator.page.ids.start)
    assert navigator.page.code_problem
    assert navigator.page.address_problem
    assert navigator.path == ("welcome",)


def test_a_picture_becomes_a_photo_of_the_visit_and_can_be_removed(
    stage: Any, demo: Callable[..., Any], tmp_path: Path
) -> None:
    phone = demo()
    navigator = stage.open(phone)
    visit = phone.begin_visit(phone.today.view().rows[0].id)
    navigator.go("visit", draft_id=visit.draft_id)
    stage.frames(3)
    photo = tmp_path / "kitchen.jpg"
    photo.write_bytes(b"\xff\xd8 a kitchen")
    navigator.page.add_photo(photo)
    stage.until(lambda: len(visit.view().photos) == 1)
    stage.press(button(navigator.page, "照片"))
    stage.press(button(navigator.page, "照片 1"))
    assert visit.view().photos == ()
    (tmp_path / "text.jpg").write_text("no picture")
    navigator.page.add_photo(tmp_path / "text.jpg")
    stage.until(lambda: navigator.page.problem == "这个文件不是图片。")


def test_the_camera_is_asked_for_once_it_is_needed_and_then_reads_a_tag(stage: Any, demo: Callable[..., Any]) -> None:
    from caregiver_app.platform.protocols import Frame

    phone = demo()
    picture = qrcode.make(tag_text(3)).convert("RGBA")
    camera, owner = phone.platform.camera, phone.platform.permissions
    camera.frames.append(Frame(picture.tobytes(), *picture.size))
    owner.given.clear()
    navigator = stage.open(phone)
    stage.press(navigator.page.ids.scan)
    page = navigator.page
    assert owner.asked == ["camera"]
    stage.until(lambda: page.found is not None)
    assert page.has_camera
    assert page.found.kind == "elder"
    stage.press(page.ids.begin)
    assert not camera.running


def test_a_camera_that_is_refused_leaves_pictures_and_typing(stage: Any, demo: Callable[..., Any]) -> None:
    from caregiver_app.platform.protocols import Frame

    phone = demo()
    phone.platform.camera.frames.append(Frame(bytes(4), 1, 1))
    phone.platform.permissions.given.clear()
    phone.platform.permissions.refused.add("camera")
    navigator = stage.open(phone)
    stage.press(navigator.page.ids.scan)
    stage.frames(5)
    assert not navigator.page.has_camera
