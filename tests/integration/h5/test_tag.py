"""The address in the QR code, asked by programs."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from server.audit.model import AuditEntry

JSON = {"Accept": "application/json"}


def ask(page, who, token=None):
    headers = {**JSON, **page.world.bearer(who)}
    return page.client.get(f"/t/{token or page.token}", headers=headers)


def test_a_paired_visitor_is_told_whose_it_is(page):
    answer = ask(page, page.who)
    assert answer.status_code == 200
    assert (answer.json["known"], answer.json["paired"], answer.json["revoked"]) == (True, True, False)
    assert (answer.json["elder"]["id"], answer.json["elder"]["address"]) == (str(page.elder.id), "文峰路1号院1号楼")
    actions = page.world.session.scalars(sa.select(AuditEntry.action).where(AuditEntry.subject == "elder")).all()
    assert actions == ["elder.scan"]


def test_an_unpaired_visitor_is_told_nothing_of_the_elder(page):
    answer = ask(page, page.world.person("volunteer"))
    assert (answer.status_code, answer.json) == (200, {"known": True, "paired": False})
    kin = page.world.person("volunteer")
    page.world.pair(kin, page.elder, role="family")
    assert ask(page, kin).json == {"known": True, "paired": False}
    page.pairing.ends_at = page.world.now
    assert ask(page, page.who).json == {"known": True, "paired": False}


def test_staff_of_the_village_may_open_it_and_others_of_elsewhere_not(page):
    here, there = page.world.person("grid_worker"), page.world.person("grid_worker", village=1)
    assert ask(page, here).json["paired"] is False
    assert ask(page, here).json["elder"]["id"] == str(page.elder.id)
    assert ask(page, there).json == {"known": True, "paired": False}


def test_an_unknown_token_is_404_and_capitals_are_no_difference(page):
    assert ask(page, page.who, "a" * 26).status_code == 404
    assert ask(page, page.who, "short").status_code == 404
    assert ask(page, page.who, page.token.upper()).json["paired"] is True


def test_a_revoked_tag_says_so_to_who_is_paired(page):
    page.tag.revoked_at = page.world.now
    assert ask(page, page.who).json["revoked"] is True
    assert ask(page, page.world.person("volunteer")).json == {"known": True, "paired": False}


def test_an_elder_who_left_is_nobodys(page):
    page.elder.left_on = page.world.now.date()
    assert ask(page, page.who).json == {"known": True, "paired": False}


@pytest.mark.parametrize("role", ["family", "auditor"])
def test_who_never_visits_may_not_ask(page, role):
    assert ask(page, page.world.person(role)).status_code == 403


def test_without_a_token_it_is_401(page):
    assert page.client.get(page.url, headers=JSON).status_code == 401
