"""What elders ask about their own data: due days, outcomes, the copy, and erasure."""

import datetime as dt

import pytest
import sqlalchemy as sa

from server import intake
from server.audit.model import AuditEntry
from server.elders import service as elders
from server.elders import vault
from server.elders.model import Elder
from server.requests.model import DataRequest
from shared.ids import uuid7
from tests import factories as make
from tests.people import COUNTY, VILLAGE, VILLAGE_B
from tests.visits import sent


@pytest.fixture
def elder(app, session, place, now):
    """With sealed particulars and one visit that tells of them."""
    with app.app_context():
        values = {"region_id": place.regions[VILLAGE].id, "name": "张桂兰", "id_number": "411002194803059018",
                  "phone": "13800001234", "address": "建安大道 5 号", "categories": ["living_alone"]}  # fmt: skip
        made = elders.add_elder(
            session, place.county.id, values, vault=vault.current(), now=now, today=dt.date(2026, 1, 1)
        )
        visitor = place.user(("volunteer", VILLAGE))
        make.pairing(session, made, visitor)
        sender = intake.Sender(visitor.id, place.county.id)
        intake.receive(session, sender, [sent(made, note="腿疼")], vault=vault.current(), now=now)
    session.commit()
    return made


def ask(client, headers, elder, kind="access", **body):
    body = {"id": str(uuid7()), "elder_id": str(elder.id), "kind": kind, "asked_by": "self",
            "received_on": "2026-11-10", **body}  # fmt: skip
    return client.post("/api/v1/requests", json=body, headers=headers)


def finish(client, headers, made, **body):
    return client.post(f"/api/v1/requests/{made.json['id']}/finish", json=body, headers=headers)


def test_a_request_has_a_due_day_and_an_outcome_with_reasons(client, place, elder):
    director = place.somebody(("director", VILLAGE))
    made = ask(client, director, elder, "correction", note="住址写错了")
    assert (made.status_code, made.json["due_on"], made.json["overdue"]) == (201, "2026-11-25", False)
    again = ask(client, director, elder, "correction", id=made.json["id"])
    assert (again.status_code, again.json["id"]) == (201, made.json["id"])
    late = ask(client, director, elder, received_on="2026-10-01")
    assert late.json["overdue"] is True
    assert [r["id"] for r in client.get("/api/v1/requests?state=open", headers=director).json["items"]] == [
        late.json["id"], made.json["id"]
    ]
    assert list(finish(client, director, made, outcome="refused").json["errors"]) == ["answer"]
    assert finish(client, director, made, outcome="done", answer="已改").json["outcome"]["outcome"] == "done"
    assert finish(client, director, made, outcome="done").status_code == 200
    other = place.somebody(("director", COUNTY))
    assert finish(client, other, made, outcome="refused", answer="x").json["code"] == "already_answered"
    assert ask(client, director, elder, received_on="2026-12-01").status_code == 422
    assert client.get("/api/v1/requests", headers=place.somebody(("director", VILLAGE_B))).json["items"] == []


def test_the_copy_holds_everything_in_clear_and_is_logged(client, session, place, elder):
    director = place.somebody(("director", VILLAGE))
    made = ask(client, director, elder)
    copy = client.get(f"/api/v1/requests/{made.json['id']}/copy", headers=director).json
    assert (copy["elder"]["phone"], copy["elder"]["id_number"]) == ("13800001234", "411002194803059018")
    assert copy["visits"][0]["note"] == "腿疼"
    assert session.scalar(
        sa.select(sa.func.count()).select_from(AuditEntry).where(AuditEntry.action == "elder.reveal")
    ) == 1  # fmt: skip
    correction = ask(client, director, elder, "correction")
    assert client.get(f"/api/v1/requests/{correction.json['id']}/copy", headers=director).status_code == 404


def test_a_deletion_takes_an_admin_and_an_elder_who_left_and_then_nothing_is_left_to_read(
    app, client, session, place, elder, now
):
    director, admin = place.somebody(("director", VILLAGE)), place.somebody(("admin", COUNTY))
    made = ask(client, director, elder, "deletion", note="家属要求")
    assert finish(client, director, made, outcome="done").status_code == 403
    assert finish(client, admin, made, outcome="done").json["code"] == "still_registered"
    with app.app_context():
        elders.record_status(
            session, elder, "moved", dt.date(2026, 11, 1), vault=vault.current(), now=now, today=now.date()
        )
    assert finish(client, admin, made, outcome="done", answer="已删除").status_code == 200
    session.expire_all()
    row = session.get_one(Elder, (place.county.id, elder.id))
    assert (row.data_key, row.phone, row.id_number, row.name) == (None, None, None, "已删除")
    (visit,) = client.get(f"/api/v1/visits?elder={elder.id}", headers=admin).json["items"]
    assert "腿疼" not in str(visit)
    kept = session.scalars(sa.select(DataRequest)).one()
    assert (kept.note, kept.outcome) == (None, "done")
    actions = session.scalars(sa.select(AuditEntry.action)).all()
    assert {"request.receive", "request.done", "elder.erase"} <= set(actions)
