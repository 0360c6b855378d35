"""What the package for Android asks for: only what is needed, each thing explained, all of it buildable."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest

from apk import check, hook
from caregiver_app.platform.needs import NEEDS
from caregiver_app.texts import TEXTS

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def spec():
    parser = configparser.RawConfigParser()
    parser.read(ROOT / "buildozer.spec", encoding="utf-8")
    return parser["app"]


def test_every_requirement_has_a_recipe_or_is_pure_python():
    assert [name for name, verdict, _ in check.verdicts() if verdict == "neither"] == []


def test_everything_the_app_imports_is_asked_for():
    assert check.missing() == []


def test_a_requirement_that_cannot_be_built_is_noticed(monkeypatch):
    monkeypatch.setattr(check, "requirements", lambda: ["kivy", "zxing-cpp"])
    assert ("zxing-cpp", "neither") in [verdict[:2] for verdict in check.verdicts()]
    assert "pynacl" in check.missing()


def test_the_permissions_are_those_that_are_explained_and_no_others(spec):
    asked = {name.strip() for name in spec["android.permissions"].split(",")}
    assert asked == {permission for need in NEEDS.values() for permission in need.android}


def test_each_permission_is_explained_in_both_languages_in_the_app_and_in_the_docs():
    page = (ROOT / "docs" / "android.md").read_text(encoding="utf-8")
    for name, need in NEEDS.items():
        for language in (0, 1):
            assert TEXTS[f"permission.{name}_why"][language] in page.replace("\n", " ")
        for permission in need.android:
            assert permission in page


def test_nothing_personal_leaves_the_phone_by_androids_backup(spec):
    assert spec["android.allow_backup"] == "False"


def test_what_the_spec_names_is_there(spec):
    for key in ("android.add_src", "android.extra_manifest_xml", "p4a.hook"):
        assert (ROOT / spec[key]).exists()
    java = (ROOT / "apk/java/cn/yuetan/caregiver/Reminder.java").read_text(encoding="utf-8")
    package = f"{spec['package.domain']}.{spec['package.name']}"
    assert f"package {package};" in java
    from caregiver_app.platform.android.calling import RECEIVER

    assert f"{package}.Reminder" == RECEIVER
    assert RECEIVER in hook.RECEIVER


def test_the_manifest_gains_the_receiver_and_loses_the_storage():
    before = (
        "<manifest>\n"
        '    <uses-permission android:name="android.permission.WRITE_EXTERNAL_STORAGE" android:maxSdkVersion="18" />\n'
        '    <uses-permission android:name="android.permission.CAMERA" />\n'
        "    <application>\n    </application>\n</manifest>\n"
    )
    after = hook.mended(before)
    assert "STORAGE" not in after
    assert "CAMERA" in after
    assert after.count("Reminder") == 1
    assert hook.mended(after) == after
    with pytest.raises(ValueError, match="application"):
        hook.mended("<manifest/>")


def test_the_apps_version_is_the_packages(spec):
    text = (ROOT / "caregiver_app/version.py").read_text(encoding="utf-8")
    assert re.search(spec["version.regex"], text)


def test_the_phone_part_needs_no_test_and_no_fleet():
    for package in check.PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if not path.relative_to(ROOT).as_posix().startswith(check.LEFT_OUT):
                text = path.read_text(encoding="utf-8")
                assert not re.search(r"^\s*(from|import) (tests|caregiver_app\.fleet)", text, re.M), path
