"""The register (台账): elders, what happened to them, and what a phone's card of them shows.

What identifies or locates a person (ID number, phone, address, contacts, notes) is sealed under a data key of the
elder's own; destroying `data_key` erases them everywhere, backups included (server/elders/vault.py). Names are clear:
directors read lists of them. `*_index` are keyed digests for exact search.
"""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base, CountyRow, county_reference

# On the register: active, away (approved absence), hospital. Off it, from the event's day: the rest.
STATUSES = ("active", "away", "hospital", "institution", "moved", "died")
LEFT_STATUSES = frozenset({"institution", "moved", "died"})


class Elder(CountyRow, Base):
    __tablename__ = "elders"
    __table_args__ = (
        sa.UniqueConstraint("county_id", "short_no"),
        sa.UniqueConstraint("county_id", "id_number_index"),
        sa.Index(None, "county_id", "region_id"),
        sa.Index(None, "county_id", "phone_index"),
        sa.Index(None, "county_id", "name"),
    )

    region_id: Mapped[int] = mapped_column(sa.ForeignKey("regions.id"))
    short_no: Mapped[int]  # printed on the tag and spoken on the phone
    name: Mapped[str] = mapped_column(sa.String(64))
    sex: Mapped[str | None] = mapped_column(sa.String(1))  # m, f
    birth_date: Mapped[dt.date | None]
    categories: Mapped[list[str]]  # codes of shared.rules.categories
    policy_id: Mapped[str] = mapped_column(sa.String(40), default="universal")
    lat: Mapped[float | None]  # WGS-84, as registered
    lon: Mapped[float | None]
    registered_on: Mapped[dt.date]
    status: Mapped[str] = mapped_column(sa.String(12), default="active")  # today's; history in elder_statuses
    left_on: Mapped[dt.date | None]  # died, moved, institution: off the register from this day

    data_key: Mapped[bytes | None]  # null: erased
    id_number: Mapped[bytes | None]
    id_number_index: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))
    phone: Mapped[bytes | None]
    phone_index: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))
    address: Mapped[bytes | None]
    contacts: Mapped[bytes | None]  # sealed JSON: [{name, relation, phone}]
    notes: Mapped[bytes | None]

    legal_basis: Mapped[str] = mapped_column(sa.String(20), default="statutory")  # statutory, consent, guardian
    legal_basis_version: Mapped[str] = mapped_column(sa.String(20), default="1")
    legal_basis_on: Mapped[dt.date]
    consent_health: Mapped[bool | None]  # asked separately; refusing never ends the visits
    consent_position: Mapped[bool | None]

    row_digest: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))  # of the imported row: same again, no change
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]


class ElderStatus(CountyRow, Base):
    """An event: from `effective_on` the elder's status is this. A mistake is superseded, never edited."""

    __tablename__ = "elder_statuses"
    __table_args__ = (
        county_reference("elder_id", "elders"),
        sa.Index(None, "county_id", "elder_id"),
    )

    elder_id: Mapped[uuid.UUID]
    status: Mapped[str] = mapped_column(sa.String(12))
    effective_on: Mapped[dt.date]
    recorded_at: Mapped[dt.datetime]
    recorded_by: Mapped[uuid.UUID | None]
    supersedes: Mapped[uuid.UUID | None]
    note: Mapped[bytes | None]  # sealed


class ElderCard(Base):
    """What changes often about an elder: a narrow row, so that a visit does not rewrite the wide one.

    `version` grows by one with anything that a phone's card shows (profile, tag, duties, last visit); the phone's feed
    compares it and nothing else.
    """

    __tablename__ = "elder_cards"
    __table_args__ = (county_reference("elder_id", "elders"),)

    county_id: Mapped[int] = mapped_column(primary_key=True)
    elder_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    last_visit_id: Mapped[uuid.UUID | None]
    last_visit_at: Mapped[dt.datetime | None]
    last_outcome: Mapped[str | None] = mapped_column(sa.String(40))
