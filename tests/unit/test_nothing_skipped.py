"""Where everything is set up, a test that was skipped is a test that did not run."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEST = """
import pytest
def test_one(): pytest.skip("no database")
@pytest.mark.skipif(True, reason="told so")
def test_two(): pass
@pytest.mark.xfail(strict=True)
def test_known(): assert False
"""


def run(folder: Path, ci: str, text: str) -> tuple[int, str]:
    (folder / "test_one.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "--rootdir", folder, "-c", os.devnull, folder]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "CI": ci}, capture_output=True, text=True, check=False
    )  # fmt: skip
    return done.returncode, done.stdout


def test_a_skipped_test_fails_where_everything_is_set_up(tmp_path):
    status, output = run(tmp_path, "true", TEST)
    assert status == 1
    assert "1 failed, 1 xfailed, 1 error" in output


def test_a_skipped_test_is_left_alone_on_a_machine_of_ones_own(tmp_path):
    status, output = run(tmp_path, "false", TEST)
    assert status == 0
    assert "2 skipped, 1 xfailed" in output


def test_a_module_that_skips_itself_fails_too(tmp_path):
    status, output = run(tmp_path, "true", "import pytest\npytest.skip('no browser', allow_module_level=True)\n")
    assert status not in (0, 5)
    assert "no browser" in output
