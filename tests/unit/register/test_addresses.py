"""From what a clerk writes of a place to the village meant, or to words that say why not."""

import pytest

from server.elders.register.addresses import PlaceFault, RegionBook
from tests.registers import book as weidu_book

BOAI = [
    (1, 410000000000, "河南省", "province", None), (2, 410800000000, "焦作市", "city", 410000000000),
    (3, 410822000000, "博爱县", "county", 410800000000),
    (4, 410822001000, "博爱县清化镇街道", "town", 410822000000),
    (5, 410822100000, "博爱县柏山镇", "town", 410822000000),
    (11, 410822001001, "八街居民委员会", "village", 410822001000),
    (12, 410822001002, "三街居民委员会", "village", 410822001000),
    (13, 410822001201, "三街村民委员会", "village", 410822001000),
    (14, 410822001202, "高庄村民委员会", "village", 410822001000),
    (15, 410822001203, "高庄村新村民委员会", "village", 410822001000),
    (21, 410822100201, "柏山村民委员会", "village", 410822100000),
    (22, 410822100202, "高庄村民委员会", "village", 410822100000),
    (23, 410822100003, "虚拟社区", "village", 410822100000),
]  # fmt: skip


@pytest.fixture(scope="module")
def book():
    return RegionBook(BOAI)


@pytest.mark.parametrize(
    ("address", "village", "rest"),
    [
        ("博爱县博爱县清化镇街道八街居民委员会12号楼3单元501室", 11, "12号楼3单元501室"),
        ("博爱县清化镇街道八街居民委员会12号楼", 11, "12号楼"),
        ("河南省焦作市博爱县清化镇街道八街居委会12号", 11, "12号"),
        ("清化镇街道八街12号", 11, "12号"),
        ("清化镇八街社区5号", 11, "5号"),
        ("博爱县 柏山镇 高庄村 3组", 22, "3组"),
        ("柏山镇柏山村", 21, ""),
        ("博爱县柏山镇虚拟社区1号", 23, "1号"),
        ("清化镇街道高庄村新村民委员会8号", 15, "8号"),
        ("清化镇街道高庄村民委员会8号", 14, "8号"),
        ("清化镇街道三街村民委员会8号", 13, "8号"),
        ("博爱县八街居民委员会８号", 11, "8号"),
    ],
)
def test_a_joined_address_is_split_by_the_known_divisions(book, address, village, rest):
    place, left = book.split(address)
    assert (place.id, left) == (village, rest)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("博爱县清化镇街道不存在社区居委会12号", "unknown_village"),
        ("博爱县清化镇街道高庄村北社区居委会12号", "unknown_village"),
        ("博爱县清化镇街道八街坊12号", "unknown_village"),
        ("博爱县无名镇八街村12号", "unknown_town"),
        ("博爱县高庄村民委员会1号", "ambiguous_village"),
        ("清化镇街道三街1号", "ambiguous_village"),
        ("博爱县清化镇街道", "missing_village"),
    ],
)
def test_an_address_that_cannot_be_told_is_explained_not_guessed(book, address, code):
    with pytest.raises(PlaceFault) as wrong:
        book.split(address)
    assert wrong.value.code == code


def test_what_was_not_found_is_named_with_its_town_and_a_likely_name(book):
    with pytest.raises(PlaceFault) as wrong:
        book.split("博爱县清化镇街道高壮村民委员会1号")
    assert wrong.value.params["value"] == "高壮村民委员会"
    assert wrong.value.params["where"] == "博爱县清化镇街道"
    assert "高庄村民委员会" in wrong.value.params["hint_zh"]


@pytest.mark.parametrize(
    ("county", "town", "village", "found"),
    [
        ("", "博爱县清化镇街道", "八街居民委员会", 11), ("博爱县", "清化镇", "八街社区", 11),
        ("", "清化镇街道办事处", "八街", 11), ("", "", "八街居委会", 11), ("", "", "410822001001", 11),
        ("", "", "清化镇街道八街居委会", 11), ("", "清化镇街道", "清化镇街道八街居委会", 11),
        ("", "柏山", "高庄", 22), ("焦作市博爱县", "柏山镇", "柏山村", 21),
    ],
)  # fmt: skip
def test_cells_name_a_village(book, county, town, village, found):
    assert book.find(county, town, village).id == found


@pytest.mark.parametrize(
    ("county", "town", "village", "code"),
    [
        ("", "清化镇街道", "不存在社区居委会", "unknown_village"), ("", "无名镇", "八街", "unknown_town"),
        ("修武县", "清化镇街道", "八街", "unknown_county"), ("", "", "高庄村", "ambiguous_village"),
        ("", "清化镇街道", "三街", "ambiguous_village"), ("", "柏山镇", "八街居委会", "unknown_village"),
        ("", "", "410822009001", "unknown_village"),
    ],
)  # fmt: skip
def test_cells_that_name_no_village_are_explained(book, county, town, village, code):
    with pytest.raises(PlaceFault) as wrong:
        book.find(county, town, village)
    assert wrong.value.code == code


def test_every_village_of_a_real_list_is_found_by_its_own_names():
    weidu = weidu_book()
    for place in weidu._by_code.values():
        if place.level == "village":
            assert weidu.find("", place.parent.name, place.name) is place
            assert weidu.split(f"魏都区{place.parent.name}{place.name}12号楼3单元") == (place, "12号楼3单元")
