"""What reviewers, callers and clerks write may tell of an elder: it lies sealed, and ends with the elder's key."""

import sqlalchemy as sa
from alembic.migration import MigrationContext

from server import schema
from server.callbacks.model import Callback, CallbackAttempt
from server.elders.service import erase_elder
from server.elders.vault import Vault
from server.requests.model import DataRequest
from server.reviews.model import DeathReview, Review
from shared.ids import uuid7
from tests import factories as make
from tests.conftest import NOW, SECRET
from tests.databases import fresh_database
from tests.people import COUNTY, VILLAGE

WORDS = "张桂兰住院了，电话 13800001234"
HELD = ((Review, "reason"), (CallbackAttempt, "note"), (DeathReview, "note"), (DataRequest, "note"),
        (DataRequest, "answer"))  # fmt: skip


def everything_said(client, session, place):
    """A review and its answer, a call, a death, a request: about one elder, all with the same words."""
    elder_id = uuid7()
    _, wrapped = Vault(SECRET).new_key(place.county.id, elder_id)
    elder = make.elder(
        session, place.county, place.regions[VILLAGE], id=elder_id, data_key=wrapped, status="died", left_on=NOW.date()
    )
    visitor = place.user(("volunteer", VILLAGE))
    make.pairing(session, elder, visitor)
    visit = make.visit(session, elder, visitor, NOW, assurance="doubtful", counts=False)
    call = Callback(
        county_id=place.county.id, id=uuid7(), month=NOW.date().replace(day=1), round=1, visit_id=visit.id,
        elder_id=elder.id, visitor_id=visitor.id, region_id=elder.region_id,
    )  # fmt: skip
    session.add(call)
    session.commit()
    director, me = place.somebody(("director", COUNTY)), place.bearer(visitor)
    made = {"elder_id": str(elder.id), "kind": "correction", "asked_by": "self", "received_on": "2026-11-01"}
    asked = client.post("/api/v1/requests", json={**made, "id": str(uuid7()), "note": WORDS}, headers=director)
    for path, body, headers in (
        (f"visits/{visit.id}/review", {"decision": "reject", "reason": WORDS}, director),
        (f"visits/{visit.id}/reply", {"words": WORDS}, me),
        (f"visits/{visit.id}/reply", {"words": WORDS}, me),  # the same again
        (f"callbacks/{call.id}/outcome", {"outcome": "confirmed", "note": WORDS}, director),
        (f"deaths/{elder.id}/review", {"finding": "other", "note": WORDS}, director),
        (f"requests/{asked.json['id']}/finish", {"outcome": "refused", "answer": WORDS}, director),
    ):
        answer = client.post(f"/api/v1/{path}", json=body, headers=headers)
        assert answer.status_code == 200, (path, answer.text)
    return elder, visit, call, director


def shown(client, visit, call, director):
    """How often the words stand in what is read."""
    paths = (f"visits/{visit.id}/explanation", f"callbacks/{call.id}", "deaths", "requests")
    return [client.get(f"/api/v1/{path}", headers=director).text.count("13800001234") for path in paths]


def test_words_lie_sealed_are_read_by_those_who_may_and_end_with_the_elders_key(client, session, place):
    elder, visit, call, director = everything_said(client, session, place)
    for model, column in HELD:
        kept = session.scalars(sa.select(getattr(model, column))).all()
        assert kept
        assert all(sealed and WORDS.encode() not in sealed for sealed in kept), (model, column)
    assert shown(client, visit, call, director) == [4, 1, 1, 2]  # a decision's are there twice: `reason`, `words`
    erase_elder(session, elder, now=NOW)
    assert shown(client, visit, call, director) == [0, 0, 0, 0]


