"""Statements run on the driver give what SQLAlchemy would give, and fail as it would."""

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from server.people.model import User
from server.prepared import Prepared, among, trip
from tests import factories as make

USERS = User.__table__
BY_ID = Prepared(sa.select(USERS.c.id, USERS.c.name, USERS.c.created_at).where(among(USERS.c.id, "ids")))
BY_NAME = Prepared(sa.select(USERS.c.id).where(among(USERS.c.name, "names")).order_by(USERS.c.id))
RENAME = Prepared(sa.update(USERS).where(USERS.c.id == sa.bindparam("b_id")).values(name=sa.bindparam("b_name")))
SLEEPY = dt.datetime(2026, 11, 3, 9, 12, 31, 250000, tzinfo=dt.UTC)


def people(session, *names):
    made = [make.user(session, name=name) for name in names]
    session.flush()
    return [user.id for user in made]


def test_rows_have_the_types_and_names_of_their_columns(session):
    (one,) = people(session, "张三")
    session.execute(sa.update(User).where(User.id == one).values(created_at=SLEEPY))
    (row,) = BY_ID.rows(session, {"ids": [one]})
    assert (row.id, row.name, row.created_at) == (one, "张三", SLEEPY)
    assert row.created_at.tzinfo is not None


@pytest.mark.parametrize("count", [0, 1, 2, 4, 5, 16, 17, 40])
def test_a_list_is_one_statement_however_long(session, queries, count):
    ids = people(session, *(f"人{n}" for n in range(41)))
    with queries() as sent:
        found = BY_ID.rows(session, {"ids": ids[:count]})
    assert sorted(row.id for row in found) == sorted(ids[:count])
    assert len(sent) == 1


def test_lists_of_different_lengths_in_one_statement_keep_to_themselves(session):
    both = Prepared(
        sa.select(USERS.c.id).where(sa.or_(among(USERS.c.id, "ids"), among(USERS.c.name, "names"))).order_by(USERS.c.id)
    )
    ids = people(session, "甲", "乙", "丙", "丁", "戊", "己")
    for of_ids, names in ((ids[:1], ["丙", "丁"]), (ids[:2], ["己"]), ([], ["丙"]), (ids[:5], [])):
        wanted = {*of_ids, *(ids["甲乙丙丁戊己".index(name)] for name in names)}
        assert [row.id for row in both.rows(session, {"ids": of_ids, "names": names})] == sorted(wanted)


def test_texts_are_listed_as_they_are(session):
    odd = ["a,b", "引号\"'", "{}", "\\"]
    ids = people(session, *odd)
    assert [row.id for row in BY_NAME.rows(session, {"names": odd})] == sorted(ids)


def test_it_sees_and_changes_what_the_session_s_transaction_does(session):
    first, second = people(session, "甲", "乙")
    with trip(session) as out:
        out.run(RENAME, [{"b_id": first, "b_name": "丙"}, {"b_id": second, "b_name": "丁"}])
    assert set(session.scalars(sa.select(User.name).where(User.id.in_([first, second])))) == {"丙", "丁"}


def test_what_goes_out_together_is_done_in_its_order(session):
    (one,) = people(session, "甲")
    with trip(session) as out:
        before = out.ask(BY_ID, {"ids": [one]})
        out.run(RENAME, [{"b_id": one, "b_name": "乙"}])
        out.run(RENAME, [])
        after = out.ask(BY_ID, {"ids": [one]})
        nobody = out.ask(BY_ID, {"ids": [uuid.uuid4()]})
    assert [row.name for row in before.rows()] == ["甲"]
    assert [row.name for row in after.rows()] == ["乙"]
    assert nobody.rows() == []


def test_what_the_database_refuses_is_sqlalchemy_s_error_without_the_values(session):
    (one,) = people(session, "甲")
    inserting = Prepared.insert(make.Region.__table__)
    values = dict.fromkeys((c.name for c in make.Region.__table__.columns), None)
    values |= {"name": "秘密", "level": "village", "id": 987654}

    def insert_twice() -> None:
        with session.begin_nested(), trip(session) as out:
            out.ask(BY_ID, {"ids": [one]})
            out.run(inserting, [values, values])
            out.ask(BY_ID, {"ids": [one]})

    with pytest.raises(IntegrityError) as wrong:
        insert_twice()
    assert "秘密" not in str(wrong.value)
    assert [row.name for row in BY_ID.rows(session, {"ids": [one]})] == ["甲"]


