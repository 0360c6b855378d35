"""One set of promises (caregiver_app/platform/protocols.py), kept by the desktop, the fake and Android's code.

Android's runs here against stand-ins for its classes (tests/fakes/android.py): its code is executed, on no phone.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
import qrcode

from caregiver_app.platform.desktop import Espeak, FileSecrets, desktop
from caregiver_app.platform.fake import FakeCamera, FakePermissions, fake
from caregiver_app.platform.protocols import Frame
from tests.fakes import android as stand_in


@pytest.fixture(params=["desktop", "fake", "android", "android, all refused"])
def platform(request, monkeypatch, tmp_path):
    if request.param == "desktop":
        return desktop(tmp_path)
    if request.param == "fake":
        return fake()
    phone = stand_in.install(monkeypatch)
    if "refused" in request.param:
        phone.allowed, phone.owner_allows, phone.secure = set(), False, False
        phone.apps, phone.services, phone.voices = set(), set(), set()
        phone.has_zxing = False
    from caregiver_app.platform.android import android

    return android(tmp_path)


def once(begin):
    """What a call answers → (whether it began, the answers)."""
    answers = []
    return begin(answers.append), answers


def test_the_clock_is_aware_and_uptime_never_goes_back(platform):
    assert platform.clock.now().tzinfo is not None
    first = platform.clock.uptime_ms()
    assert platform.clock.uptime_ms() >= first > 0
    assert platform.clock.boot() == platform.clock.boot()
    assert 0 < len(platform.clock.boot()) <= 40


def test_the_machine_has_names(platform):
    assert platform.model
    assert platform.os


def test_a_position_that_is_not_known_is_none_and_stopping_twice_is_nothing(platform):
    platform.position.start()
    platform.position.start()
    assert platform.position.reading() is None
    platform.position.stop()
    platform.position.stop()


def test_what_is_no_picture_raises(platform, tmp_path):
    with pytest.raises(ValueError, match="picture"):
        platform.pictures.shrink(b"no picture", 1000)
    (tmp_path / "no.png").write_bytes(b"\x89\xff\xfe")
    with pytest.raises(ValueError, match="picture"):
        platform.decoder.decode_file(tmp_path / "no.png")


def test_a_frame_without_a_code_is_none(platform):
    if platform.decoder.available():
        assert platform.decoder.decode_frame(bytes(4 * 60 * 60), 60, 60, 4) is None


def test_asking_a_machine_to_dial_is_never_an_error(platform):
    assert platform.dialler.dial("0374-2345678") == platform.dialler.available()


def test_a_camera_shows_nothing_before_it_starts_and_after_it_stops(platform):
    assert platform.camera.frame() is None
    started = platform.camera.start()
    assert not started or platform.camera.start()
    platform.camera.stop()
    platform.camera.stop()
    assert platform.camera.frame() is None


def test_a_camera_that_is_not_there_does_not_start(platform):
    if not platform.camera.available():
        assert not platform.camera.start()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_voice_says_whether_it_is_heard_and_can_be_hushed(platform, language):
    platform.voice.hush()
    assert not platform.voice.speaking()
    assert platform.voice.say("王奶奶，明天见。", language) == platform.voice.available(language)
    platform.voice.hush()
    assert not platform.voice.speaking()


def test_a_voice_that_is_not_there_is_silent(platform):
    if not platform.voice.available("zh"):
        assert not platform.voice.say("您好", "zh")
        assert not platform.voice.speaking()


def test_dictation_answers_once_or_does_not_begin(platform):
    began, answers = once(lambda heard: platform.dictation.listen("zh", heard))
    assert began == platform.dictation.available()
    assert len(answers) == (1 if began else 0)


def test_a_reminder_is_set_where_there_are_any_and_cancelling_is_never_an_error(platform):
    at = platform.clock.now()
    assert platform.reminders.set("again", at, "月探", "请再去一次") == platform.reminders.available()
    assert platform.reminders.set("again", at, "月探", "请再去看看") == platform.reminders.available()
    platform.reminders.cancel("again")
    platform.reminders.cancel("again")


def test_a_gallery_answers_once_or_does_not_open(platform):
    opened, answers = once(platform.gallery.pick)
    assert opened == platform.gallery.available()
    assert len(answers) == (1 if opened else 0)


def test_a_secret_is_kept_replaced_and_forgotten(platform):
    assert platform.secrets.get("device") is None
    platform.secrets.put("device", bytes(range(256)))
    assert platform.secrets.get("device") == bytes(range(256))
    platform.secrets.put("device", b"another")
    assert platform.secrets.get("device") == b"another"
    platform.secrets.forget("device")
    platform.secrets.forget("device")
    assert platform.secrets.get("device") is None


def test_the_phones_own_lock_answers_once_or_is_not_shown(platform):
    shown, answers = once(lambda done: platform.screen_lock.ask("月探", done))
    assert shown == platform.screen_lock.available()
    assert len(answers) == (1 if shown else 0)


@pytest.mark.parametrize("name", ["camera", "position", "notifications"])
def test_a_permission_is_answered_once_and_then_is_as_it_was_answered(platform, name):
    answers = []
    platform.permissions.ask(name, answers.append)
    assert answers == [platform.permissions.granted(name)]


# ---------------------------------------------------------------- what only one of them can show


@pytest.fixture
def phone(monkeypatch):
    return stand_in.install(monkeypatch)


def built(tmp_path):
    from caregiver_app.platform.android import android

    return android(tmp_path)


def test_android_takes_positions_one_or_several_at_a_time_and_says_which_are_mocked(phone, tmp_path):
    position, heard = built(tmp_path).position, []
    position.start(lambda: heard.append(position.reading()))
    listener = phone.locating[0]
    listener.java_call("onLocationChanged", stand_in.Location(34.0, 113.7, 30.0))
    assert [reading.accuracy_m for reading in heard] == [30.0]
    several = stand_in.JavaList([stand_in.Location(34.1, 113.8, 8.04, True, "network")])
    listener.java_call("onLocationChanged", several)
    for name, args in (("onFlushComplete", (1,)), ("onProviderEnabled", ("gps",)), ("onProviderDisabled", ("gps",))):
        listener.java_call(name, *args)
    assert len(heard) == 1
    reading = position.reading()
    assert (reading.lat, reading.lon, reading.accuracy_m, reading.mocked) == (34.1, 113.8, 8.0, True)
    assert position.reading(max_age_s=-1) is None
    position.stop()
    assert phone.locating == []


def test_android_before_12_tells_of_mocked_positions_by_another_name(phone, tmp_path):
    phone.sdk = 28
    position = built(tmp_path).position
    position.start()
    phone.locating[0].java_call("onLocationChanged", stand_in.Location(34.0, 113.7, 30.0, True))
    phone.locating[0].java_call("onStatusChanged", "gps", 2, "bundle")
    assert position.reading().mocked


def test_android_without_leave_does_not_listen_for_positions(phone, tmp_path):
    phone.allowed.clear()
    position = built(tmp_path).position
    position.start()
    assert phone.locating == []


def test_android_speaks_what_was_asked_while_its_engine_was_still_starting(phone, tmp_path):
    voice = built(tmp_path).voice
    assert voice.say("您好", "zh")
    assert voice.speaking()
    phone.engine.listener.java_call("onInit", 0)
    assert phone.said == [("zh", "您好", 0)]
    long = "好" * 4000
    assert voice.say(long, "zh")
    assert [(len(text), mode) for _, text, mode in phone.said[1:]] == [(3900, 0), (100, 1)]
    phone.voices = {"en"}
    assert not voice.available("zh")
    assert not voice.say("您好", "zh")
    voice.hush()
    assert not voice.speaking()


def test_android_whose_voice_fails_to_start_is_silent(phone, tmp_path):
    voice = built(tmp_path).voice
    voice.say("您好", "zh")
    phone.engine.listener.java_call("onInit", -1)
    assert not voice.available("zh")
    assert not voice.speaking()


def test_android_hears_the_first_guess_and_nothing_where_the_user_gives_up(phone, tmp_path):
    dictation = built(tmp_path).dictation
    assert once(lambda heard: dictation.listen("zh", heard))[1] == ["老人"]
    assert phone.opened[-1].extras["android.speech.extra.LANGUAGE"] == "zh-CN"
    phone.heard = None
    assert once(lambda heard: dictation.listen("en", heard))[1] == [None]
    phone.heard = []
    assert once(lambda heard: dictation.listen("en", heard))[1] == [None]
    assert phone.bound == []


def test_android_copies_the_chosen_picture_and_keeps_only_the_last(phone, tmp_path):
    gallery = built(tmp_path).gallery
    first = once(gallery.pick)[1][0]
    assert first.read_bytes() == phone.chosen
    second = once(gallery.pick)[1][0]
    assert second.exists()
    assert not first.exists()
    phone.chosen = None
    assert once(gallery.pick)[1] == [None]


def test_androids_secrets_lie_closed_on_the_disk_and_are_gone_with_the_keystores_key(phone, tmp_path):
    secrets = built(tmp_path).secrets
    secrets.put("device", b"a secret of this phone")
    assert b"secret" not in (tmp_path / "secrets" / "device").read_bytes()
    assert built(tmp_path).secrets.get("device") == b"a secret of this phone"
    phone.keys.clear()
    assert secrets.get("device") is None


def test_android_reads_codes_from_frames_and_files(phone, tmp_path):
    decoder = built(tmp_path).decoder
    picture = qrcode.make("https://yuetan.example/t/abc").convert("RGBA")
    assert decoder.decode_frame(picture.tobytes(), *picture.size, 4) == "https://yuetan.example/t/abc"
    picture.save(tmp_path / "tag.png")
    assert decoder.decode_file(tmp_path / "tag.png") == "https://yuetan.example/t/abc"
    phone.has_zxing = False
    assert not decoder.available()


def test_android_opens_the_dialler_with_the_number_and_calls_nobody_by_itself(phone, tmp_path):
    assert built(tmp_path).dialler.dial("120")
    assert (phone.opened[-1].action, phone.opened[-1].uri) == ("android.intent.action.DIAL", "tel:120")


def test_androids_reminder_waits_in_the_alarm_clock_for_the_receiver_of_the_package(phone, tmp_path):
    reminders = built(tmp_path).reminders
    at = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
    assert reminders.set("again", at, "月探", "请再去一次")
    assert reminders.set("again", at, "月探", "请再去看看")
    ((at_ms, intent),) = phone.alarms.values()
    assert at_ms == at.timestamp() * 1000
    assert intent.target == ("cn.yuetan.caregiver", "cn.yuetan.caregiver.Reminder")
    assert intent.extras == {"key": "again", "title": "月探", "text": "请再去看看"}
    reminders.cancel("again")
    assert phone.alarms == {}


def test_androids_lock_tells_opened_from_given_up(phone, tmp_path):
    lock = built(tmp_path).screen_lock
    assert once(lambda done: lock.ask("月探", done))[1] == [True]
    phone.opens = False
    assert once(lambda done: lock.ask("月探", done))[1] == [False]


def test_android_is_chosen_inside_an_apk(phone, monkeypatch, tmp_path):
    from caregiver_app.platform.choose import choose

    monkeypatch.setenv("ANDROID_ARGUMENT", "/data/app")
    assert choose(tmp_path).os == "Android 14"
    assert choose(tmp_path).model == "Fairphone 5"


def test_the_desktops_secrets_are_its_owners_only_and_survive_a_restart(tmp_path):
    FileSecrets(tmp_path / "s").put("pin", b"x")
    assert (tmp_path / "s" / "pin").stat().st_mode & 0o077 == 0
    assert FileSecrets(tmp_path / "s").get("pin") == b"x"


def test_the_desktop_reads_aloud_with_a_program_that_is_there(tmp_path, monkeypatch):
    heard = tmp_path / "heard"
    program = tmp_path / "espeak-ng"
    program.write_text(f"#!/bin/sh\necho \"$2\" > '{heard}'\ncat >> '{heard}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    voice = Espeak()
    assert voice.available("zh")
    assert voice.say("您好", "zh")
    voice._running.wait(10)
    assert heard.read_text() == "cmn\n您好"
    assert not voice.speaking()
    program.unlink()
    assert not voice.say("您好", "zh")


def test_a_fake_camera_shows_what_it_is_given():
    out = io.BytesIO()
    qrcode.make("x").save(out)
    camera = FakeCamera([Frame(b"\x00", 1, 1, 1)])
    assert camera.start()
    assert camera.frame() == camera.frame()


def test_a_fake_owner_may_refuse():
    owner = FakePermissions(given=set(), refused={"camera"})
    answers = []
    owner.ask("camera", answers.append)
    owner.ask("position", answers.append)
    assert answers == [False, True]
