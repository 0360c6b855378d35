"""Trusted time: when something happened, whatever the phone's clock said.

Phones' clocks are wrong, and people set them back (DOMAIN, Presence). What nobody can set is the counter since
boot. A phone that met the server in this boot knows the server's time then and the uptime since: that time is
*proved*. After a reboot only the phone's time corrected by the last known offset is left: `clock_unproved`, which
alone means nothing. Times as recorded are never edited; what is worked out here stands beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

AHEAD_S = 300
"""A server may hear of a time this far ahead of its own clock before it disbelieves it."""
FUTURE_S = 600
"""An unproved time further ahead of the arrival than this is `time_future`."""
OLD_DAYS = 366
"""A time more than this before the arrival is `time_old`: no phone stays offline for a year."""

_EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
_OFFSET_MAX_MS = 100 * 366 * 86_400_000
_MOVED_STAY_MAX_MS = 86_400_000
_UPTIME_MAX_MS = 20 * 366 * 86_400_000


@dataclass(frozen=True, slots=True)
class PhoneClock:
    """The `clock` of a visit as the phone recorded it (CONTRACT, A visit); any part may be unknown.

    `offset_ms` is server minus phone, learnt at server time `learnt_at` and uptime `learnt_uptime_ms` of boot
    `learnt_boot`. Uptimes count since boot, asleep or awake. `end_boot` None: the same boot as at the start.
    """

    offset_ms: int | None = None
    learnt_at: datetime | None = None
    learnt_uptime_ms: int | None = None
    learnt_boot: str | None = None
    boot: str | None = None
    start_uptime_ms: int | None = None
    end_boot: str | None = None
    end_uptime_ms: int | None = None


@dataclass(frozen=True, slots=True)
class TrustedTimes:
    """When it happened, as well as can be known.

    `start` and `end` lie between 1970 and the arrival, in UTC. `stay_s` is None where nothing tells. `proved`: the
    start rests on the server's own time. `stay_proved`: the stay was counted by uptime, not read off the wall clock.
    `set_by_s`: by how much the phone's corrected clock differs from the proved time, or how far it lies before the last
    meeting with the server: somebody set it since.
    `phone_stay_s`: end minus start on the phone's own clock. `ahead_s`: how far after
    the arrival the start was claimed. `notes`: flag codes (`clock_unproved`, `time_future`,
    `time_old`).
    """

    start: datetime
    end: datetime | None
    stay_s: int | None
    proved: bool
    notes: frozenset[str]
    stay_proved: bool = False
    set_by_s: int | None = None
    phone_stay_s: int | None = None
    ahead_s: int = 0


def _plus(at: datetime, ms: int) -> datetime | None:
    try:
        return at + timedelta(milliseconds=ms)
    except OverflowError:
        return None


def _utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:  # the first or last hours that there are
        return at.replace(tzinfo=UTC)


def _uptime(value: int | None) -> int | None:
    return value if value is not None and 0 <= value <= _UPTIME_MAX_MS else None


def _seconds(span: timedelta) -> int:
    return span // timedelta(seconds=1)


def _stay(phone_ms: int | None, clock: PhoneClock) -> tuple[int | None, bool]:
    """(milliseconds of the visit, counted by uptime?): by uptime if the phone stayed on, else by the wall clock."""
    begun, ended = _uptime(clock.start_uptime_ms), _uptime(clock.end_uptime_ms)
    if clock.end_boot in (None, "", clock.boot) and begun is not None and ended is not None and ended >= begun:
        return ended - begun, True
    return (phone_ms if phone_ms is not None and phone_ms >= 0 else None), False


def _since_meeting(clock: PhoneClock, boot: str | None, uptime_ms: int | None, latest: datetime) -> datetime | None:
    """Server time at `uptime_ms` of `boot`, if the phone met the server in that very boot."""
    met, then = clock.learnt_at, _uptime(clock.learnt_uptime_ms)
    if not boot or boot != clock.learnt_boot or met is None or met > latest or then is None or uptime_ms is None:
        return None
    at = _plus(_utc(met), uptime_ms - then)
    return at if at is not None and at <= latest else None


def _proved_start(clock: PhoneClock, latest: datetime) -> datetime | None:
    """Server time then plus the uptime since, or None.

    A start shortly *before* the meeting is as good, if the visit was still going on when they met; else the
    counter ran backwards, and proves nothing.
    """
    begun, met = _uptime(clock.start_uptime_ms), _uptime(clock.learnt_uptime_ms)
    if begun is not None and met is not None and begun < met:
        ended = _uptime(clock.end_uptime_ms) if clock.end_boot in (None, "", clock.boot) else None
        if ended is None or ended < met:
            return None
    return _since_meeting(clock, clock.boot, begun, latest)


def trusted_times(
    started_at: datetime, ended_at: datetime | None, clock: PhoneClock | None, received_at: datetime
) -> TrustedTimes:
    """Work out the trusted start, end and stay of a visit.

    `started_at`, `ended_at` are the phone's, uncorrected; `received_at` is the server's. All aware. Never raises.
    """
    started_at, received = _utc(started_at), _utc(received_at)
    latest = received + timedelta(seconds=AHEAD_S)
    clock = clock or PhoneClock()
    phone_ms = None if ended_at is None else (_utc(ended_at) - started_at) // timedelta(milliseconds=1)
    stay_ms, stay_proved = _stay(phone_ms, clock)

    offset = clock.offset_ms if clock.offset_ms is not None and abs(clock.offset_ms) <= _OFFSET_MAX_MS else 0
    by_phone = _plus(started_at, offset) or started_at
    notes = set()
    set_by_s: int | None = None
    start = _proved_start(clock, latest)
    proved = start is not None
    if start is not None:
        if clock.offset_ms is not None:
            set_by_s = _seconds(by_phone - start)
    else:
        start = by_phone
        notes.add("clock_unproved")
        met, end_boot = clock.learnt_at, clock.end_boot or clock.boot
        if end_boot != clock.boot and end_boot == clock.learnt_boot:
            # Restarted during the visit and met the server since: the end is sure, and the start is not after it.
            end_sure = _since_meeting(clock, end_boot, _uptime(clock.end_uptime_ms), latest)
            start = min(start, end_sure or start)
        elif clock.boot and clock.learnt_boot and clock.boot != clock.learnt_boot and met and start < met <= latest:
            # The restart came after the meeting, and the visit after the restart: the clock was set back since.
            set_by_s = _seconds(start - met)

    ahead_s = max(0, _seconds(start - received))
    if ahead_s > FUTURE_S:
        notes.add("time_future")
    elif start < received - timedelta(days=OLD_DAYS):
        notes.add("time_old")

    # Nothing reported has happened after the report. A visit that claims so is moved back whole.
    if start > received:
        start = received - timedelta(milliseconds=min(stay_ms or 0, _MOVED_STAY_MAX_MS))
    start = max(start, _EARLIEST)
    end = None if stay_ms is None else min(_plus(start, stay_ms) or received, received)
    return TrustedTimes(
        start=start,
        end=end,
        stay_s=None if end is None else _seconds(end - start),
        proved=proved,
        notes=frozenset(notes),
        stay_proved=stay_proved,
        set_by_s=set_by_s,
        phone_stay_s=None if phone_ms is None else phone_ms // 1000,
        ahead_s=ahead_s,
    )
