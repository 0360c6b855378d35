"""What visitors learn before and while they visit: a county's courses, in versions, and who finished which.

A course keeps its id for good; every change of its words is a new version, and old ones stay, because a result says
which words somebody had learned. Results come from phones as events (`course_done`) and are only added.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base, CountyRow


class Course(CountyRow, Base):
    """`version`: the one in force. `required`: to be finished before the first visit. `withdrawn_at`: off phones."""

    __tablename__ = "courses"

    version: Mapped[int]
    title: Mapped[dict[str, Any]]  # {zh, en}: for lists, without opening the version
    required: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]
    withdrawn_at: Mapped[dt.datetime | None]


class CourseVersion(Base):
    """The words of one version: `content` is `{title, markdown, quiz}` as phones get it."""

    __tablename__ = "course_versions"
    __table_args__ = (
        sa.ForeignKeyConstraint(["county_id", "course_id"], ["courses.county_id", "courses.id"]),
    )

    county_id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]]
    digest: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    created_at: Mapped[dt.datetime]


class CourseResult(CountyRow, Base):
    """One attempt at a quiz; `id` is the event's. `at`: when, by trusted time."""

    __tablename__ = "course_results"
    __table_args__ = (sa.Index(None, "county_id", "user_id", "course_id"),)

    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"))
    course_id: Mapped[uuid.UUID]
    version: Mapped[int]
    correct: Mapped[int]
    of: Mapped[int]
    passed: Mapped[bool]
    at: Mapped[dt.datetime]
