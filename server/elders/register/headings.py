"""Finding the headings of a sheet, whatever the clerk calls them and however many title rows stand above.

A heading row is the first of the opening rows that names both a person and an ID number. Group headings over two rows
(联系人 over 姓名, 电话) are joined. Each column gets one meaning; a column that means nothing to us is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shared.identity import fold

SEARCHED_ROWS = 30

_OTHER_PERSON = "联系人|监护人|家属|子女|亲属|赡养人|照料人|照护人|代理人|紧急联络人|紧急"
_PLACED = "(?:所属|所在|居住|现居|现住|常住)?"
_VILLAGE = "行政村|自然村|村庄|村民委员会|居民委员会|村委会|居委会|村委|居委|社区|村|居|或|和"
_RULES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (field, re.compile(pattern, re.IGNORECASE))
    for field, pattern in (
        ("ignored", r"序号?|编号|年龄|周岁|录入人员?|填表人|填报.*|探访员.*|志愿者.*|结对.*|.*负责人.*"),
        ("contact_relation", rf"(?:.*(?:{_OTHER_PERSON}))?.*关系"),
        ("ignored", rf".*(?:{_OTHER_PERSON}).*(?:身份|证件|地址|住址|性别|年龄|出生)\S*"),
        ("contact_phone", rf".*(?:{_OTHER_PERSON}).*(?:电话|手机|号码|方式)\S*"),
        ("contact_name", rf".*(?:{_OTHER_PERSON})(?:姓名|名字|名称)?"),
        ("id_number", r".*(?:身份证|身份号|证件号).*|id(?:card)?(?:number|no)?"),
        ("phone", r".*(?:电话|手机|联系方式).*|phone|mobile"),
        ("name", r"(?:老人|老年人|本人|对象|服务对象|探访对象|人员)?(?:姓名|名字)|姓\s*名|老人|老年人|name"),
        ("sex", r"(?:老人)?性别|sex|gender"),
        ("birth_date", r".*(?:出生|生日).*|birth.*"),
        ("registered_on", r"(?:登记|建档|入册|纳入|录入)(?:日期|时间)"),
        ("region_code", r".*(?:区划|社区|村).*(?:代码|编码)"),
        ("household_address", r"户籍.*|户口.*"),
        ("address", r".*(?:地址|住址|居住地|门牌|住所|住处|住房).*|address"),
        ("categories", r".*(?:类别|类型|困难情况|人员分类|对象分类).*|category|categories"),
        ("position", r".*(?:坐标|经纬度|定位).*|position"),
        ("lat", r".*纬度|lat(?:itude)?"),
        ("lon", r".*经度|lon(?:gitude)?|lng"),
        ("notes", r".*(?:备注|附注).*|说明|notes?|remarks?"),
        ("village", rf"{_PLACED}(?:{_VILLAGE})+(?:名称|名)?|village|community"),
        ("town", rf"{_PLACED}(?:街道办事处|办事处|街道办|街道|乡镇|镇街|乡|镇|街|办|或|和)+(?:名称|名)?|town|street"),
        ("county", rf"{_PLACED}(?:县|区|县级市|市)+(?:名称|名)?|county|district"),
    )
)


@dataclass(frozen=True, slots=True)
class Headings:
    """Where a sheet's columns are: field -> column index; `first_row` is the first row of data."""

    columns: dict[str, int]
    titles: dict[str, str]
    first_row: int
    cells: tuple[str, ...]
    gcj02: bool = False

    def title(self, field: str, fallback: str) -> str:
        """The heading as the sheet has it (what a report's 列 shows)."""
        return self.titles.get(field, fallback)

    def repeated_by(self, cells: Sequence[object]) -> bool:
        """Whether a row repeats the headings, as printed lists do on each page."""
        number = self.columns["id_number"]
        if min(len(cells), len(self.cells)) <= number or _title(cells[number]) != self.cells[number]:
            return False
        return _plain_row(cells)[: len(self.cells)] == self.cells


def find_headings(opening: Sequence[tuple[int, Sequence[object]]]) -> Headings | None:
    """The headings among a sheet's opening rows, or None when no row names a person and an ID number."""
    for index, (number, cells) in enumerate(opening):
        titles = [_title(cell) for cell in cells]
        below = opening[index + 1][1] if index + 1 < len(opening) else ()
        two_rows = _joined(titles, below)
        for candidate, rows in ((two_rows, 2), (titles, 1)):
            columns = _columns(candidate or [])
            if candidate and {"name", "id_number"} <= columns.keys():
                shown = {field: candidate[i] for field, i in columns.items()}
                marks = "".join(shown.get(f, "") for f in ("position", "lat", "lon")).lower()
                gcj02 = any(word in marks for word in ("高德", "腾讯", "火星", "gcj"))
                return Headings(columns, shown, number + rows, _plain_row(cells), gcj02)
    return None


def meaning(title: str) -> str | None:
    """The field that one heading names, or None."""
    plain = re.sub(r"[（(【\[].*?[)）】\]]", "", fold(title))
    plain = re.sub(r"[\s*:：、/\\.·_\-]+|必填|选填", "", plain)
    if not plain:
        return None
    for field, pattern in _RULES:
        if pattern.fullmatch(plain):
            return field
    return None


def _columns(titles: Sequence[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for i, title in enumerate(titles):
        field = meaning(title)
        if field and field != "ignored":
            columns.setdefault(field, i)  # the first of two that mean the same
    return columns


def _joined(upper: Sequence[str], lower: Sequence[object]) -> list[str] | None:
    """Headings of two rows as one, where the second row stands under groups; None where it is data."""
    below = [_title(cell) for cell in lower]
    if not any(below) or any(re.search(r"\d", title) for title in below):
        return None
    joined, group = [], ""
    for i in range(max(len(upper), len(below))):
        top = upper[i] if i < len(upper) else ""
        bottom = below[i] if i < len(below) else ""
        group = top or (group if bottom else "")
        if bottom and meaning(bottom) is None and meaning(group + bottom) is None:
            return None
        joined.append(_named(group, bottom) if bottom and bottom != top else top)
    return joined


def _named(group: str, title: str) -> str:
    """A heading under a group: 联系人 gives 电话 another meaning, 居住地 gives 社区 none."""
    together = meaning(group + title) or ""
    return group + title if together.startswith("contact_") or meaning(title) is None else title


def _title(cell: object) -> str:
    return re.sub(r"\s+", "", cell) if isinstance(cell, str) else ""


def _plain_row(cells: Sequence[object]) -> tuple[str, ...]:
    plain = [_title(cell) for cell in cells]
    while plain and not plain[-1]:
        plain.pop()
    return tuple(plain)
