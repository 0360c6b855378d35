"""What the screens show and do, on a real store without a server."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import timedelta
from string import Formatter

import pytest

from caregiver_app import texts
from caregiver_app.platform.protocols import Reading
from caregiver_app.presenters import interface, phone, views
from caregiver_app.presenters.changes import FIELDS
from caregiver_app.presenters.demo import demo_phone, tag_text
from caregiver_app.presenters.doubts import SAID
from caregiver_app.presenters.rows import RANK
from caregiver_app.presenters.steps import AGAIN, WHERE
from server.pairings.model import PAIRING_ROLES
from shared.protocol.values import NEED_KINDS, NOT_HOME_REASONS, OUTCOMES, REFUSED_REASONS, URGENT_KINDS
from shared.protocol.visit import read_visit
from tests.unit.caregiver_app.world import JPEG


@pytest.fixture
def app(tmp_path):
    made = demo_phone(tmp_path)
    yield made
    made.stop()


def only(app) -> dict:
    return app.store.outbox.all()[0].visit()


def test_no_sentence_stands_in_two_places():
    parts = (texts.today, texts.visit, texts.sync, texts.phone, texts.codes)
    assert sum(len(part.TEXTS) for part in parts) == len(texts.TEXTS)


@pytest.mark.parametrize("key", sorted(texts.TEXTS))
def test_every_text_is_there_in_both_languages_and_takes_the_same_values(key):
    zh, en = texts.TEXTS[key]
    assert zh
    assert en
    named = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (zh, en)]
    assert named[0] == named[1]


@pytest.mark.parametrize(
    ("group", "codes"),
    [
        ("reason", [*NOT_HOME_REASONS, *REFUSED_REASONS]),
        ("outcome_call", OUTCOMES),
        ("field", FIELDS),
        ("doubt", [code for code in SAID if code != "short_stay"]),
        ("where", WHERE),
        ("again", AGAIN),
        ("urgent", URGENT_KINDS),
        ("need", NEED_KINDS),
        ("badge", ["ok", "waiting", "sending", "offline", "refused", "enrol", "revoked"]),
        ("state", ["pending", "sent", "refused"]),
        ("role", [*(role for role in PAIRING_ROLES if role != "family"), "director", "on_duty"]),
        ("standing", ["new", "enrolled", "enrol_again", "revoked"]),
        ("sync", ["idle", "ok", "network", "busy", "server_error", "odd", "refused", "auth", "clock_off"]),
    ],
)
def test_every_code_that_is_shown_has_words(group, codes):
    assert [code for code in codes if f"{group}.{code}" not in texts.TEXTS] == []


@pytest.mark.parametrize("name", ["Enrol", "Today", "Scan", "Elder", "Outbox", "Settings"])
def test_the_working_presenters_have_all_that_the_interface_promises(name, app):
    promised = {one for one in vars(getattr(interface, name)) if not one.startswith("_")}
    assert promised <= set(dir(getattr(app, name.lower())))


@pytest.mark.parametrize("name", ["Steps", "Sos", "Visit"])
def test_what_is_opened_for_an_elder_has_all_that_the_interface_promises(name, app):
    elder = app.today.view().rows[0].id
    opened = app.begin_visit(elder) if name == "Visit" else getattr(app, name.lower())(elder)
    promised = {one for one in vars(getattr(interface, name)) if not one.startswith("_")}
    assert promised <= set(dir(opened))


def test_the_phone_has_all_that_the_interface_promises(app):
    promised = {one for one in vars(interface.Phone) if not one.startswith("_")}
    assert promised <= set(dir(app))
    assert phone.open_phone is not None


def test_who_is_due_stands_first_and_who_is_done_last(app):
    order = [row.due for row in app.today.view().rows]
    ranks = [RANK[due] for due in order]
    assert ranks == sorted(ranks)
    assert order[0] == "no_answer"
    assert "week" in order
    assert order[-1] == "done"


def test_near_elders_come_before_far_ones(app):
    due = [row for row in app.today.view().rows if row.due == "due" and not row.focused]
    last = app.store.cache.one("elders", due[-1].id)
    app.platform.position.start()
    app.platform.position.here = Reading(last["lat"], last["lon"], 10)
    near = [row for row in app.today.view().rows if row.due == "due" and not row.focused]
    assert near[0].id == last["id"]
    assert near[0].distance_text == "约 10 米"


@pytest.mark.parametrize("query", ["朱志强", "zhuzhiqiang", "zzq", "ZZQ", "W004", "朱 文峰路 10"])
def test_an_elder_is_found_by_name_pinyin_initials_number_and_place(app, query):
    assert "朱志强" in [row.name for row in app.today.view(query).rows]


def test_a_search_that_finds_nobody_says_so(app):
    view = app.today.view("xyzxyz")
    assert view.rows == ()
    assert view.empty_text
    assert view.progress_total == 20


def test_a_tag_leads_to_its_elder_offline(app):
    view = app.scan.read_text(tag_text(3).upper().replace("HTTPS", "https").replace("/T/", "/t/"), "camera")
    assert (view.kind, view.can_visit) == ("elder", True)
    assert view.elder.id == app.store.cache.all("elders")[3]["id"]


def test_a_strangers_tag_can_be_visited_as_it_was_read(app):
    view = app.scan.read_text(tag_text(999))
    assert (view.kind, view.can_visit, view.elder) == ("unknown", True, None)
    visit = app.begin_visit(None, tag=view.text, tag_by="camera")
    visit.all_good()
    visit.save()
    assert only(app)["tag"] == tag_text(999)
    assert only(app)["elder_id"] is None


@pytest.mark.parametrize(("text", "kind"), [("", "nothing"), ("hello", "not_a_tag"), ("weixin://x", "not_a_tag")])
def test_what_is_no_tag_is_called_so(app, text, kind):
    assert app.scan.read_text(text).kind == kind
    assert not app.scan.read_text(text).can_visit


def test_a_picture_is_read_and_a_file_that_is_none_is_told(app, tmp_path):
    picture = tmp_path / "tag.png"
    picture.write_text(tag_text(1))
    assert app.scan.read_image(picture).kind == "elder"
    assert app.scan.read_image(tmp_path / "absent.png").kind == "nothing"


def test_the_usual_visit_takes_one_tap_and_save(app):
    row = app.today.view().rows[0]
    visit = app.begin_visit(row.id, tag=tag_text(1), tag_by="camera")
    assert not visit.view().can_save
    view = visit.all_good()
    assert (view.can_save, view.all_good, view.answered) == (True, True, 15)
    saved = visit.save()
    assert "尚未送达" in saved.message
    assert app.drafts() == ()
    assert app.outbox.view().waiting[0].state == "pending"
    assert app.today.view().progress_saved + app.today.view().progress_done >= 1


def test_a_saved_visit_is_one_that_any_server_reads_without_a_fault(app):
    app.platform.position.here = Reading(34.03, 113.79, 12.5)
    visit = app.begin_visit(app.today.view().rows[0].id)
    visit.all_good()
    visit.answer("safety.gas", "poor")
    visit.toggle_need("meals")
    visit.toggle_need("medical")
    visit.toggle_need("meals")
    visit.set_note("煤气管老化 \ud800 \0")
    visit.set_urgent("danger_at_home", "漏气")
    visit.toggle_companion(visit.view().companions[0].value)
    visit.add_photo(JPEG[:800])
    visit.save()
    read = read_visit(only(app))
    assert read.faults == ()
    assert read.errors == {}
    assert [need.kind for need in read.visit.needs] == ["medical"]
    assert read.visit.answers["safety.gas"] == "poor"
    assert read.visit.all_good_tapped
    assert read.visit.note == "煤气管老化 ? "
    assert read.visit.position.lat == 34.03


def test_a_need_says_what_exactly_is_needed_and_takes_its_words_along_when_it_goes(app):
    visit = app.begin_visit(app.today.view().rows[0].id)
    visit.all_good()
    visit.toggle_need("meals")
    visit.toggle_need("medical")
    visit.set_need_note("meals", "牙不好，要软的 \0" + "长" * 300)
    visit.set_need_note("bathing", "没有选的不留")
    view = visit.set_need_note("medical", "配老花镜")
    assert [(need.kind, need.label) for need in view.need_notes] == [("meals", "助餐"), ("medical", "助医")]
    assert len(view.need_notes[0].note) == 200
    visit.toggle_need("medical")
    assert [need.note for need in visit.toggle_need("medical").need_notes][1] == ""
    visit.save()
    read = read_visit(only(app))
    assert read.faults == ()
    needs = [(need.kind, need.note[:10]) for need in read.visit.needs]
    assert needs == [("meals", "牙不好，要软的 长长"), ("medical", "")]


@pytest.mark.parametrize(
    ("reason", "said", "follows"),
    [
        ("no_answer", "再敲一次", True),
        ("neighbour_says_out", "再敲一次", True),
        ("in_hospital", "谁告诉您的", False),
        ("died", "联系家属", False),
        ("door_unsafe", "安全的地方", True),
    ],
)
def test_the_advice_fits_the_reason_why_nobody_opened(app, reason, said, follows):
    visit = app.begin_visit(app.today.view().rows[0].id)
    visit.set_outcome("not_home")
    view = visit.set_reason(reason)
    assert said in view.advice
    assert view.calls_follow == follows
    assert visit.save().next == ("steps" if follows else "")


def test_nobody_at_home_asks_for_a_reason_and_leads_to_the_next_steps(app):
    visit = app.begin_visit(app.today.view().rows[0].id)
    view = visit.set_outcome("not_home")
    assert not view.can_save
    assert view.groups == ()
    assert view.advice
    with pytest.raises(ValueError, match=r".+"):
        visit.save()
    with pytest.raises(ValueError, match="unwell_now"):
        visit.set_reason("unwell_now")
    assert visit.set_reason("no_answer").can_save
    assert visit.save().next == "steps"
    assert (only(app)["reason"], only(app)["form"], only(app)["answers"]) == ("no_answer", None, {})


def test_another_outcome_asks_for_its_own_reason(app):
    visit = app.begin_visit(app.today.view().rows[0].id)
    visit.set_outcome("not_home")
    visit.set_reason("no_answer")
    assert visit.set_outcome("refused").reason is None
    visit.set_outcome("met")
    visit.all_good()
    visit.save()
    assert only(app)["reason"] is None


def test_a_call_has_its_own_form_and_asks_who_was_spoken_to(app):
    visit = app.begin_visit(app.today.view().rows[0].id, channel="phone")
    view = visit.all_good()
    assert not view.can_save
    assert visit.answer("call.spoken_to", "elder").can_save
    visit.save()
    assert only(app)["form"] == {"id": "contact-call", "version": 1}
    assert only(app)["start_position"] is None


def test_answers_of_the_other_form_do_not_go_along(app):
    visit = app.begin_visit(app.today.view().rows[0].id)
    visit.all_good()
    visit.set_channel("phone")
    visit.answer("call.spoken_to", "carer")
    visit.save()
    assert only(app)["answers"] == {"call.spoken_to": "carer"}


def test_help_goes_before_the_form(app):
    visit = app.begin_visit(app.today.view().rows[0].id)
    view = visit.set_urgent("fallen")
    assert view.can_save
    assert "120" in view.advice
    visit.save()
    assert app.store.outbox.all()[0].urgent


def test_a_draft_survives_a_kill_at_any_moment(tmp_path):
    first = demo_phone(tmp_path)
    elder = first.today.view().rows[0].id
    draft = first.begin_visit(elder, tag=tag_text(1), tag_by="camera")
    draft.all_good()
    draft.set_note("写到一半")
    draft.add_photo(JPEG[:700])
    first.store.close()
    second = demo_phone(tmp_path)
    assert second.elder.view(elder).draft_id == draft.draft_id
    view = second.begin_visit(elder).view()
    assert (view.draft_id, view.note, view.all_good) == (draft.draft_id, "写到一半", True)
    assert second.begin_visit(elder).photo(view.photos[0].sha256) == JPEG[:700]
    second.stop()


def test_a_draft_of_days_ago_is_not_taken_for_the_visit_of_now(app):
    elder = app.today.view().rows[0].id
    old = app.begin_visit(elder)
    app.platform.clock.advance(900)
    old.all_good()
    app.platform.clock.advance(3 * 86400)
    new = app.begin_visit(elder)
    assert new.draft_id != old.draft_id
    app.open_draft(old.draft_id).save()
    assert only(app)["ended_at"] == "2026-11-03T09:15:00.000+08:00"
    assert only(app)["clock"]["end_uptime_ms"] - only(app)["clock"]["start_uptime_ms"] == 900_000


def test_a_scan_in_the_middle_adds_the_tag_to_the_draft(app):
    elder = app.store.cache.all("elders")[1]["id"]
    visit = app.begin_visit(elder)
    again = app.begin_visit(elder, tag=tag_text(1), tag_by="camera")
    assert again.draft_id == visit.draft_id
    assert app.store.drafts.get(visit.draft_id)["tag"] == tag_text(1)


def test_a_discarded_draft_leaves_nothing_behind(app):
    visit = app.begin_visit(app.today.view().rows[0].id)
    visit.add_photo(JPEG[:700])
    visit.discard()
    assert app.drafts() == ()
    assert list(app.store.photos.folder.iterdir()) == []


def test_what_is_no_picture_is_refused_and_twelve_are_enough(app):
    visit = app.begin_visit(app.today.view().rows[0].id)
    with pytest.raises(ValueError, match="picture"):
        visit.add_photo(b"hello")
    for number in range(12):
        visit.add_photo(JPEG[: 700 + number])
    with pytest.raises(ValueError, match="no more"):
        visit.add_photo(JPEG[:600])
    view = visit.remove_photo(visit.view().photos[0].sha256)
    assert view.photos_left == 1


def test_the_longest_visit_fits_the_limit_of_the_wire(app):
    visit = app.begin_visit(app.today.view().rows[0].id)
    visit.all_good()
    assert visit.set_note("探" * 9000).note_left == 0
    for kind in NEED_KINDS:
        visit.toggle_need(kind)
    for number in range(12):
        visit.add_photo(JPEG[: 700 + number])
    visit.save()
    assert len(app.store.outbox.all()[0].frozen) < 32 * 1024


def fill_up(app) -> None:
    for number in range(1000):
        app.store.meta.set(**{f"filling{number}": "x" * 3000})


def test_a_full_disk_refuses_the_visit_and_keeps_the_draft(app):
    visit = app.begin_visit(app.today.view().rows[0].id)
    visit.all_good()
    visit.set_note("探" * 4000)
    (pages,) = app.store.database.row("PRAGMA page_count")
    app.store.database.rows(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(OSError, match="full"):
        fill_up(app)
    with pytest.raises(OSError, match="full"):
        visit.save()
    assert app.today.view().badge.state == "disk"
    view = visit.set_urgent("ill", "病" * 500)
    assert view.missing_text == app.text("visit.disk")
    assert view.urgent is None
    assert view.note == "探" * 4000, "the draft is as it was"
    assert app.drafts() == (visit.draft_id,)
    assert app.outbox.view().waiting == ()
    app.store.database.rows("PRAGMA max_page_count = 100000")
    visit.save()
    assert len(app.outbox.view().waiting) == 1
    assert app.today.view().badge.state != "disk"


def test_an_elder_who_left_the_list_does_not_break_a_draft(app):
    elder = app.today.view().rows[0].id
    visit = app.begin_visit(elder)
    app.store.cache.apply({"cursor": "x", "removed_elder_ids": [elder]}, first=False, whole=False, at="now")
    assert app.elder.view(elder) is None
    assert visit.view().elder is None
    visit.all_good()
    visit.save()
    assert only(app)["elder_id"] == elder
    assert app.outbox.view().waiting[0].title


def test_a_saved_visit_never_counts_as_done_before_the_server_said_so(app):
    row = next(row for row in app.today.view().rows if row.due in ("due", "soon") and row.needed == 1)
    before = app.today.view()
    visit = app.begin_visit(row.id)
    visit.all_good()
    visit.save()
    after = app.today.view()
    assert after.progress_done == before.progress_done
    assert after.progress_saved == before.progress_saved + 1
    assert next(one for one in after.rows if one.id == row.id).due == "saved"


def test_a_card_names_what_is_owed_while_its_period_runs_and_no_longer(app):
    ids = [row.id for row in app.today.view().rows]
    assert any(app.elder.view(one).due_lines for one in ids)
    app.platform.clock.advance(62 * 86_400)
    assert not any(app.elder.view(one).due_lines for one in ids)


def test_language_and_text_size_are_kept(tmp_path):
    first = demo_phone(tmp_path)
    first.settings.set_language("en")
    assert first.settings.set_text_size("largest").text_size == "largest"
    with pytest.raises(ValueError, match="fr"):
        first.settings.set_language("fr")
    with pytest.raises(ValueError, match="tiny"):
        first.settings.set_text_size("tiny")
    first.stop()
    second = demo_phone(tmp_path)
    assert second.settings.view().language == "en"
    assert second.text("today.title") == "Today"
    assert second.today.view().title == "Tue 3 Nov"
    second.stop()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_view_shows_a_key_instead_of_a_text(app, language):
    app.settings.set_language(language)
    visit = app.begin_visit(app.today.view().rows[0].id)
    shown = [
        app.today.view(),
        app.elder.view(app.today.view().rows[0].id),
        visit.view(),
        visit.set_outcome("refused"),
        app.outbox.view(),
        app.settings.view(),
        app.enrol.view(),
    ]
    keys = {key for view in shown for key in strings(view) if key in texts.TEXTS}
    assert keys == set()


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from strings(one)
    elif type(value).__module__ == views.__name__:
        for field in fields(value):
            yield from strings(getattr(value, field.name))


@pytest.mark.parametrize(
    ("scanned", "expected"),
    [
        ("http://a.cn:8000/enrol#AB-CD", ("http://a.cn:8000", "AB-CD")),
        ("https://a.cn/enrol/ABCD", ("https://a.cn", "ABCD")),
        ("https://a.cn/x/enrol?code=ABCD", ("https://a.cn/x", "ABCD")),
        (json.dumps({"url": "https://a.cn", "code": "AB"}), ("https://a.cn", "AB")),
        (" ABCD ", ("", "ABCD")),
        ("{broken", ("", "")),
        ("javascript://a/enrol#x", ("", "x")),
    ],
)
def test_an_enrolment_code_is_read_from_what_the_camera_saw(app, scanned, expected):
    address, code = app.enrol.read(scanned)
    assert (address.removesuffix("/"), code) == expected


def test_today_and_other_days_are_named(app):
    common = app._common
    now = common.now()
    assert common.when(now) == "今天 09:00"
    assert common.when(now - timedelta(days=2)) == "11月1日 09:00"
    assert common.when(now - timedelta(days=400)) == "2025年9月29日 09:00"
    assert common.when("nonsense") == ""
    app.settings.set_language("en")
    assert common.when(now - timedelta(days=2)) == "1 Nov 09:00"


def test_background_work_hands_back_its_result_or_its_error(app):
    heard = []
    app.in_background(lambda: 3, lambda result, error: heard.append((result, error)))
    app.in_background(lambda: 1 / 0, lambda result, error: heard.append((result, type(error))))
    assert heard == [(3, None), (None, ZeroDivisionError)]
