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
from tests.ui.fakes import PHOTO
from tests.ui.harness import walk


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
    stage.until(lambda: navigator.path == ("today", "elder"))
    stage.press(navigator.page.ids.main)
    assert navigator.path == ("today", "elder", "visit")
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
    from caregiver_app.screens.fields import Field

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


def test_nobody_home_is_saved_first_and_then_says_whom_to_call(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    dialled: list[str] = []
    navigator = stage.open(phone, dial=lambda number: dialled.append(number) or True)
    row = next(row for row in phone.today.view().rows if row.due == "due")
    navigator.go("elder", elder_id=row.id)
    stage.frames(3)
    stage.press(navigator.page.ids.nobody)
    assert navigator.path[-1] == "visit"
    assert not navigator.page.can_save
    stage.press(button(navigator.page, "敲门没人应"))
    stage.press(navigator.page.ids.save)
    assert navigator.path == ("today", "steps")

    number = phone.elder.view(row.id).calls[0].number
    stage.press(button(navigator.page, phone.elder.view(row.id).calls[0].name))
    assert dialled == [number]
    stage.press(button(navigator.page, "没人接"))
    stage.press(button(navigator.page, phone.elder.view(row.id).calls[1].name))
    stage.press(button(navigator.page, "知道老人在哪"))
    stage.press(button(navigator.page, "在医院"))
    assert [event.event()["data"]["outcome"] for event in phone.store.events.all()] == ["no_answer", "whereabouts"]
    assert button_texts(navigator.page, "已经知道老人在哪里") == 1
    stage.press(navigator.page.ids.done)
    assert navigator.path == ("today",)


def test_a_second_attempt_is_chosen_and_stands_on_the_list(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    navigator = stage.open(phone)
    row = next(row for row in phone.today.view().rows if row.due == "due")
    visit = phone.begin_visit(row.id)
    visit.set_outcome("not_home")
    visit.set_reason("no_answer")
    visit.save()
    navigator.go("elder", elder_id=row.id)
    stage.frames(3)
    stage.press(button(navigator.page, "接着打电话问"))
    stage.press(button(navigator.page, "今天下午五点"))
    stage.press(navigator.page.ids.done)
    item = next(item for item in navigator.page.ids.list.data if item["elder_id"] == row.id)
    assert item["again_text"] == "今天 17:00 再去看看"
    assert item["badge_text"] == "无人应答，需追踪"


@pytest.mark.parametrize("size", ["normal", "large", "largest"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_usual_visit_takes_four_touches(
    stage: Any, demo: Callable[..., Any], language: str, size: str
) -> None:
    phone = demo()
    phone.settings.set_language(language)
    phone.settings.set_text_size(size)
    navigator = stage.open(phone)
    elder = phone.scan.read_text(tag_text(2)).elder
    touches = stage.touches

    stage.press(navigator.page.ids.scan)
    navigator.page.take(phone.scan.read_text(tag_text(2)))  # what the camera saw
    stage.frames(3)
    assert navigator.path == ("today", "elder")
    assert navigator.page.elder_name == elder.name
    stage.press(navigator.page.ids.main)
    stage.press(navigator.page._parts["all_good"])
    stage.press(navigator.page.ids.save)

    assert stage.touches - touches == 4
    assert navigator.path == ("today", "saved")
    (row,) = phone.store.outbox.all()
    assert (row.visit()["elder_id"], row.visit()["tag"]) == (elder.id, tag_text(2))


@pytest.mark.parametrize("what", ["urgent", "needs", "note", "photos", "companions", "channels"])
def test_anything_else_is_one_touch_further(stage: Any, demo: Callable[..., Any], what: str) -> None:
    phone = demo()
    navigator = stage.open(phone)
    visit = phone.begin_visit(phone.today.view().rows[0].id)
    navigator.go("visit", draft_id=visit.draft_id)
    stage.frames(3)
    touches = stage.touches
    stage.press(navigator.page._parts[f"tool.{what}"])
    assert stage.touches - touches == 1
    assert navigator.page._parts[f"tool.{what}"].opened
    shown = {"urgent": "跌倒", "needs": "助餐", "photos": "添加照片", "companions": "赵敏 社工", "channels": "电话探访"}
    if what == "note":
        from caregiver_app.screens.fields import Field

        assert any(isinstance(widget, Field) for widget in walk(navigator.page))
    else:
        stage.press(button(navigator.page, shown[what]))


def test_what_is_typed_about_a_need_is_kept_when_another_is_chosen(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    navigator = stage.open(phone)
    visit = phone.begin_visit(phone.today.view().rows[0].id)
    navigator.go("visit", draft_id=visit.draft_id)
    stage.frames(3)
    page = navigator.page
    stage.press(page._parts["tool.needs"])
    stage.press(button(page, "助餐"))
    field = page._parts["need.meals"]
    assert "助餐" in field.title
    field.text = "牙不好，要软的"
    stage.press(button(page, "助医"))
    notes = [(need.kind, need.note) for need in visit.view().need_notes]
    assert notes == [("meals", "牙不好，要软的"), ("medical", "")]
    assert page._parts["need.meals"].text == "牙不好，要软的"
    page._parts["need.medical"].text = "配眼镜"
    stage.press(button(page, "返回"))
    assert visit.view().need_notes[1].note == "配眼镜"


def test_a_visit_of_a_minute_is_doubted_kindly_and_saved_by_one_touch(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    navigator = stage.open(phone)
    visit = phone.begin_visit(phone.today.view().rows[0].id)
    navigator.go("visit", draft_id=visit.draft_id)
    stage.frames(3)
    phone.platform.clock.advance(65)
    stage.press(navigator.page._parts["all_good"])
    assert navigator.page.missing.startswith("您到这里 1 分钟")
    assert navigator.page.save_text == "就这样保存"
    phone.platform.clock.advance(600)
    navigator.page._time_passed()
    assert navigator.page.missing == ""
    assert navigator.page.save_text == "保存"
    stage.press(navigator.page.ids.save)
    assert navigator.path == ("today", "saved")


def test_an_emergency_is_two_touches_from_the_list(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    dialled: list[str] = []
    navigator = stage.open(phone, dial=lambda number: dialled.append(number) or True)
    stage.press(navigator.page.ids.sos)
    assert navigator.path == ("today", "sos")
    stage.press(button(navigator.page, "120 急救"))
    assert dialled == ["120"]
    stage.press(button(navigator.page, "通知值班人员"))
    (event,) = phone.store.events.all()
    assert (event.kind, event.urgent) == ("sos", True)
    assert any("已记下求助" in widget for widget in texts_on(navigator.page))


def test_an_urgent_visit_shows_whom_to_call_before_and_after_saving(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    navigator = stage.open(phone)
    visit = phone.begin_visit(phone.today.view().rows[0].id)
    navigator.go("visit", draft_id=visit.draft_id)
    stage.frames(3)
    stage.press(navigator.page._parts["tool.urgent"])
    stage.press(button(navigator.page, "跌倒"))
    assert {"120", "110", "社区主任 · 13900000002"} <= set(texts_on(navigator.page))
    stage.press(navigator.page.ids.save)
    assert navigator.path == ("today", "sos")
    assert "120 急救" in texts_on(navigator.page)


def test_a_visit_by_phone_dials_and_is_recorded_as_one(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    dialled: list[str] = []
    navigator = stage.open(phone, dial=lambda number: dialled.append(number) or True)
    elder = phone.elder.view(phone.today.view().rows[0].id)
    navigator.go("elder", elder_id=elder.row.id)
    stage.frames(3)
    stage.press(button(navigator.page, "记录电话探访"))
    stage.press(button(navigator.page, elder.calls[0].name))
    assert dialled == [elder.calls[0].number]
    stage.press(button(navigator.page, "老人本人"))
    stage.press(navigator.page._parts["all_good"])
    stage.press(navigator.page.ids.save)
    saved = phone.store.outbox.all()[0].visit()
    assert (saved["channel"], saved["form"]["id"], saved["answers"]["call.spoken_to"]) == (
        "phone", "contact-call", "elder",
    )  # fmt: skip


def test_a_form_without_a_code_says_so_and_can_be_scanned_later(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    navigator = stage.open(phone)
    row = phone.scan.read_text(tag_text(2)).elder
    navigator.go("elder", elder_id=row.id)
    navigator.page.begin("home")
    stage.frames(3)
    assert "未扫二维码牌" in navigator.page.under
    stage.press(button(navigator.page, "现在扫码"))
    navigator.page.take(phone.scan.read_text(tag_text(2)))
    stage.frames(3)
    assert navigator.path == ("today", "elder", "visit")
    assert "已扫二维码牌" in navigator.page.under


def test_a_spoken_note_stands_in_its_field(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    phone.platform.dictation.words.append("想吃面条")
    navigator = stage.open(phone)
    visit = phone.begin_visit(phone.today.view().rows[0].id)
    navigator.go("visit", draft_id=visit.draft_id)
    stage.frames(3)
    stage.press(navigator.page._parts["tool.note"])
    stage.press(button(navigator.page, "说出来，自动写"))
    assert navigator.page._parts["note"].text == "想吃面条"
    assert phone.open_draft(visit.draft_id).view().note == "想吃面条"


def texts_on(page: Any) -> list[str]:
    """All that the page says."""

    return [widget.text for widget in walk(page) if getattr(widget, "text", "")]


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


def test_a_search_is_cleared_by_the_button_in_its_field(stage: Any, demo: Callable[..., Any]) -> None:
    from caregiver_app.screens.fields import IconButton

    navigator = stage.open(demo())
    search = navigator.page.ids.search
    write(search, "nobody of that name")
    stage.frames(3)
    assert navigator.page.empty_title
    (clear,) = (widget for widget in walk(search) if isinstance(widget, IconButton))
    assert clear.right <= navigator.width
    stage.press(clear)
    assert search.text == ""
    assert navigator.page.empty_title == ""


def test_a_torn_tag_does_not_stop_a_visit(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    navigator = stage.open(phone)
    navigator.go("elder", elder_id=phone.today.view().rows[0].id)
    stage.frames(3)
    stage.press(navigator.page.ids.main)
    assert navigator.page.without_text == "没有码，直接开始"
    stage.press(navigator.page.ids.without)
    assert navigator.path[-1] == "visit"
    assert navigator.page._visit.view().tag_text == "未扫二维码牌"
    navigator.page.scan()
    assert navigator.page.without_text == "没有码，接着填"
    stage.press(navigator.page.ids.without)
    assert navigator.path[-1] == "visit"
    navigator.home()
    navigator.go("scan")
    assert navigator.page.without_text == "码坏了或没有码，从名单里选人"


def test_a_typed_code_finds_its_elder(stage: Any, demo: Callable[..., Any]) -> None:
    phone = demo()
    navigator = stage.open(phone)
    navigator.go("scan")
    write(navigator.page.ids.typed, "hello")
    stage.frames(2)
    stage.press(navigator.page.ids.use)
    assert navigator.page.found.kind == "not_a_tag"
    write(navigator.page.ids.typed, tag_text(1).rsplit("/", 1)[1])
    stage.frames(2)
    stage.press(navigator.page.ids.use)
    assert navigator.path == ("today", "elder")
    assert "已扫二维码牌" in phone.elder.view(navigator.page._id).draft_text


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


def test_a_visit_that_cannot_begin_for_want_of_room_says_that_the_phone_is_full(
    stage: Any, demo: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from caregiver_app.app import KeepRunning
    from caregiver_app.screens.words import word
    from caregiver_app.store.database import DiskTrouble

    phone = demo()
    navigator = stage.open(phone)
    navigator.go("elder", elder_id=phone.today.view().rows[0].id)

    def full(*_: Any, **__: Any) -> None:
        raise DiskTrouble("the disk is full")

    monkeypatch.setattr(phone.store.drafts, "put", full)
    with pytest.raises(DiskTrouble) as caught:
        navigator.page.begin("home")
    KeepRunning(stage.app).handle_exception(caught.value)
    stage.frames(3)

    said = {getattr(widget, "text", "") for widget in walk(navigator.page)}
    assert {word("error.disk_title", "zh"), word("error.disk_text", "zh")} <= said


def test_a_photo_for_which_there_is_no_room_is_said_to_be_missing(
    stage: Any, demo: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    from caregiver_app.screens.words import word
    from caregiver_app.store import photos

    phone = demo()
    navigator = stage.open(phone)
    visit = phone.begin_visit(phone.today.view().rows[0].id)
    navigator.go("visit", draft_id=visit.draft_id)
    stage.frames(3)

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(photos, "write_whole", full)
    navigator.page.add_photo(b"\xff\xd8\xff" + b"x" * 100)
    stage.until(lambda: navigator.page.problem not in ("", word("wait", "zh")))
    assert navigator.page.problem == word("visit.photo_disk", "zh")
    assert phone.today.view().badge.state == "disk"
    assert phone.store.photos.of(visit.draft_id) == []


def test_a_thousand_elders_are_listed_with_a_handful_of_widgets(stage: Any, demo: Callable[..., Any]) -> None:
    navigator = stage.open(demo(elders=1000))
    page = navigator.page
    stage.frames(3)
    assert len(page.ids.list.data) == 1000
    assert len(page.ids.list.children[0].children) < 12


def test_a_long_list_opens_on_what_a_screen_holds_and_the_rest_follows(
    stage: Any, demo: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from caregiver_app.screens import today
    from caregiver_app.screens.style import measure, ui

    monkeypatch.setattr(today, "BUDGET_S", 0.0)  # no frame has time for more
    navigator = stage.open(demo(elders=300))
    page = navigator.page
    exact = [line for line in page._lines.values() if line.exact]
    assert len(page.ids.list.data) == 300
    assert len(exact) == today.FIRST

    monkeypatch.setattr(today, "BUDGET_S", 10.0)
    stage.frames(3)
    assert all(line.exact for line in page._lines.values())
    line = page._lines[page.ids.list.data[200]["elder_id"]]
    inner = page._inner() - 32
    facts = measure(line.item["facts"], ui.body, inner)[1]
    assert today.height_of(line.item["facts"], ui.body, inner) == facts
    kept = dict(page._lines)
    write(page.ids.search, "W1")
    stage.frames(2)
    assert all(page._lines[key] is kept[key] for key in kept)


@pytest.mark.parametrize("size", ["normal", "large", "largest"])
def test_a_height_that_is_worked_out_is_the_height_that_is_drawn(stage: Any, size: str) -> None:
    from caregiver_app.screens.style import height_of, measure, ui

    ui.use(size, "zh")
    text = "文峰路 10 号院 8 号楼 601\n低保 · 空巢 · 约 200 米，本月还差 1 次，剩 9 天 lives alone, very old"
    for width in (150, 240, 330):
        for bold in (False, True):
            assert height_of(text, ui.body, width, bold) == measure(text, ui.body, width, bold)[1]


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
    assert visit.view().photos_left == 12
    (tmp_path / "text.jpg").write_text("no picture")
    navigator.page.add_photo(tmp_path / "text.jpg")
    stage.until(lambda: navigator.page.problem == "这个文件不是图片。")


def test_a_photo_is_seen_beside_its_number(stage: Any, demo: Callable[..., Any]) -> None:
    from kivy.uix.image import Image

    phone = demo()
    navigator = stage.open(phone)
    visit = phone.begin_visit(phone.today.view().rows[0].id)
    visit.add_photo(PHOTO)
    navigator.go("visit", draft_id=visit.draft_id)
    stage.frames(3)
    (seen,) = [one for one in walk(navigator.page) if isinstance(one, Image) and one.texture and one.height > 100]
    assert tuple(seen.texture.size) == (60, 90)


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
    assert page.has_camera
    stage.until(lambda: navigator.path == ("today", "elder"))
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


def test_the_list_is_where_it_was_left_and_up_to_date_and_let_go_of_when_the_app_locks(
    stage: Any, demo: Callable[..., Any]
) -> None:
    phone = demo(elders=60)
    navigator = stage.open(phone)
    page = navigator.page
    write(page.ids.search, page.ids.list.data[5]["name"])
    stage.frames(3)
    visit = phone.begin_visit(phone.today.view().rows[0].id)
    navigator.home("hours")
    visit.all_good()
    visit.save()
    navigator.home("today")
    stage.frames(3)
    assert navigator.page is page
    assert page.query == ""
    assert len(page.ids.list.data) == 60
    assert page.waiting == 1
    phone.settings.set_text_size("largest")
    navigator.home("hours")
    navigator.home("today")
    assert navigator.page is not page
    phone.lock.lock()
    navigator.begin()
    assert navigator.path == ("lock",)
    assert navigator._kept is None
