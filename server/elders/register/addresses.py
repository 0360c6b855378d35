"""From what a clerk writes of a place to a region of the list: 街道 and 社区 in two cells, or one joined address.

Names vary: 居委会 and 居民委员会, with and without 社区, a county's name in front of its towns' (so that it stands
twice in an address). A spelling matches only whole and within its town; what could be two places is reported, not
guessed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from shared.identity import fold

EXACT, VARIANT, STEM = 0, 1, 2  # how far a spelling is from the official name

_VILLAGE_ENDS = (
    "社区居民委员会", "村村民委员会", "居民委员会", "村民委员会", "社区居委会", "社区村委会", "村委会", "居委会",
)  # fmt: skip
_NAME_GOES_ON = re.compile(r"[\u3400-\u9fff]{0,8}?(?:居委会|村委会|委员会)")
_ALIKE_VILLAGE = re.compile(r".{1,20}?(?:居民委员会|村民委员会|居委会|村委会|社区|村)")
_NOISE = re.compile(r"[\s,，、;；·\-—_>/|]+")
_STEM_MAY_END = re.compile(r"$|[\d第#(（]|[一二三四五六七八九十百]+(?:组|队|号|里|区|排)")


@dataclass(frozen=True, slots=True)
class Place:
    """A region of the list, with the way up."""

    id: int
    code: int | None
    name: str
    level: str
    parent: Place | None = None

    def above(self, level: str) -> Place | None:
        place: Place | None = self
        while place is not None and place.level != level:
            place = place.parent
        return place


class PlaceFault(Exception):
    """A place that cannot be told. `code` is a key of texts.PROBLEMS; `part`: which cell is to blame."""

    def __init__(self, code: str, part: str, **params: object) -> None:
        super().__init__(code)
        self.code, self.part, self.params = code, part, params


@dataclass(slots=True)
class _Names:
    """Spellings of some places: spelling -> [(distance, place)]."""

    spellings: dict[str, list[tuple[int, Place]]] = field(default_factory=dict)
    longest: int = 0

    def add(self, place: Place, spellings: Iterable[tuple[str, int]]) -> None:
        for spelling, distance in spellings:
            known = self.spellings.setdefault(spelling, [])
            if all(other.id != place.id for _, other in known):
                known.append((distance, place))
                self.longest = max(self.longest, len(spelling))

    def find(self, spelling: str) -> list[Place]:
        """The places with that spelling, of those the nearest to it."""
        known = self.spellings.get(spelling, [])
        nearest = min((distance for distance, _ in known), default=0)
        return [place for distance, place in known if distance == nearest]

    def places(self) -> Iterator[Place]:
        return (place for known in self.spellings.values() for distance, place in known if distance == EXACT)

    def heads(self, text: str, at: int) -> Iterator[tuple[int, int, list[Place]]]:
        """(end, distance, places) of the spellings that begin at `at`, longest first."""
        for length in range(min(self.longest, len(text) - at), 0, -1):
            known = self.spellings.get(text[at : at + length])
            if known:
                nearest = min(distance for distance, _ in known)
                yield at + length, nearest, [place for distance, place in known if distance == nearest]


class RegionBook:
    """The regions that an import may name: rows of (id, code, name, level, parent code), built once per import."""

    def __init__(self, rows: Iterable[tuple[int, int | str | None, str, str, int | str | None]]) -> None:
        ordered = sorted(rows, key=lambda row: ("province", "city", "county", "town", "village").index(row[3]))
        self._by_code: dict[int, Place] = {}
        self._above, self._counties, self._towns, self._villages = _Names(), _Names(), _Names(), _Names()
        self._of_town: dict[int, _Names] = {}
        for region_id, code, name, level, parent_code in ordered:
            parent = self._by_code.get(int(parent_code)) if parent_code else None
            place = Place(region_id, int(code) if code else None, name, level, parent)
            if place.code is not None:
                self._by_code[place.code] = place
            if level in ("province", "city"):
                self._above.add(place, _division_spellings(name))
            elif level == "county":
                self._counties.add(place, _division_spellings(name))
            elif level == "town":
                self._towns.add(place, _town_spellings(place))
                self._of_town[place.id] = _Names()
            else:
                spellings = list(_village_spellings(name))
                self._villages.add(place, spellings)
                if parent is not None and parent.id in self._of_town:
                    self._of_town[parent.id].add(place, spellings)

    def find(self, county: str, town: str, village: str) -> Place:
        """The village that three cells name (county and town may be empty). Raises PlaceFault."""
        county, town, village = _plain(county), _plain(town), _plain(village)
        if re.fullmatch(r"\d{12}", village):
            return self._coded(village)
        counties = self._known_counties(county)
        if not town:
            places = self._within(self._villages.find(village), counties)
            whole = None if places else self._whole(county + village)
            return whole or self._only(places, village, "", "village")
        towns = self._within(self._towns.find(town), counties)
        if not towns and (inner := self._head_free(town)) != town:
            towns = self._within(self._towns.find(inner), counties)
        if not towns:
            raise PlaceFault("unknown_town", "town", value=town)
        places = [place for t in towns for place in self._of_town[t.id].find(village)]
        if not places:
            whole = self._whole(county + town + village) or self._whole(village)
            if whole is not None and whole.parent in towns:
                return whole
            raise self._unknown(village, towns, "village")
        return self._only(places, village, towns[0].name, "village")

    def split(self, address: str, county: str = "", town: str = "") -> tuple[Place, str]:
        """(village, what follows it) of a joined address. Raises PlaceFault."""
        text = _plain(address)
        counties = self._known_counties(_plain(county))
        found = self._best(text, counties)
        if found is None and town:
            found = self._best(_plain(town) + text, counties)
        if found is not None:
            place, rest = found
            return place, rest
        raise self._why_not(_plain(town) + text if town and not self._town_heads(text) else text, counties)

    # How an address is read: any of province, city and county names may stand in front (a county's even twice), then
    # a town, then a village. Of all readings the one that reaches furthest counts.

    def _best(self, text: str, counties: list[Place]) -> tuple[Place, str] | None:
        best: list[tuple[int, int, Place]] = []
        for end, town in self._town_heads(text, counties):
            for stop, distance, places in self._of_town[town.id].heads(text, end):
                if self._ends_well(text, stop, distance):
                    best += [(stop, -distance, place) for place in places]
                    break
        if not best:  # a village without its town, by its official name only
            for start, county in self._fronts(text):
                for stop, distance, places in self._villages.heads(text, start):
                    within = self._within(places, [county] if county else counties)
                    if distance == EXACT and within and self._ends_well(text, stop, distance):
                        best += [(stop, -distance, place) for place in within]
                        break
        if not best:
            return None
        furthest = max((stop, nearness) for stop, nearness, _ in best)
        places = list({p.id: p for stop, nearness, p in best if (stop, nearness) == furthest}.values())
        return self._only(places, text[: furthest[0]], "", "address"), text[furthest[0] :]

    def _fronts(self, text: str) -> Iterator[tuple[int, Place | None]]:
        """Where the names of province, city and county may end, with the county that was named."""
        seen: set[tuple[int, int | None]] = set()
        open_ends: list[tuple[int, Place | None]] = [(0, None)]
        while open_ends:
            at, county = open_ends.pop()
            if (at, county.id if county else None) in seen:
                continue
            seen.add((at, county.id if county else None))
            yield at, county
            for end, _, _ in self._above.heads(text, at):
                open_ends.append((end, county))
            for end, _, places in self._counties.heads(text, at):
                open_ends += [(end, place) for place in places if county in (None, place)]

    def _town_heads(self, text: str, counties: list[Place] | None = None) -> Iterator[tuple[int, Place]]:
        for start, county in self._fronts(text):
            for end, _, towns in self._towns.heads(text, start):
                for town in self._within(towns, [county] if county else counties or []):
                    yield end, town

    def _head_free(self, text: str) -> str:
        """Text without the names of divisions in front of it."""
        return text[max(at for at, _ in self._fronts(text)) :] or text

    @staticmethod
    def _ends_well(text: str, stop: int, distance: int) -> bool:
        """Whether a village's name may end here: a longer, unknown name must not pass for a shorter, known one."""
        rest = text[stop:]
        if not text[:stop].endswith("会") and _NAME_GOES_ON.match(rest):
            return False
        return distance < STEM or _STEM_MAY_END.match(rest) is not None

    def _whole(self, text: str) -> Place | None:
        """The village that a joined text names, with nothing after it."""
        try:
            found = self._best(text, [])
        except PlaceFault:
            return None
        return found[0] if found is not None and not found[1] else None

    def _coded(self, text: str) -> Place:
        place = self._by_code.get(int(text))
        if place is None or place.level != "village":
            raise PlaceFault("unknown_village", "village", value=text)
        return place

    def _known_counties(self, county: str) -> list[Place]:
        if not county:
            return []
        known = self._counties.find(county) or self._counties.find(self._head_free(county))
        if not known and all(end != len(county) for end, _ in self._fronts(county)):
            raise PlaceFault("unknown_county", "county", value=county)
        return known

    @staticmethod
    def _within(places: list[Place], counties: list[Place]) -> list[Place]:
        if not counties:
            return places
        ids = {county.id for county in counties}
        return [place for place in places if (county := place.above("county")) is not None and county.id in ids]

    def _only(self, places: list[Place], value: str, where: str, part: str) -> Place:
        if not places:
            raise self._unknown(value, [], part)
        if len(places) > 1:
            names = "；".join(_path(place) for place in places[:5])
            raise PlaceFault("ambiguous_village", part, value=value, candidates=names)
        return places[0]

    def _why_not(self, text: str, counties: list[Place]) -> PlaceFault:
        towns = list(self._town_heads(text, counties))
        if towns:
            end = max(end for end, _ in towns)
            return self._unknown(_alike(text[end:]), [town for e, town in towns if e == end], "address")
        return PlaceFault("unknown_town", "address", value=_alike(self._head_free(text)))

    def _unknown(self, value: str, towns: list[Place], part: str) -> PlaceFault:
        if not value:
            return PlaceFault("missing_village", part)
        stems = {_stem(p.name): p.name for town in towns for p in self._of_town[town.id].places()}
        alike = difflib.get_close_matches(_stem(value), stems, n=1, cutoff=0.5)
        meant = stems[alike[0]] if alike else None
        return PlaceFault(
            "unknown_village", part, value=value, where=towns[0].name if towns else self._scope_name(),
            hint_zh=f"（是否为「{meant}」？）" if meant else "", hint_en=f" (did you mean “{meant}”?)" if meant else "",
        )

    def _scope_name(self) -> str:
        counties = [place for place in self._by_code.values() if place.level == "county"]
        return counties[0].name if len(counties) == 1 else "行政区划"


