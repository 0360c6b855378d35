"""The list of divisions: imported in bulk, twice without a change, revised without losing anybody's region."""

import csv
import datetime as dt
import io

import pytest
import sqlalchemy as sa

from server import outcomes, revisions
from server.duties.model import Duty, VillageCount
from server.problems import Problem
from server.regions import queries, service
from server.regions.model import Region, RegionCode
from tests import factories
from tests.registers import WEIDU_CSV, weidu_rows

DAY, LATER = dt.date(2026, 1, 1), dt.date(2026, 7, 1)


def listed(rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, ["code", "name", "level", "parent_code"])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


@pytest.fixture
def load(session, now):
    def load(data=None):
        return service.import_regions(session, data or WEIDU_CSV.read_bytes(), now=now, valid_from=DAY)

    return load


def test_a_list_is_imported_with_levels_parents_and_dated_codes(session, load):
    done = load()
    assert (done.total, done.created, done.changed) == (122, 122, 0)
    village = queries.by_code(session, 411002001003) or queries.by_code(session, int(weidu_rows()[-1]["code"]))
    assert [r.level for r in queries.path(session, village)] == ["province", "city", "county", "town", "village"]
    assert session.scalar(sa.select(sa.func.count()).select_from(RegionCode)) == 122


def test_a_second_import_changes_nothing(session, load):
    load()
    before = session.execute(sa.select(Region.id, Region.code, Region.name, Region.parent_id)).all()
    again = load()
    assert (again.created, again.changed, again.unchanged) == (0, 0, 122)
    assert session.execute(sa.select(Region.id, Region.code, Region.name, Region.parent_id)).all() == before


def test_a_changed_name_updates_and_keeps_the_id(session, load):
    load()
    rows = weidu_rows()
    before = queries.by_code(session, int(rows[-1]["code"])).id
    rows[-1]["name"] = "新名社区居委会"
    done = load(listed(rows))
    assert (done.created, done.changed) == (0, 1)
    region = queries.by_code(session, int(rows[-1]["code"]))
    session.refresh(region)
    assert (region.id, region.name) == (before, "新名社区居委会")


def test_rows_made_after_an_import_get_ids_of_their_own(session, load):
    load()
    session.add(Region(code=411003000000, name="建安区", level="county", parent_id=None))
    session.flush()


def test_progress_is_told(session, now):
    told = []
    data = WEIDU_CSV.read_bytes()
    service.import_regions(session, data, now=now, valid_from=DAY, progress=lambda done, of: told.append((done, of)))
    assert told[-1] == (122, 122)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\x89PNG\r\n\x1a\n\x00\x00", b"name,level\nx,village\n", b"code,name,level,parent_code\n",
        b"code,name,level,parent_code\n41,X,planet,\n", b"code,name,level,parent_code\n4110,X,city,410000000000\n",
        b"code,name,level,parent_code\n410000000000,X,province,\n410000000000,Y,province,\n",
        b"code,name,level,parent_code\n410000000000,X,province,\n411000000000,,city,410000000000\n",
    ],
)  # fmt: skip
def test_a_list_with_a_fault_is_refused_whole(session, load, data):
    with pytest.raises(service.RegionListUnusable):
        service.import_regions(session, data, now=dt.datetime(2026, 11, 1, tzinfo=dt.UTC), valid_from=DAY)
    assert session.scalar(sa.select(sa.func.count()).select_from(Region)) == 0


def test_a_recoded_town_keeps_ids_and_old_codes_lead_to_it(session, load, now):
    load()
    town = queries.by_code(session, 411002001000)
    below = session.scalars(sa.select(Region).where(Region.parent_id == town.id)).all()
    ids = {r.id for r in below}
    old = below[0].code
    service.recode(session, 411002001000, 411002901000, on=LATER, now=now, today=now.date())
    session.expire_all()
    assert queries.by_code(session, 411002901000).id == town.id
    moved = session.scalars(sa.select(Region).where(Region.code.between(411002901001, 411002901999))).all()
    assert {r.id for r in moved} == ids
    assert queries.by_code(session, old) is None
    assert queries.by_any_code(session, old).id in ids
    assert queries.by_any_code(session, old, dt.date(2026, 6, 30)).id in ids
    assert queries.by_any_code(session, old, LATER) is None


def test_a_code_that_is_taken_is_not_given_again(session, load, now):
    load()
    with pytest.raises(Problem) as wrong:
        service.recode(session, 411002001000, 411002002000, on=LATER, now=now, today=now.date())
    assert wrong.value.code == "conflict"


def test_a_revision_that_lies_in_the_future_is_refused(session, load, now):
    load()
    with pytest.raises(Problem) as wrong:
        service.recode(session, 411002001000, 411002901000, on=dt.date(2027, 1, 1), now=now, today=now.date())
    assert list(wrong.value.errors) == ["on"]


def test_a_merged_village_leads_to_its_successor_with_its_elders_roles_and_duties(session, load, now):
    load()
    town = queries.by_code(session, 411002001000)
    first, second, *_ = session.scalars(sa.select(Region).where(Region.parent_id == town.id).order_by(Region.code))
    county = service.open_county(session, queries.by_code(session, 411002000000), now=now)
    elder = factories.elder(session, county, first)
    grant = factories.grant(session, factories.user(session), "director", first, county)
    outcomes.settle_elders(session, county.id, [elder.id], now=now)
    gone = first.code
    session.commit()
    done = revisions.merge_regions(session, gone, second.code, on=LATER, now=now, today=now.date())
    assert (done.elders, done.roles) == (1, 1)
    session.expire_all()
    assert queries.by_code(session, gone) is None
    assert queries.by_any_code(session, gone).id == second.id
    assert session.get(Region, first.id).successor_id == second.id
    assert (elder.region_id, grant.region_id) == (second.id, second.id)
    assert set(session.scalars(sa.select(Duty.region_id))) == {second.id}
    owed = dict(session.execute(sa.select(VillageCount.region_id, sa.func.sum(VillageCount.due)).group_by(
        VillageCount.region_id)).all())  # fmt: skip
    assert owed.get(first.id, 0) == 0
    assert owed[second.id] > 0


def test_a_county_is_opened_once_for_its_area(session, load, now):
    load()
    county = service.create_county(session, 411002000000, now=now)
    assert county.name == "魏都区"
    village = queries.by_code(session, int(weidu_rows()[-1]["code"]))
    assert queries.county_for(session, village).id == county.id
    with pytest.raises(Problem) as wrong:
        service.create_county(session, 411002000000, now=now)
    assert wrong.value.code == "conflict"
    assert service.open_county(session, queries.by_code(session, 411002000000), now=now).id == county.id
