import datetime as dt
import hashlib

import pytest
import sqlalchemy as sa

from server.elders.model import Elder, ElderCard
from server.tags import queries, service
from server.tags.model import Tag
from server.tags.queries import Wanted
from server.tags.tokens import TagKeys
from shared.protocol.tags import token_hash, token_of
from tests import codes, factories
from tests.people import COUNTY, ELSEWHERE, VILLAGE, VILLAGE_B

OLD, NEW = hashlib.sha256(b"old").digest(), hashlib.sha256(b"new").digest()
KEYS = TagKeys.of([OLD])
TODAY = dt.date(2026, 11, 14)
HOST = "https://yuetan.example"


@pytest.fixture
def elders(place) -> list[Elder]:
    """Two of one village, one of the next, one of another county."""
    here = place.county
    where = [(here, VILLAGE), (here, VILLAGE), (here, VILLAGE_B), (place.other_county, ELSEWHERE)]
    made = [factories.elder(place.session, county, place.regions[code]) for county, code in where]
    place.session.commit()
    return made


def village(code: int = VILLAGE, **more) -> Wanted:
    return Wanted(code, code, TODAY, **more)


def printed(session, wanted, now, keys=KEYS) -> tuple[service.Sheet, list[str]]:
    made = service.print_sheet(session, wanted, keys=keys, public_url=HOST, actor_id=None, now=now)
    return made, [a for page in codes.pages(made.pdf) for a in codes.by_zxing(page)] if made.pdf else []


def versions(session) -> list[int]:
    return list(session.scalars(sa.select(ElderCard.version).order_by(ElderCard.elder_id)))


def test_printing_gives_each_elder_of_the_region_a_tag_and_nobody_else(session, elders, now):
    made, addresses = printed(session, village(), now)
    assert (made.printed, made.issued, made.unprintable) == (2, 2, [])
    tags = {tag.token_hash: tag.elder_id for tag in session.scalars(sa.select(Tag))}
    assert {tags[token_hash(token_of(a))] for a in addresses} == {elders[0].id, elders[1].id}
    assert all(a.startswith(f"{HOST}/t/") and len(a) == len(HOST) + 3 + 26 for a in addresses)
    assert len(tags) == 2


def test_printing_again_gives_the_same_codes_and_changes_nothing(session, elders, now):
    _, first = printed(session, village(), now)
    before = versions(session)
    again, second = printed(session, village(), now + dt.timedelta(days=30))
    assert second == first
    assert again.issued == 0
    assert versions(session) == before


def test_whoever_left_the_register_gets_no_tag(session, elders, now):
    elders[0].left_on = TODAY
    elders[1].left_on = TODAY + dt.timedelta(days=1)
    session.commit()
    made, _ = printed(session, village(), now)
    assert made.printed == 1
    assert queries.status(session, elders[0]).state == "none"


def test_a_phone_learns_of_a_new_tag(session, elders, now):
    before = versions(session)
    printed(session, village(), now)
    after = versions(session)
    assert sorted(b - a for a, b in zip(before, after, strict=True)) == [0, 0, 1, 1]


def test_reissuing_makes_a_new_code_and_revokes_the_old(session, elders, now):
    _, (one, two) = printed(session, village(), now)
    tag = queries.newest(session, elders[0])
    old = tag.token_hash
    status = service.reissue(session, elders[0], replaces=1, keys=KEYS, actor_id=None, now=now)
    assert (status.state, status.generation) == ("active", 2)
    _, addresses = printed(session, village(), now)
    assert len({one, two} & set(addresses)) == 1
    hashes = queries.hashes(session, elders[0].county_id, [elders[0].id])
    assert hashes[old] is None
    assert sorted(hashes.values(), key=str) == sorted([None, elders[0].id], key=str)
    assert queries.by_hash(session, old).revoked_at is not None


def test_reissuing_sent_twice_makes_one_code(session, elders, now):
    for _ in range(3):
        status = service.reissue(session, elders[0], replaces=0, keys=KEYS, actor_id=None, now=now)
        assert status.generation == 1
    assert service.reissue(session, elders[0], replaces=None, keys=KEYS, actor_id=None, now=now).generation == 2


def test_a_revoked_tag_stays_revoked_and_printing_makes_a_new_one(session, elders, now):
    printed(session, village(), now)
    first = service.revoke(session, elders[0], actor_id=None, now=now)
    again = service.revoke(session, elders[0], actor_id=None, now=now + dt.timedelta(days=1))
    assert first == again
    assert (first.state, first.revoked_at) == ("revoked", now)
    made, _ = printed(session, village(), now)
    assert (made.printed, made.issued) == (2, 1)
    assert queries.status(session, elders[0]).generation == 2


def test_a_tag_made_under_a_retired_secret_is_printed_with_the_same_code(session, elders, now):
    _, before = printed(session, village(), now)
    made, after = printed(session, Wanted(COUNTY, COUNTY + 10**6 - 1, TODAY), now, TagKeys.of([NEW, OLD]))
    assert set(before) < set(after)
    assert (made.printed, made.issued) == (3, 1)
    lost, codes_left = printed(session, Wanted(COUNTY, COUNTY + 10**6 - 1, TODAY), now, TagKeys.of([NEW]))
    assert lost.unprintable == sorted(e.short_no for e in elders[:2])
    assert len(codes_left) == 1


def test_only_the_elders_asked_for_are_printed(session, elders, now):
    made, _ = printed(session, village(elder_ids=[elders[1].id, elders[2].id]), now)
    assert (made.printed, made.issued) == (1, 1)


def test_an_empty_region_gives_no_sheet(session, place, now):
    assert printed(session, village(), now) == (service.Sheet(None), [])


def test_two_counties_keep_their_own_tags(session, elders, now):
    printed(session, village(ELSEWHERE), now)
    [tag] = session.scalars(sa.select(Tag))
    assert (tag.county_id, tag.elder_id) == (elders[3].county_id, elders[3].id)


def test_printing_a_thousand_costs_as_many_queries_as_printing_one(session, place, engine, now):
    for _ in range(40):
        factories.elder(session, place.county, place.regions[VILLAGE])
    session.commit()
    counted = []
    sa.event.listen(engine, "before_cursor_execute", lambda *a: counted.append(a[2]))
    service.issue(session, village(), keys=KEYS, actor_id=None, now=now)
    assert len(counted) <= 4
