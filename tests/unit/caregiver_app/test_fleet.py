"""The fleet in its short form, through real sockets; and that its comparison sees what is wrong."""

from __future__ import annotations

import json
import sys

import pytest

from caregiver_app.fleet import __main__ as fleet
from caregiver_app.fleet.compare import Comparer
from caregiver_app.fleet.worker import Order, Worker
from tests.fakes.serve import serving


def run(monkeypatch, capsys, *given: str) -> tuple[int, dict]:
    monkeypatch.setattr(sys, "argv", ["phones", *given])
    status = fleet.main()
    return status, json.loads(capsys.readouterr().out.strip().splitlines()[-1])


def test_phones_on_a_breaking_line_end_in_agreement(tmp_path, monkeypatch, capsys):
    with serving(tmp_path, 3) as (server, demo):
        status, summary = run(
            monkeypatch, capsys, "--phones", "3", "--visits", "6", "--seed", "5", "--aborts", "0.3", "--demo", str(demo)
        )
    assert (status, summary["sent"], summary["on_server"], summary["agree"]) == (0, 18, 18, True)
    assert len(server.state.visits) == 18
    assert summary["cut_out"] + summary["cut_back"] > 0


def test_killed_phones_lose_nothing(tmp_path, monkeypatch, capsys):
    with serving(tmp_path, 1) as (server, demo):
        status, summary = run(
            monkeypatch, capsys, "--phones", "1", "--visits", "5", "--seed", "1", "--kill", "3", "--demo", str(demo)
        )
    assert (status, summary["sent"], summary["agree"]) == (0, 5, True)
    assert summary["kills"] >= 1
    assert len(server.state.visits) == 5


def test_without_a_demo_nothing_is_done(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["phones", "--demo", str(tmp_path / "none.json")])
    assert fleet.main() == 1


@pytest.fixture
def sent(tmp_path):
    """(server, a phone whose visits are all sent)."""
    with serving(tmp_path, 1) as (server, demo):
        told = json.loads(demo.read_text())
        code = told["enrolment_codes"][0]
        order = Order(0, tmp_path / "p", told["base_url"], code["code"], code["username"], 4, 1, 0.0, 0.0, 60.0)
        worker = Worker(order)
        worker.enrol()
        worker.record()
        worker.send()
        worker.look()
        yield server, worker
        worker.phone.stop()


def compare(worker: Worker) -> list[str]:
    return Comparer(worker.phone.store, worker.phone.platform).disagreements()[1]


def test_the_comparison_sees_a_lost_a_foreign_and_a_changed_visit_and_an_old_copy(sent):
    server, worker = sent
    assert compare(worker) == []
    ids = list(server.state.visits)
    gone = server.state.visits.pop(ids[0])
    assert "0 times" in compare(worker)[0]
    server.state.visits["01a19eeb-8e80-7000-b3ea-8399f7dae95f"] = {
        **gone,
        "raw": {**gone["raw"], "id": "01a19eeb-8e80-7000-b3ea-8399f7dae95f"},
    }
    assert any("not on its phone" in one for one in compare(worker))
    server.state.visits[ids[1]]["raw"]["note"] = "changed"
    assert any("reads otherwise on the server: note" in one for one in compare(worker))
    next(iter(server.state.elders.values()))["notes"] = "changed behind the feed"
    assert any("differs: notes" in one for one in compare(worker))
