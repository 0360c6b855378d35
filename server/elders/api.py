"""/elders: the register, as far as one's reach goes. Lists and pages are masked; revealing is logged."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from server import clock
from server.database import session
from server.elders import jobs, queries, service, vault
from server.elders.edge import settle_at
from server.elders.model import Elder, ElderStatus
from server.elders.profile import Particulars
from server.elders.queries import Listed
from server.elders.register.sheets import MAX_FILE_BYTES
from server.elders.schemas import (
    ElderDetail,
    ElderIn,
    ElderOut,
    ElderPatch,
    EldersQuery,
    ImportQuery,
    RevealedOut,
    StatusIn,
    StatusOut,
    from_id_number,
    values,
)  # fmt: skip
from server.files.current import files
from server.http import Bytes, Page, PageArgs, Router, actor, reach
from server.problems import problem
from server.regions import queries as regions
from server.regions.model import Region
from server.tasks.model import Task
from server.tasks.schemas import TaskOut

api = Router("elders")


@api.get("/elders", right="elders.read", query=EldersQuery, answer=ElderOut, paged=True)
def list_elders(query: dict[str, Any], page: PageArgs) -> Page[Listed]:
    """Elders within my reach, masked."""
    region = None
    if query["region"] is not None:
        region = regions.by_any_code(session(), int(query["region"]))
        if region is None or not regions.holds([grant.area() for grant in actor().grants], region):
            raise problem("not_found")
    return queries.page(
        session(), reach(), page, vault=vault.current(), now=clock.now(), region=region, search=query["q"],
        category=query["category"], status=query["status"],
    )  # fmt: skip


@api.get("/elders/<uuid:elder_id>", right="elders.read", answer=ElderDetail)
def read_elder(elder_id: uuid.UUID) -> Listed:
    """One elder, masked."""
    return queries.listed(session(), vault.current(), _elder(elder_id))


@api.post("/elders", right="elders.write", body=ElderIn, answer=ElderDetail, status=201, creates=True)
def create_elder(body: dict[str, Any]) -> Listed:
    """Take an elder in. The same id again answers the same elder."""
    region, county_id = _village(body["region"])
    now = clock.now()
    elder = service.create_elder(
        session(), county_id, from_id_number(values(body, region.id)), vault=vault.current(), now=now, today=_today(),
        elder_id=body["id"], actor_id=actor().user_id, settle=settle_at(now),
    )  # fmt: skip
    return queries.listed(session(), vault.current(), elder)


@api.patch("/elders/<uuid:elder_id>", right="elders.write", body=ElderPatch, answer=ElderDetail)
def change_elder(elder_id: uuid.UUID, body: dict[str, Any]) -> Listed:
    """Change what is known of an elder; what is not named stays."""
    elder = _elder(elder_id, for_update=True)
    region_id = None
    if "region" in body:
        region, county_id = _village(body["region"])
        if county_id != elder.county_id:
            raise problem("not_found")
        region_id = region.id
    now = clock.now()
    service.update_elder(
        session(), elder, values(body, region_id), vault=vault.current(), now=now, actor_id=actor().user_id,
        settle=settle_at(now),
    )  # fmt: skip
    return queries.listed(session(), vault.current(), elder)


@api.get("/elders/<uuid:elder_id>/status", right="elders.read", answer=StatusOut, paged=True)
def list_statuses(elder_id: uuid.UUID, page: PageArgs) -> Page[ElderStatus]:
    """What happened to an elder, the newest first."""
    return queries.statuses_page(session(), _elder(elder_id), page)


@api.post("/elders/<uuid:elder_id>/status", right="elders.write", body=StatusIn, answer=StatusOut, status=201,
          creates=True)  # fmt: skip
def record_status(elder_id: uuid.UUID, body: dict[str, Any]) -> Any:
    """Record what happened (in hospital, moved, died …) from a day on; `supersedes` puts an event right."""
    elder = _elder(elder_id, for_update=True)
    now = clock.now()
    return service.record_status(
        session(), elder, body["status"], body["effective_on"], vault=vault.current(), now=now, today=_today(),
        event_id=body["id"], actor_id=actor().user_id, supersedes=body["supersedes"], note=body["note"],
        settle=settle_at(now),
    )  # fmt: skip


@api.post("/elders/<uuid:elder_id>/reveal", right="elders.reveal", answer=RevealedOut)
def reveal_elder(elder_id: uuid.UUID) -> Particulars:
    """ID number, phone, address, contacts and notes in full. That I asked is logged."""
    return service.reveal(
        session(), _elder(elder_id), vault=vault.current(), now=clock.now(), actor_id=actor().user_id
    )


@api.post("/elders/import", right="elders.import", body=Bytes(), query=ImportQuery, answer=TaskOut, status=202,
          limit=MAX_FILE_BYTES)  # fmt: skip
def import_elders(body: bytes, query: dict[str, Any]) -> Task:
    """Import a register (XLSX or CSV, as the body) into a region: a task, whose file is the report."""
    region = regions.by_any_code(session(), int(query["region"]))
    county = regions.county_for(session(), region) if region is not None else None
    if region is None or county is None or region.code is None or not reach().covers(county.id, region.code):
        raise problem("not_found")
    return jobs.ask(
        session(), files(), region, county.id, data=body, name=query["name"], dry_run=query["dry_run"],
        now=clock.now(), actor_id=actor().user_id, task_id=query["id"],
    )  # fmt: skip


def _elder(elder_id: uuid.UUID, *, for_update: bool = False) -> Elder:
    elder = queries.find(session(), reach(), elder_id, clock.now(), for_update=for_update)
    if elder is None:
        raise problem("not_found")
    return elder


def _village(code: str) -> tuple[Region, int]:
    """A village within my reach, and its county."""
    region = regions.by_any_code(session(), int(code))
    if region is None or region.level != "village" or region.code is None:
        raise problem("not_found")
    county = regions.county_for(session(), region)
    if county is None or not reach().covers(county.id, region.code):
        raise problem("not_found")
    return region, county.id


def _today() -> dt.date:
    return clock.now().astimezone(clock.zone()).date()
