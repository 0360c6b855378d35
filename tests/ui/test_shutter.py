"""Taking a photo inside the app: what the camera sees, one large button, a second look; and no camera at all."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from caregiver_app.platform.desktop import PillowPictures
from caregiver_app.platform.fake import FakeCamera
from caregiver_app.platform.protocols import Frame
from caregiver_app.presenters.visit import PHOTO_BYTES
from caregiver_app.screens.words import word
from tests.ui.harness import walk


def frame(colour: tuple[int, int, int, int] = (180, 60, 40, 255), size: tuple[int, int] = (1280, 720)) -> Frame:
    """What a camera sees: the upper half in one colour, the lower black."""
    half = bytes(colour) * (size[0] * size[1] // 2)
    return Frame(half + bytes((0, 0, 0, 255)) * (size[0] * size[1] // 2), *size)


@pytest.fixture
def seeing(machine: Any) -> Any:
    """A phone with a camera, whose pictures are shrunk by the real means."""
    return replace(machine, camera=FakeCamera([frame()]), pictures=PillowPictures())


def open_shutter(stage: Any, phone: Any) -> tuple[Any, Any]:
    """From the visit's photo step to the camera, by touches → navigator, visit."""
    navigator = stage.open(phone)
    visit = phone.begin_visit(phone.today.view().rows[0].id)
    navigator.go("visit", draft_id=visit.draft_id)
    stage.frames(3)
    stage.press(navigator.page._parts["tool.photos"])
    stage.press(navigator.page._parts["add_photo"])
    return navigator, visit


def texts(page: Any) -> set[str]:
    return {getattr(widget, "text", "") for widget in walk(page)}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", ["normal", "large", "largest"])
def test_a_photo_is_taken_looked_at_and_kept(stage: Any, tmp_path: Any, seeing: Any, language: str, size: str) -> None:
    from caregiver_app.presenters.demo import demo_phone
    from caregiver_app.screens.style import ui

    phone = demo_phone(tmp_path / "phone", platform=seeing)
    phone.settings.set_language(language)
    phone.settings.set_text_size(size)
    try:
        navigator, visit = open_shutter(stage, phone)
        page = navigator.page
        assert navigator.path == ("today", "visit", "shutter")
        stage.until(lambda: page.seen)
        assert page.ids.take.height >= ui.main_target
        stage.press(page.ids.take)
        assert seeing.camera.running is False
        assert visit.view().photos == ()  # nothing is kept that was not looked at
        assert word("shutter.taken", language) in texts(page)
        stage.press(page.ids.use)
        stage.until(lambda: len(visit.view().photos) == 1)
        stage.until(lambda: navigator.page.problem == "")
        assert navigator.path == ("today", "visit")
        (photo,) = visit.view().photos
        jpeg = visit.photo(photo.sha256)
        assert jpeg is not None
        assert len(jpeg) <= PHOTO_BYTES
        picture = Image.open(io.BytesIO(jpeg))
        assert picture.size == (1280, 720)
        assert picture.getpixel((600, 100))[0] > 150, "the upper half is above"
        assert max(picture.getpixel((600, 700))) < 30
    finally:
        stage.close()
        phone.stop()


def test_another_is_taken_instead(stage: Any, tmp_path: Any, seeing: Any) -> None:
    from caregiver_app.presenters.demo import demo_phone

    phone = demo_phone(tmp_path / "phone", platform=seeing)
    try:
        navigator, visit = open_shutter(stage, phone)
        page = navigator.page
        stage.until(lambda: page.seen)
        stage.press(page.ids.take)
        seeing.camera.frames[:] = [frame((10, 200, 10, 255))]
        stage.press(page.ids.again)
        assert page.taken is None
        assert seeing.camera.running
        stage.until(lambda: page.seen)
        stage.press(page.ids.take)
        stage.press(page.ids.use)
        stage.until(lambda: len(visit.view().photos) == 1)
        jpeg = visit.photo(visit.view().photos[0].sha256)
        assert Image.open(io.BytesIO(jpeg)).getpixel((600, 100))[1] > 150
    finally:
        stage.close()
        phone.stop()


def test_without_a_camera_pictures_are_chosen(stage: Any, demo: Callable[..., Any]) -> None:
    navigator, _ = open_shutter(stage, demo())
    assert navigator.path == ("today", "visit", "files")


def test_a_camera_that_does_not_start_leads_to_the_pictures(stage: Any, tmp_path: Any, seeing: Any) -> None:
    from caregiver_app.presenters.demo import demo_phone

    seeing.camera.start = lambda: False
    phone = demo_phone(tmp_path / "phone", platform=seeing)
    try:
        navigator, _ = open_shutter(stage, phone)
        stage.frames(3)
        assert navigator.path == ("today", "visit", "files")
    finally:
        stage.close()
        phone.stop()


def test_leaving_lets_go_of_the_camera(stage: Any, tmp_path: Any, seeing: Any) -> None:
    from caregiver_app.presenters.demo import demo_phone

    phone = demo_phone(tmp_path / "phone", platform=seeing)
    try:
        navigator, visit = open_shutter(stage, phone)
        assert seeing.camera.running
        navigator.back()
        assert not seeing.camera.running
        assert visit.view().photos == ()
    finally:
        stage.close()
        phone.stop()