def _plain(text: str) -> str:
    return _NOISE.sub("", fold(text))


def _alike(text: str) -> str:
    match = _ALIKE_VILLAGE.match(text)
    return match.group() if match else re.split(r"\d", text, maxsplit=1)[0][:12]


def _stem(name: str) -> str:
    """A village's name without its kind."""
    end = next((e for e in (*_VILLAGE_ENDS, "社区", "村") if name.endswith(e) and len(name) > len(e)), "")
    return name.removesuffix(end)


def _path(place: Place) -> str:
    county, town = place.above("county"), place.above("town")
    return "".join(p.name for p in (county, town, place) if p is not None)


def _division_spellings(name: str) -> Iterator[tuple[str, int]]:
    yield name, EXACT
    short = re.sub(r"(?:特别行政区|自治区|自治州|自治县|自治旗|地区|林区|省|市|县|区|盟|旗)$", "", name)
    if len(short) >= 2 and short != name:
        yield short, STEM


def _town_spellings(place: Place) -> Iterator[tuple[str, int]]:
    names = [place.name]
    county = place.above("county")
    if county is not None and place.name.startswith(county.name) and len(place.name) > len(county.name) + 1:
        names.append(place.name[len(county.name) :])
    for i, name in enumerate(names):
        yield name, EXACT if i == 0 else VARIANT
    for name in names:
        if name.endswith("街道"):
            bare = name.removesuffix("街道")
            yield from ((bare + end, VARIANT) for end in ("街道办事处", "街道办", "办事处", "街", "街办", "办"))
            if len(bare) >= 2:
                yield bare, VARIANT if bare[-1] in "镇乡" else STEM
        elif name.endswith("办事处"):
            yield name.removesuffix("办事处") + "街道", VARIANT
        elif name.endswith(("镇", "乡")) and len(name) >= 3:
            short = re.sub(r"(?:[\u4e00-\u9fff]{1,4}族)?乡$|镇$", "", name)
            yield name[:-1], STEM
            if len(short) >= 2 and short != name[:-1]:
                yield short, STEM
                yield short + "乡", VARIANT


def _village_spellings(name: str) -> Iterator[tuple[str, int]]:
    yield name, EXACT
    end = next((e for e in _VILLAGE_ENDS if name.endswith(e) and len(name) > len(e)), "")
    stem = name.removesuffix(end)
    if not end and name.endswith(("社区", "村")) and len(name) > 2:
        stem, end = (name[:-2], "社区") if name.endswith("社区") else (name[:-1], "村")
    if not end:
        return
    community = "居" in end or end == "社区"
    kinds = ("社区居委会", "社区居民委员会", "居委会", "居民委员会", "社区") if community else (
        "村村民委员会", "村民委员会", "村村委会", "村委会", "村")
    if not community and stem.endswith("村") and end in ("村委会", "村民委员会"):
        stem = stem[:-1]
    yield from ((stem + kind, VARIANT) for kind in kinds)
    if len(stem) >= 2:
        yield stem, STEM
