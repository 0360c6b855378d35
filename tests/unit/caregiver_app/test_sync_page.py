"""The sync page says where everything is, why, when it goes on, and what to do: and "sent" only of what is."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from caregiver_app.presenters import forms
from caregiver_app.presenters.events import tell
from caregiver_app.sync.http import Response
from shared.rules.forms import FORMS
from tests.unit.caregiver_app.world import JPEG, World


def told(world: World, kind: str = "sos", subject: str | None = None) -> str:
    return tell(world.phone._common, kind, subject or world.elder_ids[0], {"words": ""}, urgent=kind == "sos")


def settings(world: World, language: str) -> None:
    world.phone.settings.set_language(language)


@pytest.mark.parametrize(("language", "words"), [("zh", "紧急呼叫"), ("en", "Call for help")])
def test_a_call_for_help_stands_on_the_page_until_it_is_sent(world: World, language, words):
    settings(world, language)
    event = told(world)
    view = world.phone.outbox.view()
    (row,) = view.waiting
    assert (row.id, row.urgent, row.state) == (event, True, "pending")
    assert row.title.endswith(words)
    assert row.title.split(" · ")[0] == world.phone.elder.view(world.elder_ids[0]).row.name
    assert view.badge.waiting == 1
    assert view.badge.state == "waiting"
    world.settle()
    view = world.phone.outbox.view()
    assert [row.id for row in view.sent] == [event]
    assert view.badge.state == "ok"


def test_it_says_when_it_tries_again_and_nothing_where_nothing_waits(world: World):
    assert world.phone.outbox.view().next_try_text == ""
    world.visit()
    assert world.phone.outbox.view().next_try_text == ""
    world.line.down = True
    world.phone.engine.step()
    assert world.phone.outbox.view().next_try_text == "下次自动发送：2 秒后"
    for _ in range(12):
        world.clock.advance(world.phone.engine.status.wait_s)
        world.phone.engine.step()
    settings(world, "en")
    at = world.phone._common.when(world.clock.now() + timedelta(seconds=world.phone.engine.status.wait_s))
    assert world.phone.outbox.view().next_try_text == f"Next try: {at}"
    world.clock.advance(400)
    assert world.phone.outbox.view().next_try_text == ""
    world.line.down = False
    world.settle()
    assert world.phone.outbox.view().next_try_text == ""


def test_all_is_not_with_the_server_while_a_photo_waits(world: World):
    world.visit(photo=JPEG[:900])
    for _ in range(50):
        if not world.phone.store.outbox.counts()["pending"]:
            break
        world.clock.advance(world.phone.engine.step())
    world.phone.engine.status.busy = False
    badge = world.phone.outbox.view().badge
    assert (badge.state, badge.waiting) == ("photos", 0)
    assert "1" in badge.text
    world.settle()
    assert world.phone.outbox.view().badge.state == "ok"


def test_a_photo_that_was_not_taken_is_told_with_its_visit(world: World):
    visit_id = world.visit(photo=JPEG[:500])
    photo = world.phone.store.photos.of(visit_id)[0]
    world.phone.store.photos.path(photo.sha256).unlink()
    world.phone.store.photos.sealed_path(visit_id, photo.sha256).unlink()
    world.settle()
    assert "有 1 张照片没有送达" in world.phone.outbox.view().sent[0].detail


def test_a_refusal_says_what_to_do_and_can_be_tried_again_whatever_it_is(world: World):
    visit_id = world.visit()
    event = told(world, "ladder_call", visit_id)
    world.server.refuse |= {visit_id, event}
    world.settle()
    refused = {row.id: row for row in world.phone.outbox.view().refused}
    assert set(refused) == {visit_id, event}
    assert all("请联系社区" in row.detail for row in refused.values())
    assert world.phone.outbox.view().badge.refused == 2
    world.server.refuse.clear()
    for one in refused:
        world.phone.outbox.try_again(one)
    world.settle()
    assert world.phone.outbox.view().refused == ()


def test_a_number_that_is_taken_is_for_people_to_compare(world: World):
    visit_id = world.visit()
    world.server.state.visits[visit_id] = {"raw": {**world.phone.store.outbox.get(visit_id).visit(), "note": "x"},
                                           "user": "somebody", "answer": {}, "photos": []}  # fmt: skip
    world.settle()
    assert "编号相同" in world.phone.outbox.view().refused[0].detail


def test_a_revoked_phone_says_that_what_was_saved_still_goes_out_and_may_be_told_to(world: World):
    world.visit()
    device = world.server.state.devices[world.phone.store.meta.get("device_id")]
    device.revoked = True
    world.line.down = False
    world.phone.engine.step()
    world.phone.engine.step()
    view = world.phone.outbox.view()
    if view.waiting:
        assert "封装" in view.status_text
    assert view.can_send
    world.settle()
    assert world.phone.outbox.view().sent


def test_an_app_too_old_is_told_on_every_page_and_its_visits_still_go_out(world: World, monkeypatch):
    real = world.server.send

    def send(base_url, request):
        if "/sync/changes" in request.path:
            return Response(426, {"content-type": "application/problem+json"}, b'{"code": "app_too_old"}')
        return real(base_url, request)

    monkeypatch.setattr(world.server, "send", send)
    world.visit()
    world.phone.outbox.send_now()
    world.settle()
    view = world.phone.outbox.view()
    assert len(view.sent) == 1
    assert view.badge.state == "update"
    assert "升级" in view.status_text


def newer(**item: object) -> dict:
    form = json.loads(json.dumps(FORMS[0]))
    form["version"] = 2
    form["items"].append({"id": "home.heating", "title": {"zh": "取暖", "en": "Heating"}, "required": True, **item})
    return form


def test_a_newer_form_of_known_kinds_is_simply_used(world: World):
    form = newer(type="grade", options=["good", "fair", "poor"])
    world.phone.store.cache._put("cache", "forms", "home-visit/2", form)
    world.phone.store.cache.version += 1
    visit = world.phone.begin_visit(world.elder_ids[0])
    assert "home.heating" in [item.id for group in visit.view().groups for item in group.items]
    assert visit.view().advice == ""
    visit.all_good()
    world.settle()
    saved = visit.save().visit_id
    assert world.phone.store.outbox.get(saved).visit()["form"] == {"id": "home-visit", "version": 2}


@pytest.mark.parametrize(("language", "words"), [("zh", "更新应用"), ("en", "updated")])
def test_a_newer_form_that_this_app_cannot_show_is_said_to_need_an_update_and_the_older_one_is_used(
    world: World, language, words
):
    settings(world, language)
    world.phone.store.cache._put("cache", "forms", "home-visit/2", newer(type="drawing"))
    world.phone.store.cache.version += 1
    assert forms.outdated(world.phone._common, "home")
    assert not forms.outdated(world.phone._common, "phone")
    visit = world.phone.begin_visit(world.elder_ids[0])
    assert words in visit.view().advice
    visit.all_good()
    saved = visit.save().visit_id
    assert world.phone.store.outbox.get(saved).visit()["form"] == {"id": "home-visit", "version": 1}
    world.settle()
    assert world.states() == {saved: "sent"}
