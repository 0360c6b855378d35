"""Long work asked for by directors: importing a register, printing tags; and looking at how far it is."""

from __future__ import annotations

import uuid

from flask import Response, request

from server import clock
from server.auth.current import actor, reach
from server.console.ask import asked_page, asked_region, form_uuid, region_choices, regions_of, way_to
from server.console.pages import Pages, done, to
from server.console.render import page
from server.console.texts import say
from server.database import session
from server.elders import jobs as imports_
from server.files.current import files
from server.files.download import download
from server.paging import PageArgs
from server.people.queries import names_of
from server.problems import problem
from server.regions import queries as regions
from server.regions.codes import code_range, parse_code
from server.regions.model import Region
from server.tags import service as tags
from server.tasks import queries
from server.tasks.model import Task
from shared.ids import uuid7

console = Pages()
UPLOAD_MAX = 32 * 1024 * 1024
ENDINGS = (".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".txt")
RECENT = 10


@console.get("/import", right="elders.import")
def imports() -> str:
    """The form, and what was imported lately."""
    return _imports_page({})


@console.post("/import", right="elders.import", limit=UPLOAD_MAX)
def upload_register() -> Response:
    """Keep the file and have it read without writing anything."""
    upload = request.files.get("file")
    name = (upload.filename or "") if upload is not None else ""
    data = upload.read() if upload is not None and name else b""
    errors: dict[str, list[str]] = {}
    if not data:
        errors["file"] = [say("import.file_missing")]
    elif not name.lower().endswith(ENDINGS):
        errors["file"] = [say("import.file_wrong")]
    if errors:
        return Response(_imports_page(errors), 422, mimetype="text/html")
    region, county_id = _region_of_form()
    task = imports_.ask(
        session(), files(), region, county_id, data=data, name=name, dry_run=True, now=clock.now(),
        actor_id=actor().user_id, task_id=form_uuid("id"),
    )  # fmt: skip
    done("import.queued_done")
    return to("task", task_id=task.id)


@console.post("/tasks/<uuid:task_id>/confirm", right="elders.import")
def confirm_import(task_id: uuid.UUID) -> Response:
    """Import for good what was looked at; pressed twice it is one import."""
    dry = queries.one(session(), reach("tasks.read"), task_id)
    if dry is None or dry.kind != imports_.IMPORT or dry.state != "done" or dry.region_id is None:
        raise problem("not_found")
    region = session().get_one(Region, dry.region_id)
    _county_of(region)
    task = imports_.confirm(
        session(), dry, region, now=clock.now(), actor_id=actor().user_id, task_id=uuid.uuid5(dry.id, "confirm")
    )
    done("import.confirmed")
    return to("task", task_id=task.id)


@console.get("/tags", right="tags.read")
def tags_page() -> str:
    """Choose a region; what was made lately."""
    region = asked_region("tags.read")
    recent = queries.listed(session(), reach("tasks.read"), PageArgs(RECENT), kind=tags.PRINT, state=None)
    return page(
        "tags.html", region=region, regions=region_choices("tags.read", region), way=way_to(region, reach()),
        recent=recent, new_id=str(uuid7()),
    )  # fmt: skip


@console.post("/tags", right="tags.write")
def print_tags() -> Response:
    """Have a sheet of a region's tags made; elders without a tag get one."""
    region, county_id = _region_of_form()
    assert region.code is not None
    task = tags.ask_for_sheet(
        session(), county_id=county_id, region_id=region.id, codes=code_range(region.code, region.level),
        elder_ids=None, task_id=form_uuid("id") or uuid7(), actor_id=actor().user_id, now=clock.now(),
    )  # fmt: skip
    done("tags.queued")
    return to("task", task_id=task.id)


@console.get("/tasks/<uuid:task_id>", right="tasks.read")
def task(task_id: uuid.UUID) -> str:
    """How far it is, and what came of it."""
    found = _task(task_id)
    confirmable = (
        found.kind == imports_.IMPORT and found.state == "done" and bool(found.params.get("dry_run"))
        and actor().may("elders.import")
    )  # fmt: skip
    result = found.result or {}
    good = sum(result.get(name, 0) for name in ("created", "updated"))
    return page(
        "task.html", task=found, result=result, confirmable=confirmable and good > 0, good=good,
        by=names_of(session(), {found.created_by}).get(found.created_by or uuid.UUID(int=0)),
        is_import=found.kind == imports_.IMPORT,
    )  # fmt: skip


@console.get("/tasks/<uuid:task_id>/file", right="tasks.read")
def task_file(task_id: uuid.UUID) -> Response:
    """What it made."""
    return download(queries.file_of(session(), _task(task_id)))


def _imports_page(errors: dict[str, list[str]]) -> str:
    recent = queries.listed(session(), reach("tasks.read"), asked_page(RECENT), kind=imports_.IMPORT, state=None)
    return page(
        "imports.html", errors=errors, recent=recent, new_id=str(uuid7()), regions=regions_of("elders.import"),
        given=request.form,
    )  # fmt: skip


def _task(task_id: uuid.UUID) -> Task:
    found = queries.one(session(), reach("tasks.read"), task_id)
    if found is None:
        raise problem("not_found")
    return found


def _region_of_form() -> tuple[Region, int]:
    """A region wholly within the running right's reach, and the county in whose data it is."""
    code = parse_code(request.form.get("region", ""))
    region = regions.by_any_code(session(), code) if code is not None else None
    if region is None:
        raise problem("not_found")
    return region, _county_of(region)


def _county_of(region: Region) -> int:
    """The county in whose data the running right holds all of the region."""
    if region.code is None:
        raise problem("not_found")
    low, high = code_range(region.code, region.level)
    county_id = next((a.county_id for a in reach().areas if a.lo <= low and high <= a.hi), None)
    if county_id is None:
        raise problem("not_found")
    return county_id
