"""What a pull answers, section by section."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import random

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.audit.model import AuditEntry
from server.elders.model import ElderCard
from server.intake import Sender, receive
from server.pairings.model import Pairing
from server.problems import Problem
from server.sync.changes import changes
from server.sync.model import FeedMark
from shared.ids import uuid7
from tests.databases import fresh_database
from tests.integration.sync.world import World
from tests.visits import sent


def pull(world, who, cursor=None, now=None):
    world.session.commit()
    return changes(world.session, who, cursor, world.setting, now=now or world.now)


def ids(answer):
    return {item["id"] for item in answer["elders"]}


def test_a_card_has_every_field_of_the_contract(world):
    who, elder = world.person("volunteer"), world.elder()
    world.pair(who, elder)
    answer = pull(world, who)
    assert set(answer) >= {
        "cursor", "has_more", "server_time", "epoch", "elders", "removed_elder_ids", "tag_hashes", "policies", "forms",
        "alerts", "account", "courses", "people", "config",
    }  # fmt: skip
    (card,) = answer["elders"]
    assert card == {
        "id": str(elder.id), "short_no": 1, "name": "王奶奶", "sex": "f", "birth_year": 1941,
        "region": {"code": "411002001001", "name": "社区1", "level": "village"}, "address": "文峰路1号院1号楼",
        "lat": 34.03, "lon": 113.85, "categories": ["living_alone"], "status": "active", "policy_id": "universal",
        "focused": False, "phone": "13700000001",
        "contacts": [{"name": "王女士", "relation": "女儿", "phone": "13900000001"}], "last_visit": None,
        "due": [{"period": "month", "start": "2026-11-01", "end": "2026-11-30", "needed": 1, "done": 0,
                 "state": "missing"}],
        "notes": "听力不好", "version": 1,
    }  # fmt: skip
    assert list(answer["tag_hashes"].values()) == [str(elder.id)]
    assert {p["id"] for p in answer["policies"]} == {"universal", "focused"}
    assert {f["id"] for f in answer["forms"]} == {"home-visit", "contact-call"}
    assert answer["config"] == world.setting.config
    assert answer["account"] is None


def test_without_news_the_cursor_stays_and_nothing_is_written(world):
    who, elder = world.person("volunteer"), world.elder()
    world.pair(who, elder)
    first = pull(world, who)
    again = pull(world, who, first["cursor"])
    assert again["cursor"] == first["cursor"]
    assert not any(again[k] for k in ("elders", "removed_elder_ids", "tag_hashes", "alerts", "people", "forms"))
    assert world.session.scalar(sa.select(sa.func.count()).select_from(FeedMark)) == 1


def test_only_paired_elders_come_and_family_ties_and_ended_ones_do_not_count(world):
    who = world.person("volunteer")
    main, family, ended, later, _stranger = (world.elder() for _ in range(5))
    world.pair(who, main)
    world.pair(who, family, role="family")
    world.pair(who, ended, ends_at=world.now)
    world.pair(who, later, starts_at=world.now + dt.timedelta(seconds=1))
    assert ids(pull(world, who)) == {str(main.id)}
    assert ids(pull(world, who, now=world.now + dt.timedelta(seconds=1))) == {str(main.id), str(later.id)}


def test_staff_hold_the_elders_of_their_village_too(world):
    staff, here, there, paired = world.person("grid_worker"), world.elder(0), world.elder(1), world.elder(1)
    world.pair(staff, paired)
    assert ids(pull(world, staff)) == {str(here.id), str(paired.id)}
    assert str(there.id) not in ids(pull(world, staff))


def test_who_left_the_register_leaves_the_phone_on_that_day(world):
    who, elder = world.person("volunteer"), world.elder(left_on=dt.date(2026, 11, 16))
    world.pair(who, elder)
    first = pull(world, who)
    assert ids(first) == {str(elder.id)}
    on_the_day = dt.datetime(2026, 11, 15, 16, 0, tzinfo=dt.UTC)  # midnight in the county
    second = pull(world, who, first["cursor"], on_the_day)
    assert second["removed_elder_ids"] == [str(elder.id)]
    assert pull(world, who, second["cursor"], on_the_day)["removed_elder_ids"] == []


def test_an_elder_no_longer_paired_is_removed_once(world):
    who, elder = world.person("volunteer"), world.elder()
    pairing = world.pair(who, elder)
    first = pull(world, who)
    pairing.ends_at = world.now
    second = pull(world, who, first["cursor"])
    assert second["removed_elder_ids"] == [str(elder.id)]
    pairing.ends_at = None
    third = pull(world, who, second["cursor"])
    assert ids(third) == {str(elder.id)}
    assert len(third["tag_hashes"]) == 1  # its tags come again with it


def test_a_change_sends_that_elder_only(world):
    who, a, b = world.person("volunteer"), world.elder(), world.elder()
    world.pair(who, a)
    world.pair(who, b)
    first = pull(world, who)
    world.touch(a)
    second = pull(world, who, first["cursor"])
    assert ids(second) == {str(a.id)}
    assert second["cursor"] != first["cursor"]
    assert second["elders"][0]["version"] == 2


def test_a_reissued_tag_revokes_the_old_one_on_the_phone(world):
    who, elder = world.person("volunteer"), world.elder(tag=False)
    world.pair(who, elder)
    old = world.tag(elder)
    first = pull(world, who)
    old.revoked_at = world.now
    new = world.tag(elder, 2)
    second = pull(world, who, first["cursor"])
    assert second["tag_hashes"] == {old.token_hash: None, new.token_hash: str(elder.id)}
    assert pull(world, who)["tag_hashes"] == second["tag_hashes"]


@pytest.mark.parametrize("cursor", ["", "nonsense", "019ac0e6-0000-7000-8000-000000000000"])
def test_an_unknown_cursor_is_410(world, cursor):
    with pytest.raises(Problem) as raised:
        pull(world, world.person("volunteer"), cursor)
    assert (raised.value.code, raised.value.status) == ("cursor_unknown", 410)


def test_somebody_elses_cursor_is_as_unknown(world):
    a, b = world.person("volunteer"), world.person("volunteer")
    with pytest.raises(Problem):
        pull(world, b, pull(world, a)["cursor"])


def test_older_marks_go_when_a_newer_cursor_is_presented_and_lost_answers_do_not_pile_up(world):
    who, elder = world.person("volunteer"), world.elder()
    world.pair(who, elder)
    first = pull(world, who)
    for _ in range(20):  # twenty answers get lost
        world.touch(elder)
        world.now += dt.timedelta(minutes=1)
        last = pull(world, who, first["cursor"])
        assert ids(last) == {str(elder.id)}
    kept = world.session.scalars(sa.select(FeedMark.id)).all()
    assert len(kept) <= 9
    assert uuid_text(kept) >= {first["cursor"], last["cursor"]}
    world.touch(elder)
    world.now += dt.timedelta(minutes=1)
    newest = pull(world, who, last["cursor"])
    assert uuid_text(world.session.scalars(sa.select(FeedMark.id)).all()) == {last["cursor"], newest["cursor"]}


def uuid_text(values):
    return {str(v) for v in values}


def test_alerts_come_change_and_end(world):
    who, elder, foreign = world.person("volunteer"), world.elder(), world.elder()
    world.pair(who, elder)
    world.alert(foreign)
    world.alert(elder, "doubtful_visit", world.visit(world.person("volunteer"), elder))  # another's work
    alert = world.alert(elder, "missing")
    first = pull(world, who)
    (item,) = first["alerts"]
    assert item["elder"] == {
        "id": str(elder.id), "name": "王奶奶",
        "region": {"code": "411002001001", "name": "社区1", "level": "village"},
    }  # fmt: skip
    assert (item["state"], item["resolved"]) == ("open", None)
    assert first["elders"][0]["version"] == 1  # an alert is not a change of the card
    alert.state, alert.version = "acknowledged", 2
    second = pull(world, who, first["cursor"])
    assert [a["state"] for a in second["alerts"]] == ["acknowledged"]
    alert.state, alert.version, alert.resolved_at, alert.result = "resolved", 3, world.now, "在医院"
    third = pull(world, who, second["cursor"])
    assert [(a["state"], a["resolved"]["result"]) for a in third["alerts"]] == [("resolved", "在医院")]
    assert pull(world, who, third["cursor"])["alerts"] == []
    assert pull(world, who)["alerts"] == []


def test_an_alert_of_ones_own_visit_names_no_elder_who_is_not_ones_own(world):
    who, elder = world.person("volunteer"), world.elder()
    world.alert(elder, "doubtful_visit", world.visit(who, elder))
    first = pull(world, who)
    assert [a["elder"] for a in first["alerts"]] == [None]
    world.pair(who, elder)
    second = pull(world, who, first["cursor"])
    assert [a["elder"]["id"] for a in second["alerts"]] == [str(elder.id)]


def test_alerts_of_an_elder_who_is_gone_are_named_as_removed(world):
    who, elder = world.person("volunteer"), world.elder()
    pairing = world.pair(who, elder)
    alert = world.alert(elder)
    first = pull(world, who)
    pairing.ends_at = world.now
    assert pull(world, who, first["cursor"])["removed"] == {"alerts": [str(alert.id)]}


def test_people_to_call_are_the_villages_directors_and_other_visitors(world):
    who, other, kin = world.person("volunteer"), world.person("volunteer", name="李邻居"), world.person("family")
    director, far = world.person("director", name="刘主任"), world.person("director", village=1)
    elder = world.elder()
    world.pair(who, elder)
    tie = world.pair(other, elder, role="neighbour")
    world.pair(kin, elder, role="family")
    first = pull(world, who)
    assert sorted(first["people"], key=lambda p: p["name"]) == [
        {"id": str(director.user_id), "name": "刘主任", "role": "director", "phone": "13800000000"},
        {"id": str(other.user_id), "name": "李邻居", "role": "neighbour", "phone": "13800000000"},
    ]
    assert str(far.user_id) not in {p["id"] for p in first["people"]}
    tie.ends_at = world.now
    second = pull(world, who, first["cursor"])
    assert second["removed"] == {"people": [str(other.user_id)]}


def test_the_account_is_always_whole_and_entries_come_once(world):
    who = world.person("volunteer")
    account = world.account(who)
    for n in range(25):
        world.earn(account, 10, world.now - dt.timedelta(hours=25 - n))
    first = pull(world, who)
    assert first["account"]["pending_minutes"] == 250
    assert len(first["account"]["entries"]) == 20
    second = pull(world, who, first["cursor"])
    assert second["account"]["entries"] == []
    assert second["account"]["pending_minutes"] == 250
    assert second["cursor"] == first["cursor"]


def test_an_entry_that_commits_late_with_an_older_id_is_not_skipped(world):
    who = world.person("volunteer")
    account = world.account(who)
    world.earn(account, 10, world.now)
    first = pull(world, who)
    late = world.earn(account, 20, world.now - dt.timedelta(minutes=5))
    second = pull(world, who, first["cursor"])
    assert [e["id"] for e in second["account"]["entries"]] == [str(late)]


def test_reading_cards_is_in_the_audit_log_once_per_answer(world):
    who, elder = world.person("volunteer"), world.elder()
    world.pair(who, elder)
    first = pull(world, who)
    pull(world, who, first["cursor"])
    (line,) = world.session.scalars(sa.select(AuditEntry)).all()
    assert (line.action, line.actor_id, line.details) == ("elders.sync", who.user_id, {"elders": [str(elder.id)]})


def test_the_last_visit_says_what_it_found_and_only_who_agreed_is_told_of(world, app):
    who, elder = world.person("volunteer"), world.elder()
    world.pair(who, elder)
    first = pull(world, who)
    item = sent(
        elder, answers={"health.mobility": "poor", "mind.mood": "fair", "safety.gas": "good"},
        needs=[{"kind": "meals", "note": "要软的；\n少盐"}, {"kind": "medical", "note": ""}],
        urgent={"kind": "fallen", "words": ""},
    )  # fmt: skip
    sender = Sender(who.user_id, world.county.id)
    (result,) = receive(world.session, sender, [item], vault=world.vault, now=world.now)
    assert result.status == "accepted"
    (card,) = pull(world, who, first["cursor"])["elders"]
    assert card["last_visit"]["outcome"] == "met"
    assert card["last_visit"]["summary"] == "紧急：跌倒；行动能力 差；情绪 中；需要：助餐（要软的， 少盐）、助医"
    assert card["due"][0]["done"] == 1
    elder.consent_health = False
    assert pull(world, who)["elders"][0]["last_visit"]["summary"] == ""


def test_an_erased_elder_has_nothing_to_read(world):
    who, elder = world.person("volunteer"), world.elder()
    world.pair(who, elder)
    elder.data_key = None
    (card,) = pull(world, who)["elders"]
    assert (card["phone"], card["address"], card["contacts"], card["notes"]) == (None, None, [], "")


SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"
GIVEN = "秀英玉兰桂芳淑珍凤文建国志明德福海荣春生金贵兰香翠华振东"
ROADS = "文峰解放建设人民七一许由毓秀光明颍昌新兴"


def populate(world, who, n):
    chance = random.Random(7)

    def words(letters, k):
        return "".join(chance.choice(letters) for _ in range(k))

    def phone():
        return f"1{chance.randint(30, 99)}{chance.randint(0, 99999999):08d}"

    for _ in range(n):
        elder = world.elder(name=chance.choice(SURNAMES) + words(GIVEN, 2))
        key = world.vault.elder_key(world.county.id, elder.id, elder.data_key)
        address = f"{words(ROADS, 2)}路{chance.randint(1, 400)}号院{chance.randint(1, 30)}号楼"
        contacts = [{"name": chance.choice(SURNAMES) + words(GIVEN, 2), "relation": "女儿", "phone": phone()}]
        elder.phone = key.seal("elders", "phone", elder.id, phone())
        elder.address = key.seal("elders", "address", elder.id, address)
        elder.contacts = key.seal("elders", "contacts", elder.id, json.dumps(contacts, ensure_ascii=False))
        elder.notes = key.seal("elders", "notes", elder.id, words(GIVEN, chance.randint(0, 30)))
        elder.lat, elder.lon = 34 + chance.randint(0, 99999) / 1e6, 113.8 + chance.randint(0, 99999) / 1e6
        world.pair(who, elder)


def wire(answer):
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


def test_500_elders_are_at_most_150_kb_the_first_time_and_1_kb_without_news(world, queries):
    who = world.person("volunteer")
    world.account(who)
    populate(world, who, 500)
    first = pull(world, who)
    assert len(first["elders"]) == 500
    assert not first["has_more"]
    packed = len(gzip.compress(wire(first)))
    assert packed <= 150_000, packed
    with queries() as statements:
        again = pull(world, who, first["cursor"])
    assert len(wire(again)) <= 1024
    assert len(statements) <= 15, statements
    mark = world.session.scalars(sa.select(FeedMark.holds)).one()
    print(f"first {packed} B gzip, no news {len(wire(again))} B, {len(statements)} statements, mark {len(mark)} B")


def test_the_number_of_queries_does_not_grow_with_the_elders(world, queries):
    def cost(n):
        who = world.person("volunteer")
        populate(world, who, n)
        world.session.commit()
        with queries() as statements:
            pull(world, who)
        return len(statements)

    assert cost(3) == cost(40)


def test_more_than_a_page_comes_in_pages_and_goes_on_where_it_broke_off(world, monkeypatch):
    monkeypatch.setattr("server.sync.changes.PAGE", 4)
    who = world.person("volunteer")
    for _ in range(10):
        world.pair(who, world.elder())
    first = pull(world, who)
    assert (len(first["elders"]), first["has_more"], len(first["tag_hashes"])) == (4, True, 4)
    lost = pull(world, who, first["cursor"])
    second = pull(world, who, first["cursor"])  # the answer got lost; asked again
    assert ids(second) == ids(lost)
    assert not ids(second) & ids(first)
    third = pull(world, who, second["cursor"])
    assert (len(third["elders"]), third["has_more"]) == (2, False)
    assert len(ids(first) | ids(second) | ids(third)) == 10


def test_what_commits_after_a_pull_began_before_it_is_not_skipped(postgres, tmp_path):
    """Two connections: a transaction that began first commits last."""
    with fresh_database("postgresql", tmp_path, postgres) as url:
        engine = sa.create_engine(url)
        with Session(engine) as session, Session(engine) as late:
            world = World(session)
            who, held, new = world.person("volunteer"), world.elder(), world.elder()
            world.pair(who, held)
            session.commit()
            late.execute(sa.update(ElderCard).where(ElderCard.elder_id == held.id).values(version=2))
            late.add(
                Pairing(
                    county_id=world.county.id, id=uuid7(world.now - dt.timedelta(hours=1)), elder_id=new.id,
                    user_id=who.user_id, role="main", starts_at=world.now - dt.timedelta(hours=1),
                    created_at=world.now,
                )
            )  # fmt: skip
            late.flush()
            first = pull(world, who)
            assert [(e["id"], e["version"]) for e in first["elders"]] == [(str(held.id), 1)]
            late.commit()
            second = pull(world, who, first["cursor"])
            assert {(e["id"], e["version"]) for e in second["elders"]} == {(str(held.id), 2), (str(new.id), 1)}
        engine.dispose()


def test_a_person_without_any_role_holds_nothing(world):
    who, elder = world.person("volunteer"), world.elder()
    world.pair(who, elder)
    nobody = type(who)(who.user_id, who.name, (), who.session_id, None, who.county_id)
    answer = pull(world, nobody)
    assert (answer["elders"], answer["people"], answer["alerts"]) == ([], [], [])
