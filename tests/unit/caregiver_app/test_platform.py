"""What the desktop's machine does beyond the promises that all keep (test_platform_contract.py)."""

from __future__ import annotations

import io

import pytest

from caregiver_app.platform.choose import choose
from caregiver_app.platform.desktop import desktop
from caregiver_app.platform.fake import FakeClock, fake
from caregiver_app.presenters.phone import Phone
from caregiver_app.sync.http import NetworkError


def test_the_desktop_is_chosen_where_there_is_no_android():
    assert choose().os == desktop().os


def test_a_photo_is_shrunk_and_loses_what_the_camera_wrote_into_it():
    image = pytest.importorskip("PIL.Image")
    noise = image.effect_noise((3000, 2000), 80)
    out = io.BytesIO()
    exif = image.Exif()
    exif[0x010E] = "where it was taken"
    noise.convert("RGB").save(out, "JPEG", exif=exif, quality=95)
    small = desktop().pictures.shrink(out.getvalue(), 300_000)
    assert len(small) <= 300_000
    assert small.startswith(b"\xff\xd8")
    assert b"where it was taken" not in small


@pytest.mark.parametrize(("turned", "back"), [(3, "ROTATE_180"), (6, "ROTATE_270"), (8, "ROTATE_90")])
def test_a_photo_taken_with_a_turned_phone_stands_upright(turned, back):
    image = pytest.importorskip("PIL.Image")
    upright = image.new("RGB", (300, 200), "white")
    upright.paste("red", (0, 0, 60, 60))
    exif = image.Exif()
    exif[0x0112] = turned
    undo = {"ROTATE_180": "ROTATE_180", "ROTATE_270": "ROTATE_90", "ROTATE_90": "ROTATE_270"}[back]
    out = io.BytesIO()
    upright.transpose(getattr(image.Transpose, undo)).save(out, "JPEG", exif=exif)
    shrunk = image.open(io.BytesIO(desktop().pictures.shrink(out.getvalue(), 300_000)))
    assert shrunk.size == (300, 200)
    red, _, blue = shrunk.getpixel((20, 20))
    assert (red > 200, blue < 80) == (True, True), "the corner is where it was"
    assert not shrunk.getexif()


def test_the_desktop_reads_a_code_from_a_picture_file(tmp_path):
    pytest.importorskip("zxingcpp")
    qrcode = pytest.importorskip("qrcode")
    qrcode.make("https://yuetan.example/t/abc").save(tmp_path / "tag.png")
    decoder = desktop().decoder
    assert decoder.decode_file(tmp_path / "tag.png") == "https://yuetan.example/t/abc"
    (tmp_path / "no.png").write_bytes(b"hello")
    with pytest.raises(ValueError, match="picture"):
        decoder.decode_file(tmp_path / "no.png")


def test_the_desktop_reads_a_code_from_a_frame():
    pytest.importorskip("zxingcpp")
    qrcode = pytest.importorskip("qrcode")
    picture = qrcode.make("hello tag").convert("RGBA")
    decoder = desktop().decoder
    assert decoder.decode_frame(picture.tobytes(), *picture.size, 4) == "hello tag"
    assert decoder.decode_frame(bytes(4 * 50 * 50), 50, 50, 4) is None


def test_a_reboot_moves_the_uptime_and_setting_the_clock_does_not():
    clock = FakeClock()
    before = clock.uptime_ms()
    clock.wrong -= clock.wrong.resolution * 10**9
    assert clock.uptime_ms() == before
    clock.reboot()
    assert (clock.uptime_ms(), clock.boot()) == (0, "b2")


def test_the_running_app_syncs_on_its_own_thread_and_stops(tmp_path):
    import threading

    from tests.unit.caregiver_app.world import World

    tried = threading.Event()

    class Line:
        def send(self, base_url, request):
            tried.set()
            raise NetworkError("none")

    world = World(tmp_path)
    world.enrol()
    world.phone.stop()
    from caregiver_app.store import open_store

    phone = Phone(open_store(tmp_path), fake(), Line())
    phone.start()
    phone.start()
    assert tried.wait(10)
    phone.stop()
    phone.stop()
