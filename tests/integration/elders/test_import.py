"""A clerk's register becomes elders: every good row, no bad one, and the same again changes nothing."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from server.audit.model import AuditEntry
from server.auth.reach import Area, Reach
from server.elders import profile
from server.elders.importing import import_register
from server.elders.model import Elder, ElderCard, ElderStatus
from server.elders.register import RegisterUnreadable
from server.elders.vault import Vault
from server.problems import Problem
from server.regions import service as regions
from server.regions.model import County
from shared.ids import uuid7
from tests.registers import HEADINGS, TODAY, WEIDU_CSV, good_row, id_number, register

TOOL = Path(__file__).parents[4] / "shared" / "tools" / "make_register.py"
REGIONS = TOOL.parents[1] / "data" / "regions"


@pytest.fixture
def vault():
    return Vault("a secret of the tests only")


@pytest.fixture
def weidu(session, now):
    regions.import_regions(session, WEIDU_CSV.read_bytes(), now=now, valid_from=TODAY)


@pytest.fixture
def load(session, vault, weidu, now):
    def load(data, **options):
        return import_register(session, data, vault=vault, now=now, today=TODAY, **options)

    return load


def elders(session):
    session.expire_all()
    return session.scalars(sa.select(Elder).order_by(Elder.short_no)).all()


def state(session):
    """Everything that an import can change, row by row."""
    tables = (Elder.__table__, ElderCard.__table__, ElderStatus.__table__, AuditEntry.__table__, County.__table__)
    return [sorted(map(repr, session.execute(sa.select(table)).all())) for table in tables]


def test_a_good_row_becomes_an_elder_with_sealed_particulars(session, load, vault):
    done = load(register(good_row()))
    assert (done.rows, done.created, done.refused) == (1, 1, 0)
    [elder] = elders(session)
    assert (elder.name, elder.sex, elder.short_no, elder.status, elder.categories) == (
        "王秀英", "m", 1, "active", ["living_alone"])  # fmt: skip
    assert (elder.lat, elder.lon, elder.registered_on, elder.legal_basis) == (34.02, 113.82, TODAY, "statutory")
    clear = profile.opened(vault, elder)
    assert clear == profile.Particulars(
        id_number(), "13800000000", "12号楼3单元501室",
        ({"name": "王芳", "relation": None, "phone": "13900000000"},), None,
    )  # fmt: skip
    for column in profile.SEALED:
        assert b"1380000" not in (getattr(elder, column) or b"")
    card = session.get(ElderCard, (elder.county_id, elder.id))
    event = session.scalar(sa.select(ElderStatus))
    assert (card.version, event.status, event.effective_on) == (1, "active", TODAY)


def test_good_rows_go_in_although_others_are_bad(session, load):
    done = load(register(good_row(901), good_row(903, 姓名=""), good_row(905, 所属社区="不存在社区居委会")))
    assert (done.rows, done.created, done.refused) == (3, 1, 2)
    assert [(p.row, p.code) for p in done.problems] == [(3, "missing_name"), (4, "unknown_village")]


def test_the_same_file_again_changes_nothing(session, load):
    data = register(good_row(901), good_row(902), good_row(903, 姓名=""))
    load(data)
    before = state(session)
    again = load(data)
    assert (again.created, again.updated, again.unchanged, again.refused) == (0, 0, 2, 1)
    assert state(session) == before


def test_the_same_rows_in_another_order_and_spelling_change_nothing(session, load):
    load(register(good_row(901), good_row(902)))
    before = state(session)
    again = load(register(good_row(902, 联系电话="138 0000 0000"), good_row(901, 出生日期="1948年3月5日")))
    assert (again.updated, again.unchanged) == (0, 2)
    assert state(session) == before


def test_a_changed_row_updates_that_elder_and_its_card_only(session, load, vault):
    load(register(good_row(901), good_row(902)))
    done = load(register(good_row(901, 联系电话="13811111111"), good_row(902)))
    assert (done.created, done.updated, done.unchanged) == (0, 1, 1)
    first, second = elders(session)
    assert profile.opened(vault, first).phone == "13811111111"
    assert first.phone_index == vault.index(first.county_id, "phone", "13811111111")
    assert [session.get(ElderCard, (e.county_id, e.id)).version for e in (first, second)] == [2, 1]
    logged = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "elder.import")).all()
    assert [(entry.subject_id, entry.details) for entry in logged] == [
        (first.id, {"columns": ["phone", "phone_index"]})]  # fmt: skip


def test_an_empty_cell_erases_nothing(session, load, vault):
    load(register(good_row(901, 备注="耳背")))
    done = load(register(good_row(901, 联系电话="", 备注="", 紧急联系人="", 紧急联系人电话="", 经度="", 纬度="")))
    assert (done.updated, done.unchanged) == (0, 1)
    [elder] = elders(session)
    assert profile.opened(vault, elder).phone == "13800000000"
    assert elder.lat == 34.02


def test_what_was_edited_since_stays_when_the_same_row_comes_again(session, load, vault, now):
    from server.elders.service import update_elder

    data = register(good_row(901))
    load(data)
    [elder] = elders(session)
    update_elder(session, elder, {"phone": "13700000000"}, vault=vault, now=now)
    load(data)
    assert profile.opened(vault, elders(session)[0]).phone == "13700000000"


def test_a_dry_run_says_the_same_and_writes_nothing(session, load):
    load(register(good_row(901), good_row(902)))
    before = state(session)
    data = register(good_row(901, 联系电话="13811111111"), good_row(902), good_row(903), good_row(904, 姓名=""))
    dry = load(data, dry_run=True)
    assert state(session) == before
    wet = load(data)
    assert (dry.created, dry.updated, dry.unchanged, dry.refused) == (1, 1, 1, 1)
    assert dry.figures() | {"dry_run": False} == wet.figures()


def test_a_dry_run_opens_no_county(session, load):
    load(register(good_row(901)), dry_run=True)
    assert session.scalar(sa.select(sa.func.count()).select_from(County)) == 0


def test_an_elder_who_moved_within_the_county_is_the_same_elder(session, load):
    settled = []

    def settle(session, county_id, ids):
        settled.append(sorted(ids))

    load(register(good_row(901), good_row(902)), settle=settle)
    load(register(good_row(901, 所属社区="豫园社区居委会"), good_row(902)), settle=settle)
    first, second = elders(session)
    assert first.region_id != second.region_id
    assert settled == [sorted([first.id, second.id]), [first.id]]


def test_a_county_keeps_to_itself(session, load, vault, now):
    """The same person on two counties' registers is two elders, and neither import sees the other's."""
    rows = ["code,name,level,parent_code",
            "411003000000,建安区,county,411000000000",
            "411003100000,将官池镇,town,411003000000",
            "411003100200,老户陈村村民委员会,village,411003100000"]  # fmt: skip
    regions.import_regions(session, "\n".join(rows).encode(), now=now, valid_from=TODAY)
    load(register(good_row(901)))
    done = load(register(good_row(901, 所属街道="将官池镇", 所属社区="老户陈村")))
    assert done.created == 1
    first, second = session.scalars(sa.select(Elder).order_by(Elder.county_id)).all()
    assert first.county_id != second.county_id
    assert first.id_number_index != second.id_number_index


def test_rows_outside_the_importers_area_are_reported(session, load, vault):
    load(register(good_row(901)))
    [elder] = elders(session)
    village = session.scalar(sa.text("SELECT code FROM regions WHERE name = '豫园社区居委会'"))
    reach = Reach(uuid7(), (Area(elder.county_id, village, village),))
    done = load(register(good_row(903), good_row(905, 所属社区="豫园社区居委会")), reach=reach)
    assert done.created == 1
    assert [(p.row, p.code) for p in done.problems] == [(2, "outside_area")]


def test_a_file_that_is_no_register_imports_nothing(session, load):
    with pytest.raises(RegisterUnreadable):
        load(b"%PDF-1.7 \x00\x01")
    assert elders(session) == []


def test_without_divisions_the_reason_is_said(session, vault, now):
    with pytest.raises(Problem) as wrong:
        import_register(session, register(good_row()), vault=vault, now=now, today=TODAY)
    assert wrong.value.code == "regions_missing"


def test_a_replaced_secret_still_recognises_elders(session, load, vault, now):
    load(register(good_row(901), good_row(902)))
    newer = Vault("another secret of the tests", ["a secret of the tests only"])
    done = import_register(
        session, register(good_row(901, 联系电话="13811111111"), good_row(902)), vault=newer, now=now, today=TODAY
    )
    assert (done.created, done.updated, done.unchanged) == (0, 1, 1)
    first, second = elders(session)
    assert not newer.is_stale(first.county_id, first.data_key)
    assert first.id_number_index == newer.index(first.county_id, "id_number", id_number())
    assert profile.opened(newer, first).phone == "13811111111"
    assert profile.opened(newer, second).phone == "13800000000"


def test_a_batch_needs_few_queries(session, load, monkeypatch):
    from server.elders import importing

    monkeypatch.setattr(importing, "BATCH", 50)
    counted = []
    engine = session.get_bind().engine
    sa.event.listen(engine, "before_cursor_execute", lambda *a: counted.append(a[2]))
    rows = [good_row(901 + i % 98, f"19{40 + i // 98}0305", 备注=str(i)) for i in range(400)]
    load(register(*rows))
    first, counted[:] = len(counted), []
    load(register(*rows))
    assert first < 8 * 14 + 40
    assert len(counted) < 8 * 8 + 20


if TOOL.exists():  # it lies beside the checkout, not in it

    @pytest.mark.parametrize(
        ("region", "dialect", "seed"),
        [("weidu", "street", 7), ("boai", "county", 8), ("chengde", "street", 9)],
    )
    def test_every_known_fault_is_reported_and_no_good_row_refused(
        session, vault, now, tmp_path, region, dialect, seed
    ):
        listed, out, truth = REGIONS / f"{region}.csv", tmp_path / "register.xlsx", tmp_path / "truth.csv"
        subprocess.run(
            [sys.executable, TOOL, "--regions", listed, "--elders", "2000", "--seed", str(seed),
             "--dialect", dialect, "--dirty", "0.03", "--out", out, "--truth", truth],
            check=True, capture_output=True,
        )  # fmt: skip
        regions.import_regions(session, listed.read_bytes(), now=now, valid_from=TODAY)
        done = import_register(session, out, vault=vault, now=now, today=TODAY)
        reported = {}
        for found in done.problems:
            reported.setdefault(found.row, set()).add(found.code)
        with truth.open(encoding="utf-8") as file:
            facts = {int(row["row"]): row["fault"] for row in csv.DictReader(file)}
        for row, fault in facts.items():
            if fault in ("", "blank_row"):
                assert row not in reported, (row, reported.get(row))
            else:
                assert fault in reported[row], (row, fault)
        assert done.created == sum(fault == "" for fault in facts.values())
        before = state(session)
        again = import_register(session, out, vault=vault, now=now, today=TODAY)
        assert (again.created, again.updated, again.unchanged) == (0, 0, done.created)
        assert state(session) == before


def test_the_headings_of_the_tests_are_those_of_the_tool():
    assert len(HEADINGS) == len(good_row())
