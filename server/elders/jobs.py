"""A register that was uploaded, imported as long work: the console's and the API's way to `import_register`.

The upload is kept sealed for a week, so that a dry run can be looked at and then confirmed without sending it again.
What the task shows are counts, and where the faults are; what was written in the cells stands in the report, which is
a sealed file.
"""

from __future__ import annotations

import datetime as dt
import io
import uuid

from sqlalchemy.orm import Session

from server import clock
from server.auth.reach import Area, Reach
from server.elders import vault
from server.elders.edge import settle_at
from server.elders.importing import Imported, import_register, summary
from server.elders.register import RegisterUnreadable, RowProblem
from server.elders.register.report import write_report
from server.files import service as files
from server.files.service import Files, NewFile
from server.language import Text
from server.problems import problem
from server.regions.codes import code_range
from server.regions.model import Region
from server.tasks import service as tasks
from server.tasks.kinds import Outcome, Work, kind
from server.tasks.model import Task

IMPORT = "elders.import"
KEPT = dt.timedelta(days=7)
SHOWN = 200
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What these faults quote is about a person, and a task's result is not sealed.
_PERSONAL = frozenset({"bad_name", "bad_phone", "bad_birth_date", "id_birth_mismatch", "future_birth", "over_age",
                       "bad_position", "bad_sex"})  # fmt: skip


def ask(
    session: Session, store: Files, region: Region, county_id: int, *, data: bytes, name: str, dry_run: bool,
    now: dt.datetime, actor_id: uuid.UUID, task_id: uuid.UUID | None = None,
) -> Task:  # fmt: skip
    """Keep an upload and ask for its import into `region`; the same task id again asks for nothing new."""
    if task_id is not None and (there := session.get(Task, (county_id, task_id))) is not None:
        return there
    row = files.keep(
        session, store,
        NewFile(county_id, "import", "application/octet-stream", name[:200], created_by=actor_id,
                expires_at=now + KEPT),
        data, now=now,
    )  # fmt: skip
    return _enqueue(session, region, county_id, row.id, dry_run, now, actor_id, task_id)


def confirm(
    session: Session, dry: Task, region: Region, *, now: dt.datetime, actor_id: uuid.UUID,
    task_id: uuid.UUID | None = None,
) -> Task:  # fmt: skip
    """Import for good what a dry run has looked at; the same task id again is the same import."""
    file_id = uuid.UUID(dry.params["file_id"])
    if dry.kind != IMPORT or files.find(session, dry.county_id, file_id) is None:
        raise problem("not_found")
    return _enqueue(session, region, dry.county_id, file_id, False, now, actor_id, task_id)


def _enqueue(
    session: Session, region: Region, county_id: int, file_id: uuid.UUID, dry_run: bool, now: dt.datetime,
    actor_id: uuid.UUID, task_id: uuid.UUID | None,
) -> Task:  # fmt: skip
    params = {"file_id": str(file_id), "dry_run": dry_run}
    task = tasks.enqueue(session, tasks.NewTask(county_id, IMPORT, params, region.id, actor_id, task_id), now=now)
    session.commit()
    return task


@kind(IMPORT)
def run_import(work: Work) -> Outcome:
    """Read, import, report. Rows outside the task's region are refused."""
    upload = files.find(work.session, work.county_id, uuid.UUID(work.params["file_id"]))
    region = work.session.get(Region, work.region_id) if work.region_id is not None else None
    if upload is None or region is None or region.code is None:
        raise problem("not_found")
    data = files.read(work.files, upload)
    area = Area(work.county_id, *code_range(region.code, region.level))
    dry_run = bool(work.params["dry_run"])
    try:
        done = import_register(
            work.session, data, vault=vault.current(), now=work.now,
            today=work.now.astimezone(clock.zone()).date(), actor_id=work.created_by, county_id=work.county_id,
            reach=Reach(work.created_by or uuid.UUID(int=0), (area,)), dry_run=dry_run, progress=work.progress,
            settle=settle_at(work.now),
        )  # fmt: skip
    except RegisterUnreadable as wrong:
        raise problem("file_unreadable", detail=Text(wrong.message("zh"), wrong.message("en"))) from None
    report_id = _report(work, done) if done.problems else None
    shown = [_shown(found) for found in done.problems[:SHOWN]]
    result = {**done.figures(), "faults": shown, "upload": work.params["file_id"]}
    return Outcome(result, report_id)


def _report(work: Work, done: Imported) -> uuid.UUID:
    target = io.BytesIO()
    write_report(target, done.problems, summary(done))
    row = files.keep(
        work.session, work.files,
        NewFile(work.county_id, "report", XLSX, "导入报告.xlsx", created_by=work.created_by,
                expires_at=work.now + KEPT),
        target.getvalue(), now=work.now,
    )  # fmt: skip
    return row.id


def _shown(found: RowProblem) -> dict[str, object]:
    """A fault with its words in both languages, without what was written about a person."""
    params = {} if found.code in _PERSONAL else found.params
    bare = RowProblem(found.sheet, found.row, found.column, found.code, params)
    return {
        "sheet": found.sheet, "row": found.row, "column": found.column, "code": found.code,
        "what": {lang: bare.what(lang) for lang in ("zh", "en")},
        "how_to_mend": {lang: bare.how_to_mend(lang) for lang in ("zh", "en")},
    }  # fmt: skip
