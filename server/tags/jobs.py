"""The sheet of tags as long work."""

from __future__ import annotations

import uuid

from flask import current_app

from server import clock
from server.audit import service as audit
from server.files.service import NewFile, keep
from server.tags import service
from server.tags.queries import Wanted
from server.tags.tokens import current
from server.tasks.kinds import Outcome, Work, kind


@kind(service.PRINT)
def print_tags(work: Work) -> Outcome:
    ids = work.params["elder_ids"]
    wanted = Wanted(
        work.params["lo"], work.params["hi"], work.now.astimezone(clock.zone()).date(), work.county_id,
        None if ids is None else [uuid.UUID(i) for i in ids],
    )  # fmt: skip
    made = service.print_sheet(
        work.session, wanted, keys=current(), public_url=current_app.extensions["yuetan_settings"].public_url,
        actor_id=work.created_by, now=work.now, progress=work.progress,
    )  # fmt: skip
    result = {"printed": made.printed, "issued": made.issued, "unprintable": made.unprintable}
    if made.pdf is None:
        return Outcome(result)
    name = f"二维码牌-{work.params['lo']:012d}-{work.now.astimezone(clock.zone()):%Y%m%d}.pdf"
    new = NewFile(work.county_id, "tag_sheet", "application/pdf", name, created_by=work.created_by)
    row = keep(work.session, work.files, new, made.pdf, now=work.now)
    audit.record(
        work.session, "tags.print", "task", work.task_id, now=work.now, actor_id=work.created_by,
        county_id=work.county_id, details=result,
    )  # fmt: skip
    return Outcome(result, row.id)
