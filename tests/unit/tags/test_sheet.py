import datetime as dt
import random

import pytest
import zxingcpp
from PIL import Image, ImageFilter

from server.tags.sheet import CODE, PER_SHEET, Label, sheet
from tests import codes

AT = dt.datetime(2026, 11, 14, tzinfo=dt.UTC)
BASE32 = "abcdefghijklmnopqrstuvwxyz234567"


def labels(count: int, community: str = "第一社区", host: str = "https://yuetan.weidu.gov.cn") -> list[Label]:
    chance = random.Random(count)
    tokens = ["".join(chance.choices(BASE32, k=26)) for _ in range(count)]
    return [Label(community, i + 1, f"{host}/t/{token}", token) for i, token in enumerate(tokens)]


@pytest.mark.parametrize("count", [1, PER_SHEET, PER_SHEET * 2 + 3])
def test_every_code_is_read_by_both_readers(count):
    made = labels(count)
    printed = codes.pages(sheet(made, made_at=AT))
    assert len(printed) == -(-count // PER_SHEET)
    wanted = [sorted(x.address for x in made[i : i + PER_SHEET]) for i in range(0, count, PER_SHEET)]
    assert [codes.by_zxing(page) for page in printed] == wanted
    assert [codes.by_zbar(page) for page in printed] == wanted


def test_a_code_is_large_enough_for_arms_length():
    page = codes.pages(sheet(labels(1), made_at=AT), dpi=254)[0]  # ten pixels a millimetre
    corners = zxingcpp.read_barcodes(page)[0].position
    width = corners.top_right.x - corners.top_left.x
    assert CODE >= 40
    assert width == pytest.approx(CODE * 10, abs=15)
    left = corners.top_left.x
    quiet = page.convert("L").crop((left - 45, corners.top_left.y - 45, left - 3, corners.bottom_left.y + 45))
    assert quiet.getextrema() == (255, 255)


def test_a_blurred_dim_photo_of_a_worn_tag_is_still_read():
    made = labels(1)
    page = codes.pages(sheet(made, made_at=AT), dpi=100)[0]
    card = page.crop((0, 0, page.width // 2, page.height // 4)).convert("RGB")
    card.paste(Image.new("RGB", (26, 26), (90, 60, 40)), (105, 120))  # a stain in the middle
    worn = card.filter(ImageFilter.GaussianBlur(1.2)).rotate(7, expand=True, fillcolor="white").point(lambda v: v // 2)
    assert codes.by_zxing(worn) == [made[0].address]
    assert codes.by_zbar(worn) == [made[0].address]


def test_a_tag_says_community_number_and_code_and_nothing_else():
    made = labels(1, "西大街道第一社区")
    said = "".join(codes.text(sheet(made, made_at=AT)).split())
    assert said == f"月探·探访码西大街道第一社区编号1扫不出时请输入{made[0].token}"


@pytest.mark.parametrize("community", ["第一社区", "某" * 30, "某" * 200, "A village spelt in Latin letters"])
def test_a_long_name_stays_inside_its_card(community):
    page = codes.pages(sheet(labels(2, community), made_at=AT), dpi=72)[0].convert("L")
    boundary = round(105 / 210 * page.width)  # between the two cards, below the cut marks
    top, bottom = round(16 / 297 * page.height), round(76 / 297 * page.height)
    assert page.crop((boundary - 3, top, boundary + 3, bottom)).getextrema() == (255, 255)


def test_the_same_labels_give_the_same_sheet():
    assert sheet(labels(3), made_at=AT) == sheet(labels(3), made_at=AT)
