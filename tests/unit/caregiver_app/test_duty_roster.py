"""Who is on the roster at this hour stands first among those to call; who is only there and off duty, nowhere."""

from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest

from caregiver_app import texts
from caregiver_app.presenters import calls

NOW = datetime(2026, 11, 14, 10, 0, tzinfo=timezone(timedelta(hours=8)))
HOUR = timedelta(hours=1)


class Common:
    """What `calls.duty` asks of the presenters' common ground."""

    def __init__(self, *people):
        self.people = list(people)
        self.store = SimpleNamespace(meta={"user": {"id": "me"}})

    def section(self, name):
        assert name == "people"
        return self.people

    def now(self):
        return NOW

    def text(self, key, **values):
        return texts.TEXTS[key][0].format(**values)

    def label(self, group, value):
        return self.text(f"{group}.{value}")


def person(name, role, *shifts, **more):
    return {
        "id": name, "name": name, "role": role, "phone": "1390000", **more,
        "on_duty": [{"from": (NOW + a * HOUR).isoformat(), "to": (NOW + b * HOUR).isoformat()} for a, b in shifts],
    }  # fmt: skip


def test_who_is_on_duty_now_stands_before_the_director():
    found = calls.duty(Common(person("主任", "director"), person("值班员", "on_duty", (-1, 8))))
    assert [(c.name, c.relation) for c in found] == [("值班员", "值班"), ("主任", "社区主任")]


def test_who_has_a_role_too_is_said_to_have_both():
    [one] = calls.duty(Common(person("主任", "director", (-1, 8))))
    assert (one.relation, one.whom) == ("社区主任 · 值班", "director")


@pytest.mark.parametrize("hours", [(1, 9), (-9, -1), (-9, 0)])
def test_who_is_there_for_the_roster_alone_is_not_called_off_duty(hours):
    found = calls.duty(Common(person("值班员", "on_duty", hours), person("社工", "social_worker", hours)))
    assert [c.name for c in found] == ["社工"]


@pytest.mark.parametrize(
    "shift",
    [
        {}, {"from": "soon", "to": "later"}, {"from": None, "to": 7}, "x",
        {"from": "2026-11-14T00:00:00", "to": "2026-11-15T00:00:00"},
    ],
)  # fmt: skip
def test_a_shift_that_cannot_be_read_is_none(shift):
    assert calls.duty(Common({**person("值班员", "on_duty"), "on_duty": [shift]})) == ()
