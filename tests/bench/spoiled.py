"""Sixty-five pictures of a tag as a tired phone sees it in an old flat, drawn by code: the same every time.

Six troubles, each from slight to bad in equal steps, in a 1280 × 720 frame in which the tag is 400 pixels wide, a
little less than the finder's corners ask for: turned in the plane (to 75°), seen from the side (perspective, to 60°),
out of focus (to 4.5 pixels) or shaken (to 13), glare (a spot to full white over a part of it), low light (to a tenth,
with the grain that comes with it), and creased paper (to 5 folds that shift it by 10 pixels, and a wave).
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator

import qrcode
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

from caregiver_app.presenters.demo import tag_text

FRAME = (1280, 720)
TAG = 400
COUNTS = {"turned": 11, "from the side": 11, "blurred": 11, "glare": 11, "low light": 11, "creased": 10}


def pictures(seed: int = 1) -> Iterator[tuple[str, Image.Image, str]]:
    """(trouble, frame, what its tag says), 65 of them."""
    rng = random.Random(seed)
    for trouble, count in COUNTS.items():
        for step in range(count):
            number = rng.randrange(1_000)
            bad = (step + 1) / count
            yield trouble, _spoiled(trouble, bad, tag_text(number), rng), tag_text(number)


def clean(number: int = 7) -> Image.Image:
    """A frame without trouble."""
    return _placed(_tag(tag_text(number)), random.Random(number))


def _tag(text: str) -> Image.Image:
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    code.add_data(text)
    code.make(fit=True)
    return code.make_image().convert("L").resize((TAG, TAG), Image.Resampling.LANCZOS)


def wall(rng: random.Random) -> Image.Image:
    """A wall with a door frame and a calendar, so that the reader has something to look past."""
    plain = Image.new("L", FRAME, 168)
    draw = ImageDraw.Draw(plain)
    draw.rectangle((0, 0, 150, 720), fill=92)
    draw.rectangle((1040, 60, 1240, 420), fill=215, outline=60, width=4)
    for row in range(6):
        for column in range(7):
            draw.rectangle((1052 + column * 26, 160 + row * 40, 1068 + column * 26, 176 + row * 40), fill=40)
    grain = Image.effect_noise(FRAME, 14)
    return ImageChops.add(plain, grain, scale=1, offset=-128 + rng.randrange(-8, 9))


def _placed(tag: Image.Image, rng: random.Random, mask: Image.Image | None = None) -> Image.Image:
    frame = wall(rng)
    x = (FRAME[0] - tag.width) // 2 + rng.randrange(-90, 91)
    y = (FRAME[1] - tag.height) // 2 + rng.randrange(-40, 41)
    frame.paste(tag, (x, y), mask)
    return frame


def _spoiled(trouble: str, bad: float, text: str, rng: random.Random) -> Image.Image:
    tag = _tag(text)
    if trouble == "turned":
        turned = tag.rotate(75 * bad, Image.Resampling.BICUBIC, expand=True)
        mask = Image.new("L", tag.size, 255).rotate(75 * bad, expand=True)
        return _placed(turned, rng, mask)
    if trouble == "from the side":
        return _from_the_side(tag, math.radians(60 * bad), rng)
    if trouble == "blurred":
        frame = _placed(tag, rng).filter(ImageFilter.GaussianBlur(4.5 * bad if rng.random() < 0.6 else 1.0))
        shake = round(13 * bad)
        return _shaken(frame, shake) if rng.random() < 0.5 else frame
    if trouble == "glare":
        return _glare(_placed(tag, rng), bad, rng)
    if trouble == "low light":
        dark = ImageEnhance.Brightness(_placed(tag, rng)).enhance(0.10**bad)
        return ImageChops.add(dark, Image.effect_noise(FRAME, 2 + 6 * bad), scale=1, offset=-122)
    return _placed(_creased(tag, bad, rng), rng)


def _from_the_side(tag: Image.Image, angle: float, rng: random.Random) -> Image.Image:
    """The far edge is smaller and nearer to the middle, as a camera at twice the tag's width sees it."""
    side, far = TAG, 2.2 * TAG
    half = side / 2
    corners = []
    for x, y in ((-half, -half), (half, -half), (half, half), (-half, half)):
        depth = far + x * math.sin(angle)
        corners.append((x * math.cos(angle) * far / depth + half, y * far / depth + half))
    page = Image.new("L", (side, round(side * 1.4)), 255)
    page.paste(tag, (0, round(side * 0.2)))
    wanted = [(x, y + side * 0.2) for x, y in corners]
    source = [(0, side * 0.2), (side, side * 0.2), (side, side * 1.2), (0, side * 1.2)]
    how = _perspective(wanted, source)
    turned = page.transform(page.size, Image.Transform.PERSPECTIVE, how, Image.Resampling.BICUBIC, fillcolor=168)
    mask = Image.new("L", page.size, 0)
    ImageDraw.Draw(mask).polygon(wanted, fill=255)
    return _placed(turned, rng, mask)


def _perspective(at: list[tuple[float, float]], of: list[tuple[float, float]]) -> list[float]:
    """The eight figures of Pillow's perspective that bring `of` to `at`, by elimination."""
    rows = []
    for (x, y), (u, v) in zip(at, of, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    for column in range(8):
        pivot = max(range(column, 8), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for row in range(8):
            if row != column:
                factor = rows[row][column]
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[column], strict=True)]
    return [row[8] for row in rows]


def _shaken(frame: Image.Image, pixels: int) -> Image.Image:
    """The mean of the frame at so many places along a line."""
    total = frame
    for step in range(1, pixels):
        total = Image.blend(total, ImageChops.offset(frame, step, step // 3), 1 / (step + 1))
    return total


def _glare(frame: Image.Image, bad: float, rng: random.Random) -> Image.Image:
    spot = Image.new("L", FRAME, 0)
    x = FRAME[0] / 2 + rng.uniform(-TAG / 2, TAG / 2)
    y = FRAME[1] / 2 + rng.uniform(-TAG / 2, TAG / 2)
    radius = TAG * (0.08 + 0.3 * bad)
    ImageDraw.Draw(spot).ellipse((x - radius, y - radius, x + radius, y + radius), fill=round(255 * (0.4 + 0.6 * bad)))
    spot = spot.filter(ImageFilter.GaussianBlur(radius / 2.5))
    return ImageChops.screen(frame, spot)


def _creased(tag: Image.Image, bad: float, rng: random.Random) -> Image.Image:
    """Strips that lean against each other, a light line along each fold, and a wave."""
    folds = 1 + round(4 * bad)
    edges = [0, *sorted(rng.sample(range(30, TAG - 30), folds)), TAG]
    mesh = []
    for at, (left, right) in enumerate(itertools.pairwise(edges)):
        lean = (1 if at % 2 else -1) * 10 * bad
        box = (left, 0, right, TAG)
        mesh.append((box, (left, -lean, left, TAG - lean, right, TAG + lean, right, lean)))
    creased = tag.transform(tag.size, Image.Transform.MESH, mesh, Image.Resampling.BICUBIC, fillcolor=200)
    draw = ImageDraw.Draw(creased)
    for at, edge in enumerate(edges[1:-1]):
        draw.line((edge, 0, edge, TAG), fill=235 if at % 2 else 90, width=1 + round(2 * bad))
    wave = 4 * bad
    rows = [creased.crop((0, y, TAG, y + 1)) for y in range(TAG)]
    for y, row in enumerate(rows):
        creased.paste(ImageChops.offset(row, round(wave * math.sin(y / 35)), 0), (0, y))
    return creased
