"""The pictures that the measure of scanning reads are 65, the same every time, and really spoiled."""

from __future__ import annotations

from caregiver_app.platform.desktop import ZxingDecoder
from tests.bench import spoiled


def test_a_slightly_spoiled_tag_of_every_trouble_is_read_and_a_creased_one_at_the_second_look():
    decoder = ZxingDecoder()
    seen: dict[str, int] = {}
    read = []
    for trouble, picture, text in spoiled.pictures():
        seen[trouble] = seen.get(trouble, 0) + 1
        assert picture.size == spoiled.FRAME
        if seen[trouble] == 1 or (trouble, seen[trouble]) == ("creased", 4):
            read.append(decoder.decode_frame(picture.tobytes(), *picture.size, 1) == text)
    assert read == [True] * 7
    assert sum(seen.values()) == 65
    assert seen == spoiled.COUNTS


def test_drawn_again_they_are_the_same_up_to_the_grain():
    first, again = next(spoiled.pictures()), next(spoiled.pictures())
    assert first[2] == again[2]
