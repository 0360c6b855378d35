"""Why somebody is on the register (特殊困难类别): the codes, their names, and what clerks write for them.

The first six are the national ones that every plan lists; the others are named by some counties' plans (DOMAIN: S1 S2
S4). Codes go over the wire and into rows; names are for people.
"""

from __future__ import annotations

from typing import NamedTuple


class Category(NamedTuple):
    code: str
    zh: str
    en: str
    also: tuple[str, ...] = ()


CATEGORIES: tuple[Category, ...] = (
    Category("living_alone", "独居", "living alone", ("孤寡", "独居户", "单独居住")),
    Category("empty_nest", "空巢", "empty-nest", ("空巢户",)),
    Category("left_behind", "留守", "left-behind", ()),
    Category("disabled", "失能", "disabled or semi-disabled",
             ("半失能", "失能半失能", "部分失能", "完全失能", "失智", "失能失智")),
    Category("severe_disability", "重残", "severe disability", ("重度残疾", "重残人", "重度残疾人", "残疾")),
    Category("special_family", "计划生育特殊家庭", "special family-planning family",
             ("计生特殊家庭", "计划生育特殊", "失独", "失独家庭", "计生特困家庭", "计划生育特别扶助", "特扶")),
    Category("very_old", "高龄", "of great age", ()),
    Category("poor", "经济困难", "in economic hardship", ("困难", "低收入", "经济困难家庭")),
    Category("extreme_poverty", "特困", "in extreme poverty",
             ("特困人员", "特困供养", "五保", "五保户", "分散供养特困")),
    Category("subsistence", "低保", "on subsistence allowance", ("低保户", "最低生活保障", "低保家庭")),
)  # fmt: skip
BY_CODE = {category.code: category for category in CATEGORIES}


def category_name(code: str, lang: str = "zh") -> str:
    """A category's name for people; an unknown code names itself."""
    category = BY_CODE.get(code)
    if category is None:
        return code
    return category.zh if lang == "zh" else category.en
