"""The forms that a visit fills, as data with versions.

`home-visit` 1 is the list that districts of Beijing published, 5 classes of 3 items; `contact-call` 1 is for phone
and video (DOMAIN, What a visit looks at). A version once published stays here for good: phones that were offline
for weeks still upload it. The shape is CONTRACT's `forms[]`; `class`, `all_good` and `option_titles` are additions
that old phones ignore.
"""

from __future__ import annotations

from typing import Any

Form = dict[str, Any]

GRADES = ("good", "fair", "poor")

_TITLES: dict[str, tuple[str, str]] = {
    "good": ("良", "Good"),
    "fair": ("中", "Fair"),
    "poor": ("差", "Poor"),
    "elder": ("老人本人", "The elder"),
    "carer": ("照护人", "The carer"),
    "family": ("家属", "Family"),
    "neighbour": ("邻居", "A neighbour"),
    "yes": ("是", "Yes"),
    "no": ("否", "No"),
}

_HOME: tuple[tuple[str, str, str, tuple[tuple[str, str, str], ...]], ...] = (
    ("health", "健康状况", "Health",
     (("expression", "表达能力", "Expression"), ("mobility", "行动能力", "Mobility"),
      ("illness", "疾病状况", "Illness"))),
    ("mind", "精神状态", "State of mind",
     (("mood", "情绪", "Mood"), ("thinking", "思维", "Thinking"), ("stress", "压力", "Stress"))),
    ("safety", "安全情况", "Safety",
     (("gas", "燃气", "Gas"), ("water_heating", "水暖", "Water and heating"), ("electricity", "用电", "Electricity"))),
    ("hygiene", "卫生状况", "Hygiene",
     (("personal", "个人", "Personal"), ("home", "家庭", "Home"), ("surroundings", "周边", "Surroundings"))),
    ("living", "居住环境", "Living",
     (("indoor", "室内", "Indoors"), ("outdoor", "室外", "Outdoors"), ("neighbours", "邻里关系", "Neighbours"))),
)  # fmt: skip

_CALL: tuple[tuple[str, str, str, str, tuple[str, ...], bool], ...] = (
    ("spoken_to", "通话对象", "Spoken to", "choice", ("elder", "carer", "family", "neighbour"), True),
    ("health", "健康", "Health", "grade", GRADES, False),
    ("mood", "情绪", "Mood", "grade", GRADES, False),
    ("food", "饮食", "Food", "grade", GRADES, False),
    ("safety", "安全", "Safety", "grade", GRADES, False),
    ("family_contact", "与家人的联系", "Contact with the family", "grade", GRADES, False),
    ("wants_visit", "希望上门探访", "Wants a visit at home", "choice", ("yes", "no"), False),
)


def _title(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def _item(id_: str, zh: str, en: str, type_: str, options: tuple[str, ...], required: bool, **more: Any) -> Form:
    return {
        "id": id_,
        "title": _title(zh, en),
        "type": type_,
        "options": list(options),
        "option_titles": {option: _title(*_TITLES[option]) for option in options},
        "required": required,
        **more,
    }


FORMS: tuple[Form, ...] = (
    {
        "id": "home-visit",
        "version": 1,
        "title": _title("上门探访", "Home visit"),
        "channels": ["home"],
        "items": [
            _item(
                f"{group}.{item}", zh, en, "grade", GRADES, True, **{"class": group, "class_title": _title(g_zh, g_en)}
            )
            for group, g_zh, g_en, items in _HOME
            for item, zh, en in items
        ],
    },
    {
        "id": "contact-call",
        "version": 1,
        "title": _title("电话或视频探访", "Call"),
        "channels": ["phone", "video"],
        "items": [_item(f"call.{id_}", *rest) for id_, *rest in _CALL],  # type: ignore[arg-type]
    },
)

HOME_VISIT, CONTACT_CALL = FORMS

_BY_KEY = {(entry["id"], entry["version"]): entry for entry in FORMS}


def form(id_: str, version: int) -> Form | None:
    """The form of that id and version, or None. Treat it as read-only."""
    return _BY_KEY.get((id_, version))


def form_for(channel: str) -> Form | None:
    """The newest form for a channel, or None for a channel without one."""
    fitting = [entry for entry in FORMS if channel in entry["channels"]]
    return max(fitting, key=lambda entry: entry["version"]) if fitting else None


def all_good(which: Form) -> dict[str, str]:
    """The answers that the one tap gives: every graded item `good`."""
    return {item["id"]: "good" for item in which["items"] if item["type"] == "grade"}
