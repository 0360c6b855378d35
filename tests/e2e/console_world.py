"""A small district with a served console, for a real browser: one village whose month is half done."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from server import clock, closing, intake, outcomes
from server.alerts import service as alerts
from server.app import create_app
from server.callbacks.model import Callback
from server.database import db, session
from server.elders import service as elders
from server.elders import vault as vaults
from server.elders.jobs import run_import
from server.elders.model import Elder
from server.homes.model import HomeProposal
from server.people.model import User
from server.people.passwords import hash_password
from server.regions import service as regions
from server.regions.model import County, Region
from server.settings import Settings
from server.tags.jobs import print_tags
from shared.ids import uuid7
from tests import factories
from tests.conftest import NOW
from tests.databases import free_port, fresh_database
from tests.registers import WEIDU_CSV, id_number
from tests.visits import sent

assert run_import
assert print_tags  # the kinds of tasks that the console asks for are known
PASSWORD = "a quiet evening walk"
DISTRICT = 411002000000
NAMES = ("王秀英", "李桂兰", "张凤珍", "刘玉梅", "陈淑芳", "杨建国", "赵德明", "黄志永")


@dataclass
class Desk:
    """A console that is served at `url`. `ids`: elder, visit (a doubtful one), user."""

    app: Flask
    url: str
    village: str
    ids: dict[str, UUID]


@contextlib.contextmanager
def served(folder: Path) -> Iterator[Desk]:
    with fresh_database("sqlite", folder, None) as url:
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        app = create_app(
            Settings(home=folder / "home", database_url=url, secret_key="a secret of the tests", public_url=address)
        )
        clock.set_clock(app, lambda: NOW)
        with app.app_context():
            village, ids = _fill(session(), NOW)
        server = make_server("127.0.0.1", port, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Desk(app, address, village, ids)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


def _fill(on: Session, now: dt.datetime) -> tuple[str, dict[str, UUID]]:
    regions.import_regions(on, WEIDU_CSV.read_bytes(), now=now, valid_from=dt.date(2020, 1, 1))
    village = on.scalars(sa.select(Region).where(Region.name == "金地社区居委会")).one()
    district = on.scalars(sa.select(Region).where(Region.code == DISTRICT)).one()
    county = County(region_id=district.id, name=district.name, created_at=now, settings={})
    on.add(county)
    on.flush()
    _user(on, county, "admin", "系统管理员", ("admin", district))
    _user(on, county, "director", "王主任", ("director", village))
    _user(on, county, "auditor", "审计员", ("auditor", district))
    visitor = _user(on, county, "visitor", "李强", ("volunteer", village))
    visitor.phone = "19900001111"
    register = [_elder(on, county, village, number, now) for number in range(len(NAMES))]
    for elder in register:
        factories.pairing(on, elder, visitor)
    outcomes.open_periods(on, county.id, now=now)
    on.commit()
    begun = now - dt.timedelta(hours=20)
    items = [
        sent(e, begun + dt.timedelta(minutes=40 * n), minutes=20, start_position=_near(e, 6 + 3 * n),
             position=_near(e, 9 + 4 * n), note="聊了家常")
        for n, e in enumerate(register[:3])
    ]  # fmt: skip
    far = {"lat": 34.10, "lon": 113.90, "accuracy_m": 10.0, "datum": "wgs84"}
    items.append(sent(register[3], begun - dt.timedelta(days=2), minutes=1, position=far, start_position=far))
    sender = intake.Sender(visitor.id, county.id)
    results = intake.receive(on, sender, items, vault=vaults.current(), now=now)
    assert [r.assurance == "doubtful" for r in results] == [False, False, False, True], results
    wanted = alerts.Wanted(county.id, "missing", register[4].id, "2026-W01", register[4].id, None, village.id)
    alerts.raise_alerts(on, [wanted], now=now)
    on.commit()
    call = Callback(
        county_id=county.id, id=uuid7(now), month=now.date().replace(day=1), round=1, visit_id=UUID(items[0]["id"]),
        elder_id=register[0].id, visitor_id=visitor.id, region_id=village.id,
    )  # fmt: skip
    on.add(call)
    closing.draw_callbacks(on, county.id, vault=vaults.current(), now=now)  # promises the next draws
    on.commit()
    proposal = proposed(on, register[3], UUID(items[-1]["id"]), now)
    ids = {"elder": register[3].id, "visit": UUID(items[-1]["id"]), "user": visitor.id, "callback": call.id,
           "proposal": proposal.id}  # fmt: skip
    return f"{village.code:012d}", ids


def _near(elder: Elder, metres: int) -> dict[str, object]:
    """What a receiver says at the elder's door: never quite there, and never the same twice."""
    assert elder.lat is not None
    return {"lat": elder.lat + metres / 111_195, "lon": elder.lon, "accuracy_m": 15.0 + metres, "datum": "wgs84"}


def _user(on: Session, county: County, username: str, name: str, role: tuple[str, Region]) -> User:
    made = factories.user(on, username, name=name, password_hash=hash_password(PASSWORD))
    factories.grant(on, made, role[0], role[1], county)
    return made


def _elder(on: Session, county: County, village: Region, number: int, now: dt.datetime) -> Elder:
    values = {
        "region_id": village.id, "name": NAMES[number], "id_number": id_number("19480305", 101 + 2 * number),
        "phone": f"1380000{number:04d}", "address": f"建安大道 {number + 1} 号院", "categories": ["living_alone"],
        "lat": 34.02 + number * 1e-5, "lon": 113.82, "sex": "m", "birth_date": dt.date(1948, 3, 5),
    }  # fmt: skip
    registered = dt.date(2026, 1, 8)
    return elders.add_elder(
        on, county.id, values, vault=vaults.current(), now=now - dt.timedelta(days=90), today=registered
    )


def proposed(on, elder, visit_id, now) -> HomeProposal:
    """A home that one visit puts half a kilometre from where it is registered."""
    key = vaults.current().elder_key(elder.county_id, elder.id, elder.data_key)
    row_id, at = uuid7(now), (round((elder.lat or 34.0) + 0.005, 6), elder.lon or 113.8)
    told = {"lat": at[0], "lon": at[1], "spread_m": 12, "readings": [[visit_id.hex, *at, 15]]}
    made = HomeProposal(
        county_id=elder.county_id, id=row_id, elder_id=elder.id, found_at=now, changed_at=now, several=False, days=3,
        readings=1, state="open", place=key.seal("home_proposals", "place", row_id, json.dumps(told)),
    )  # fmt: skip
    on.add(made)
    on.commit()
    return made