def test_a_column_that_was_forgotten_is_a_mistake_not_a_null(session):
    with pytest.raises(KeyError), trip(session) as out:
        out.run(Prepared.insert(USERS), [{"id": uuid.uuid4()}])


def prepared_on(session):
    return session.scalar(sa.text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT users.%'"))


def test_what_is_prepared_outlives_the_undoing_of_a_healthy_transaction(database_kind, engine):
    if database_kind != "postgresql":
        return  # SQLite prepares by itself
    with Session(engine) as session:
        for _ in range(8):
            assert BY_ID.rows(session, {"ids": [uuid.uuid4()]}) == []
            session.rollback()
        assert prepared_on(session) == 1


def test_what_was_never_prepared_behind_an_error_is_not_taken_for_prepared(database_kind, engine):
    if database_kind != "postgresql":
        return  # SQLite prepares by itself
    broken = Prepared(sa.select((1 / sa.func.length(sa.bindparam("text", type_=sa.Text()))).label("n")))

    def ask_behind_an_error(session):
        with trip(session) as out:
            out.ask(broken, {"text": ""})
            out.ask(BY_ID, {"ids": [uuid.uuid4()]})

    with Session(engine) as session:
        for attempt in range(8):  # statements are prepared at their sixth run, so this meets one that is to be
            with pytest.raises(DBAPIError):
                ask_behind_an_error(session)
            session.rollback()
            assert BY_ID.rows(session, {"ids": [uuid.uuid4()]}) == [], attempt
            session.rollback()
        for _ in range(8):
            assert BY_ID.rows(session, {"ids": [uuid.uuid4()]}) == []
            session.rollback()


def test_a_parcel_is_sent_as_one(database_kind, engine):
    if database_kind != "postgresql":
        return  # SQLite lives in this process: nothing is sent
    from server.parcel import parcel

    taken = engine.raw_connection()
    driver = taken.driver_connection
    cursors = [driver.cursor() for _ in range(3)]
    with parcel(driver) as packed:
        for cursor in cursors:
            cursor.execute("SELECT pg_backend_pid()")
        assert len(packed.command_queue) >= len(cursors)  # held
        packed.send()
        assert not packed.command_queue
    assert {cursor.fetchone()[0] for cursor in cursors} == {driver.info.backend_pid}
    taken.close()  # back to the pool, which ends its transaction


def test_a_connection_that_is_ended_is_known_as_lost_and_the_next_one_serves(database_kind, engine):
    if database_kind != "postgresql":
        return  # SQLite has no connection that somebody else could end
    backend = Prepared(sa.select(sa.func.pg_backend_pid().label("pid")))

    def ask_twice(session):
        with trip(session) as out:
            for _ in range(2):
                out.ask(BY_ID, {"ids": [uuid.uuid4()]})

    with Session(engine) as session, engine.connect() as other:
        (found,) = backend.rows(session, {})
        other.execute(sa.select(sa.func.pg_terminate_backend(found.pid, 5000)))
        with pytest.raises(OperationalError) as wrong:
            ask_twice(session)
        assert wrong.value.connection_invalidated
        session.rollback()
        assert BY_ID.rows(session, {"ids": [uuid.uuid4()]}) == []


def test_a_connection_that_cannot_leave_its_pipeline_is_closed(database_kind, engine, monkeypatch):
    """As when its server goes away between two answers: undoing would wait in that pipeline for ever."""
    if database_kind != "postgresql":
        return  # SQLite has no pipeline
    from server import parcel

    monkeypatch.setattr(parcel.Parcel, "_exit", lambda _self, _wrong: None)
    taken = engine.raw_connection()
    driver = taken.driver_connection
    with parcel.parcel(driver) as packed:
        driver.cursor().execute("SELECT 1")
        packed.send()
    assert driver.closed
    taken.invalidate()
