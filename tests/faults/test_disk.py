"""Short forms of `scripts/faults disk`: a phone whose file system is full, with or without the right to mount."""

import json
import os
import subprocess
import sys

import pytest

from tests.faults import room
from tests.faults.served import ROOT


@pytest.mark.parametrize("mounts", ["", "no"], ids=["a file system of its own", "a limit on the size of files"])
def test_a_phone_with_a_full_disk_says_so_loses_nothing_and_goes_on_with_room(mounts):
    env = {**os.environ, "PYTHONPATH": str(ROOT), **({room.INSIDE: mounts} if mounts else {})}
    run = subprocess.run(
        [sys.executable, "-m", "tests.faults", "disk", "--seed", "11", "--rounds", "6"], cwd=ROOT, env=env,
        capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    (found,) = json.loads(run.stdout.splitlines()[-1])["runs"]
    assert found["violations"] == []
    assert found["touches refused, and said so"] > 0
    assert found["visits"] > 0
    assert found["kills"] > 0