def test_words_that_were_kept_in_clear_are_sealed_by_the_migration_and_opened_on_the_way_back(
    database_kind, postgres, tmp_path, monkeypatch
):
    monkeypatch.setenv("YUETAN_SECRET_KEY", SECRET)
    with fresh_database(database_kind, tmp_path, postgres, migrate=False) as url:
        engine = sa.create_engine(url)
        with engine.connect() as connection:
            schema.upgrade(connection, "0009")
            connection.commit()
            ids = old_rows(connection)
            connection.commit()
            schema.upgrade(connection, "0010")
            connection.commit()
            for table, column in TABLES:
                (sealed,) = connection.execute(sa.text(f"SELECT {column} FROM {table}")).scalars()
                assert WORDS.encode() not in bytes(sealed)
            elder_key = Vault(SECRET).elder_key(1, ids["elder"], ids["wrapped"])
            row = sa.select(sa.column("reason", sa.LargeBinary())).select_from(sa.table("reviews"))
            assert elder_key.open("reviews", "reason", ids["review"], connection.scalar(row)) == WORDS
            connection.rollback()
            refused = False
            try:
                connection.execute(sa.text("UPDATE reviews SET decision = 'accept'"))
            except sa.exc.DBAPIError:
                refused = True
            assert refused  # still only ever added to
            connection.rollback()
            schema.downgrade(connection, "0009")
            connection.commit()
            for table, column in TABLES:
                assert connection.execute(sa.text(f"SELECT {column} FROM {table}")).scalars().all() == [WORDS]
            connection.rollback()
            assert MigrationContext.configure(connection).get_current_revision() == "0009"
        engine.dispose()


TABLES = (("reviews", "reason"), ("callback_attempts", "note"), ("death_reviews", "note"), ("data_requests", "note"),
          ("data_requests", "answer"))  # fmt: skip


def old_rows(connection):
    """As they were before: one of everything, in clear."""
    ids = {name: uuid7() for name in ("user", "elder", "visit", "review", "call", "attempt", "death", "request")}
    ids["wrapped"] = Vault(SECRET).new_key(1, ids["elder"])[1]
    meta = sa.MetaData()
    meta.reflect(connection)

    def add(table, **values):
        columns = meta.tables[table].columns
        found = {
            c.name: values.get(c.name, _usual(c))
            for c in columns
            if c.name in values or (not c.nullable and c.server_default is None)
        }  # fmt: skip
        typed = sa.table(table, *(sa.column(n, _type(columns[n].type, v)) for n, v in found.items()))
        connection.execute(sa.insert(typed).values(**found))

    add("regions", id=1, code=411002000000, name="魏都区", level="county")
    add("counties", id=1, region_id=1, name="魏都区")
    add("users", id=ids["user"], username="a", name="甲")
    add("elders", id=ids["elder"], region_id=1, name="张桂兰", data_key=ids["wrapped"])
    add("visits", id=ids["visit"], elder_id=ids["elder"], visitor_id=ids["user"])
    add("reviews", id=ids["review"], visit_id=ids["visit"], by=ids["user"], decision="reject", reason=WORDS)
    add("callbacks", id=ids["call"], visit_id=ids["visit"], elder_id=ids["elder"], visitor_id=ids["user"], region_id=1)
    add("callback_attempts", id=ids["attempt"], callback_id=ids["call"], by=ids["user"], note=WORDS)
    add("death_reviews", id=ids["death"], elder_id=ids["elder"], by=ids["user"], note=WORDS)
    add("data_requests", id=ids["request"], elder_id=ids["elder"], recorded_by=ids["user"], note=WORDS, answer=WORDS)
    return ids


def _usual(column):
    if column.name == "county_id":
        return 1
    kind = column.type
    if isinstance(kind, sa.DateTime):
        return NOW.replace(tzinfo=None) if column.type.timezone is not True else NOW
    if isinstance(kind, sa.Date):
        return NOW.date()
    if isinstance(kind, (sa.LargeBinary,)):
        return bytes(32)
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, (sa.Integer, sa.Float)):
        return 1
    if isinstance(kind, sa.JSON):
        return []
    return "x"


def _type(kind, value):
    return sa.Uuid() if hasattr(value, "hex") and hasattr(value, "int") else kind
