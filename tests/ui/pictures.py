"""Pictures of every screen, in both languages and in normal and largest type, and the sheets for the docs.

`scripts/screenshots [--out FOLDER]`: single pictures into FOLDER (default `var/pictures`), the sheets
`app.png` (the README's) and `app-screens.png` (all of it) into `docs/pictures`. The people in them are invented;
the app is the real one, over a real store, with no server.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from caregiver_app.platform.protocols import Frame, Reading
from tests.ui import harness

ROOT = Path(__file__).parents[2]
SHEETS = ROOT / "docs" / "pictures"
WHEN = datetime(2026, 11, 21, 1, 12, tzinfo=UTC)

CAPTIONS = {
    "welcome": ("登记", "Register"),
    "unreachable": ("连不上", "Cannot be reached"),
    "today": ("今天", "Today"),
    "elder": ("老人卡片", "The elder's card"),
    "scan": ("扫码", "Scan"),
    "found": ("别人的牌", "Somebody else's tag"),
    "arrived": ("扫到了：先看看", "Scanned: read this first"),
    "visit": ("探访表", "The visit"),
    "graded": ("一按全良，再改不同的", "All good, then what differs"),
    "more": ("紧急情况", "Something urgent"),
    "shutter": ("拍照", "Taking a photo"),
    "taken": ("看清楚了再留", "Looked at before it is kept"),
    "phone": ("电话探访", "A visit by phone"),
    "nobody": ("没人应", "Nobody home"),
    "steps": ("接下来给谁打电话", "Whom to call next"),
    "asked": ("电话打得怎样", "How the call went"),
    "sos": ("紧急", "Emergency"),
    "saved": ("已保存", "Saved"),
    "sync": ("发送情况", "Sending"),
    "hours": ("我的时间", "My hours"),
    "settings": ("设置", "Settings"),
    "courses": ("学习", "Learning"),
    "course": ("课程", "A course"),
    "quiz": ("小测验", "The quiz"),
    "marked": ("看看对错", "What was right"),
    "permissions": ("权限说明", "Permissions"),
    "about": ("关于与隐私", "About and privacy"),
    "none": ("没有找到", "Nobody found"),
    "trouble": ("出了问题", "Something went wrong"),
    "pin": ("设置密码", "Choosing a PIN"),
    "locking": ("密码锁", "The lock"),
    "locked": ("锁定", "Locked"),
    "waiting": ("输错太多次", "Too many wrong PINs"),
    "forgotten": ("忘记密码", "PIN forgotten"),
}
README = ("today", "elder", "graded", "saved", "sync")


def kitchen() -> Frame:
    """What the camera of the pictures sees: a stove with a pot, a window, a gas bottle; drawn, not photographed."""
    picture = Image.new("RGBA", (720, 1280), (222, 214, 198, 255))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((120, 120, 600, 470), fill=(176, 205, 222), outline=(120, 92, 66), width=22)
    draw.line((360, 120, 360, 470), fill=(120, 92, 66), width=16)
    draw.rectangle((0, 760, 720, 1280), fill=(150, 118, 88))
    draw.rectangle((0, 740, 720, 800), fill=(196, 190, 182))
    draw.rounded_rectangle((90, 640, 470, 745), 22, fill=(70, 74, 78))
    draw.ellipse((150, 626, 400, 668), fill=(40, 42, 46))
    draw.rounded_rectangle((170, 470, 380, 640), 26, fill=(176, 60, 48))
    draw.rounded_rectangle((150, 450, 400, 492), 18, fill=(150, 46, 38))
    draw.rounded_rectangle((250, 410, 300, 455), 14, fill=(60, 60, 60))
    draw.rounded_rectangle((510, 880, 660, 1200), 60, fill=(90, 120, 110))
    draw.rounded_rectangle((555, 820, 615, 890), 12, fill=(150, 150, 150))
    draw.line((585, 820, 500, 720, 470, 700), fill=(206, 120, 40), width=14, joint="curve")
    return Frame(picture.tobytes(), *picture.size)


def door() -> Frame:
    """A tag beside a door, of which half is not yet in the picture: it is not read."""
    picture = Image.new("RGBA", (720, 1280), (214, 206, 190, 255))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 300, 1280), fill=(120, 92, 66))
    draw.rectangle((230, 600, 260, 700), fill=(206, 176, 96))
    draw.rounded_rectangle((430, 420, 760, 860), 18, fill=(250, 250, 246), outline=(40, 90, 78), width=10)
    for x, y in ((470, 470), (470, 680)):
        draw.rectangle((x, y, x + 110, y + 110), outline=(30, 30, 30), width=18)
        draw.rectangle((x + 38, y + 38, x + 72, y + 72), fill=(30, 30, 30))
    for at in range(60):
        x, y = 600 + at * 37 % 120, 470 + at * 53 % 320
        draw.rectangle((x, y, x + 16, y + 16), fill=(30, 30, 30))
    return Frame(picture.tobytes(), *picture.size)


def tour(stage: harness.Stage, language: str, size: str, take: Callable[[str], None]) -> None:
    """Walk through the app and take a picture at every stop."""
    from caregiver_app.platform.fake import FakeClock, fake
    from caregiver_app.presenters.demo import demo_phone, tag_text
    from caregiver_app.presenters.phone import open_phone

    def quiet(phone: Any) -> Any:
        phone.settings.set_language(language)
        if size != "normal":
            phone.settings.set_edition("elder")
        phone.settings.set_text_size(size)
        phone.start = lambda: None
        return phone

    clock = FakeClock(real=WHEN)
    empty = quiet(open_phone(Path(tempfile.mkdtemp()), fake(clock)))
    stage.open(empty, preset={"address": "http://192.0.2.10:8000"})
    take("welcome")
    stage.app.navigator.page.problem = empty.text("enrol.no_network")
    take("unreachable")

    phone = quiet(demo_phone(Path(tempfile.mkdtemp()), platform=fake(clock)))
    navigator = stage.open(phone)
    rows = phone.today.view().rows
    for row in rows[3:5]:
        visit = phone.begin_visit(row.id)
        visit.all_good()
        clock.advance(1500)
        visit.save()
    stage.frames(4)
    home = phone.store.cache.one("elders", rows[2].id)
    phone.platform.position.here = Reading(home["lat"] + 0.002, home["lon"], 20.0)
    phone.platform.position.start()
    navigator.home("today")
    take("today")
    phone.platform.camera.frames[:] = [door()]
    navigator.go("scan")
    stage.until(lambda: navigator.page.has_camera)
    take("scan")
    phone.platform.camera.frames.clear()
    phone.platform.position.here = None
    numbers = {phone.scan.read_text(tag_text(n)).elder.id: n for n in range(20)}
    own, other = tag_text(numbers[rows[1].id]), tag_text(numbers[rows[2].id])
    navigator.back()
    navigator.go("elder", elder_id=rows[0].id)
    take("elder")
    navigator.go("scan", elder_id=rows[0].id)
    navigator.page.take(phone.scan.read_text(other))
    take("found")
    navigator.home("today")
    navigator.go("scan")
    navigator.page.take(phone.scan.read_text(own))
    take("arrived")
    navigator.page.main()
    take("visit")
    page = navigator.page
    clock.advance(70)
    page.show(page._visit.all_good())
    page.answer("health.mobility", "fair")
    take("graded")
    clock.advance(900)
    page.fold("urgent")
    page.show(page._visit.set_urgent("fallen"))
    stage.frames(3)
    page.ids.scroll.scroll_to(page._parts["tool.urgent"], animate=False)
    take("more")
    page.show(page._visit.set_urgent(None))
    page.fold("photos")
    phone.platform.camera.frames[:] = [kitchen()]
    page.photo()
    stage.until(lambda: navigator.page.seen)
    take("shutter")
    navigator.page.take()
    take("taken")
    navigator.back()
    page.save()
    take("saved")
    navigator.home("today")
    navigator.go("elder", elder_id=rows[5].id)
    navigator.page.begin("phone")
    take("phone")
    navigator.home("today")
    navigator.go("elder", elder_id=rows[6].id)
    navigator.page.nobody()
    navigator.page.show(navigator.page._visit.set_reason("no_answer"))
    take("nobody")
    navigator.page.save()
    page = navigator.page
    page.dial("elder")
    page._outcome("elder", "no_answer")
    page._again("evening")
    take("steps")
    page.dial("contact0")
    stage.frames(3)
    page.ids.scroll.scroll_y = 0.35
    take("asked")
    navigator.go("sos", elder_id=rows[6].id)
    take("sos")
    for name in ("sync", "hours", "settings"):
        navigator.home(name)
        take(name)
    for name in ("courses", "permissions", "about", "locking"):
        navigator.go(name)
        take(name)
        navigator.back()
    course = phone.learning.view().asked[0].id
    navigator.go("course", course_id=course)
    take("course")
    navigator.go("quiz", course_id=course)
    navigator.page.choose(0, 2)
    take("quiz")
    navigator.page.choose(1, 1)
    navigator.page.main()
    take("marked")
    navigator.home("today")
    navigator.page.query = "qq"
    take("none")
    navigator.page.query = ""
    navigator.trouble()
    take("trouble")
    navigator.home("pin", first=True)
    navigator.page.step, navigator.page._start = "new", empty.lock.view()
    navigator.page.refresh()
    navigator.page.ids.pad.pin = "27"
    take("pin")
    phone.lock.lock()
    navigator.begin()
    navigator.page.ids.pad.pin = "271"
    take("locked")
    navigator.go("forgotten")
    take("forgotten")
    navigator.back()
    for _ in range(5):
        phone.lock.unlock("161803")
    navigator.page.refresh()
    take("waiting")
    stage.close()
    empty.stop()


def sheet(pictures: list[tuple[Path, str]], across: int, path: Path, width: int = 300) -> None:
    """Pictures with captions under them, on one page."""
    from pylopdf_fonts_zh_cn import sans_path

    height = round(width * harness.HEIGHT / harness.WIDTH)
    gap, caption = 28, 44
    down = -(-len(pictures) // across)
    size = (across * (width + gap) + gap, down * (height + caption + gap) + gap)
    page = Image.new("RGB", size, "#dfe5e1")
    draw = ImageDraw.Draw(page)
    font = ImageFont.truetype(str(sans_path()), 22)
    mask = Image.new("L", (width * 2, height * 2), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, width * 2 - 1, height * 2 - 1), 44, fill=255)
    mask = mask.resize((width, height), Image.Resampling.LANCZOS)
    for at, (picture, words) in enumerate(pictures):
        x = gap + at % across * (width + gap)
        y = gap + at // across * (height + caption + gap)
        with Image.open(picture) as shot:
            page.paste(shot.resize((width, height), Image.Resampling.LANCZOS), (x, y), mask)
        draw.text((x + width / 2, y + height + 24), words, fill="#17211e", font=font, anchor="mm")
    path.parent.mkdir(parents=True, exist_ok=True)
    page.quantize(colors=200, dither=Image.Dither.NONE).save(path, optimize=True)


def main() -> int:
    """Take all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "pictures")
    out = parser.parse_args().out
    harness.prepare(density=2.0)
    stage = harness.Stage()
    taken: dict[tuple[str, str, str], Path] = {}
    for language in ("zh", "en"):
        for size in ("normal", "largest"):

            def take(name: str, language: str = language, size: str = size) -> None:
                stage.frames(4)
                taken[name, language, size] = stage.picture(out / f"{name}-{language}-{size}.png")

            tour(stage, language, size, take)
    spoken = {"zh": 0, "en": 1}
    sheet(
        [
            (taken[name, language, "normal"], CAPTIONS[name][at])
            for language, at in spoken.items()
            for name in README
        ],
        len(README),
        SHEETS / "app.png",
    )
    sheet(
        [
            (taken[name, language, size], CAPTIONS[name][at])
            for size in ("normal", "largest")
            for language, at in spoken.items()
            for name in CAPTIONS
        ],
        len(CAPTIONS),
        SHEETS / "app-screens.png",
        width=220,
    )
    print(f"{len(taken)} pictures in {out}, sheets in {SHEETS}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
