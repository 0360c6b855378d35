"""What the system's codes are called, for people: roles, channels, outcomes, reasons, states, kinds.

Lists of codes may grow (CONTRACT); one that has no words here names itself, so that a page never breaks over it.
"""

from __future__ import annotations

from server.language import Text, language
from server.reviews.queries import Said
from server.visits.grounds import GROUNDS, OTHER, ground_words, spoken, title
from shared.protocol.flags import FLAGS, message
from shared.rules.categories import category_name
from shared.rules.forms import form

OTHER_GROUND = GROUNDS["accept"][OTHER]


def _t(zh: str, en: str) -> Text:
    return Text(zh, en)


WORDS: dict[str, dict[str, Text]] = {
    "role": {
        "volunteer": _t("志愿者", "Volunteer"), "social_worker": _t("社工", "Social worker"),
        "neighbour": _t("邻里", "Neighbour"), "community_worker": _t("社区工作者", "Community worker"),
        "grid_worker": _t("网格员", "Grid worker"), "doctor": _t("医生", "Doctor"),
        "director": _t("社区主任", "Director"), "admin": _t("管理员", "Administrator"),
        "auditor": _t("审计", "Auditor"), "family": _t("家属", "Family"),
    },
    "channel": {"home": _t("上门", "Home"), "phone": _t("电话", "Phone"), "video": _t("视频", "Video")},
    "outcome": {
        "met": _t("见到老人", "Met"), "not_home": _t("未见到", "Not met"), "refused": _t("拒访", "Refused"),
    },
    "reason": {
        "no_answer": _t("无人应答", "Nobody answered"), "neighbour_says_out": _t("邻居说外出", "Out, a neighbour says"),
        "in_hospital": _t("住院", "In hospital"), "with_family": _t("在家属处", "With family"),
        "travelling": _t("出行", "Travelling"), "moved": _t("已迁走", "Moved away"), "died": _t("已去世", "Died"),
        "door_unsafe": _t("门口不安全", "Not safe at the door"), "other": _t("其他", "Other"),
        "unwell_now": _t("此刻不舒服", "Unwell just then"), "does_not_want": _t("本人不愿意", "Does not want it"),
        "family_refuses": _t("家属不愿意", "The family refuses"),
    },
    "urgent": {
        "ill": _t("生病", "Ill"), "fallen": _t("跌倒", "Fallen"), "danger_at_home": _t("家中有危险", "Danger at home"),
        "no_food": _t("没有食物", "No food"), "abuse": _t("疑似虐待", "Abuse"), "other": _t("其他", "Other"),
    },
    "need": {
        "meals": _t("助餐", "Meals"), "medical": _t("助医", "Medical"), "bathing": _t("助浴", "Bathing"),
        "cleaning": _t("助洁", "Cleaning"), "emergency": _t("助急", "Emergency"), "mobility": _t("助行", "Mobility"),
        "leisure": _t("助娱", "Leisure"), "other": _t("其他", "Other"),
    },
    "assurance": {
        "verified": _t("可信", "Verified"), "plausible": _t("基本可信", "Plausible"),
        "doubtful": _t("存疑", "Doubtful"),
    },
    "decision": {
        "accept": _t("采信", "Accepted"), "reject": _t("驳回", "Rejected"), "reopen": _t("重新打开", "Reopened"),
        "reply": _t("探访员答复", "The visitor's reply"),
    },
    "callback": {
        "confirmed": _t("证实", "Confirmed"), "not_confirmed": _t("未证实", "Not confirmed"),
        "elder_unsure": _t("老人不确定", "The elder is not sure"), "not_reached": _t("没有联系上", "Not reached"),
    },
    "home_state": {
        "open": _t("待核对", "To look at"), "accepted": _t("已采纳", "Accepted"), "declined": _t("未采纳", "Declined"),
        "gone": _t("已不成立", "No longer so"),
    },
    "home_decision": {
        "accept": _t("采纳，更正登记坐标", "Accept: correct the register"), "decline": _t("不采纳", "Decline"),
    },
    "finding": {
        "expected": _t("意料之中", "As one could expect"), "found_late": _t("发现得晚", "Found late"),
        "visits_missed": _t("应访未访", "Visits were missed"), "other": _t("其他（请写明）", "Other (say what)"),
    },
    "request": {
        "access": _t("查阅、复制", "See or copy"), "correction": _t("更正", "Correct"),
        "deletion": _t("删除", "Delete"), "restriction": _t("停止使用", "Stop a use"),
    },
    "asker": {
        "self": _t("本人", "The elder"), "guardian": _t("监护人", "A guardian"), "family": _t("家属", "Family"),
        "other": _t("其他", "Other"),
    },
    "request_outcome": {"done": _t("已办理", "Done"), "refused": _t("不予办理", "Refused")},
    "audit": {
        "elder": _t("老人", "Elder"), "visit": _t("探访", "Visit"), "callback": _t("回访", "Call-back"),
        "death": _t("去世回看", "Death"), "request": _t("个人信息请求", "Data request"),
        "absence": _t("外出", "Absence"),
        "pairing": _t("结对", "Pairing"), "policy": _t("探访规则", "Rule"), "county": _t("县（区）", "County"),
        "tag": _t("二维码牌", "Tag"), "device": _t("手机", "Phone"), "user": _t("人员", "Person"),
        "month": _t("月份", "Month"), "alert": _t("预警", "Alert"),
    },
    "tag_by": {
        "camera": _t("相机", "camera"), "image": _t("图片", "image"), "typed": _t("手输", "typed"),
        "link": _t("链接", "link"),
    },
    "elder_status": {
        "active": _t("在册", "On the register"), "away": _t("外出", "Away"), "hospital": _t("住院", "In hospital"),
        "institution": _t("入住机构", "In an institution"), "moved": _t("已迁走", "Moved away"),
        "died": _t("已去世", "Died"),
    },
    "absence": {
        "in_hospital": _t("住院", "In hospital"), "with_family": _t("在家属处", "With family"),
        "travelling": _t("出行", "Travelling"),
    },
    "duty": {
        "missing": _t("未访", "Missing"), "visited": _t("已访", "Visited"), "away": _t("外出", "Away"),
        "refused": _t("拒访", "Refused"), "left": _t("已离册", "Left the register"),
    },
    "pairing": {
        "main": _t("主要探访员", "Main visitor"), "stand_in": _t("替补", "Stand-in"),
        "neighbour": _t("邻里", "Neighbour"),
        "volunteer": _t("志愿者", "Volunteer"), "social_worker": _t("社工", "Social worker"),
        "community_worker": _t("社区工作者", "Community worker"), "doctor": _t("医生", "Doctor"),
        "family": _t("家属", "Family"),
    },
    "policy": {"universal": _t("普遍巡访", "Universal, monthly"), "focused": _t("重点巡访", "Focused, weekly")},
    "basis": {
        "statutory": _t("法定职责（已告知）", "Statutory duty, with notice"), "consent": _t("本人同意", "Own consent"),
        "guardian": _t("监护人同意", "A guardian's consent"),
    },
    "alert": {
        "due_soon": _t("即将到期", "Due soon"), "missing": _t("到期未访", "Missing"),
        "no_answer": _t("无人应门", "Nobody answers the door"), "urgent": _t("紧急情况", "Urgent"),
        "sos": _t("紧急呼叫", "SOS"), "doubtful_visit": _t("探访存疑", "Doubtful visit"),
        "tag_problem": _t("二维码牌有问题", "Problem with a tag"),
    },
    "alert_state": {
        "open": _t("未处理", "Open"), "acknowledged": _t("处理中", "Taken on"), "resolved": _t("已处理", "Resolved"),
    },
    "task": {
        "queued": _t("排队中", "Waiting"), "running": _t("进行中", "Running"), "done": _t("已完成", "Done"),
        "failed": _t("失败", "Failed"),
    },
    "task_kind": {
        "elders.import": _t("导入台账", "Import of a register"), "tags.print": _t("打印二维码牌", "Printing of tags"),
    },
    "revoked_as": {
        "left": _t("人员离岗", "Left"), "replaced": _t("换了手机", "Replaced"), "lost": _t("丢失", "Lost"),
    },
    "level": {
        "province": _t("省", "Province"), "city": _t("市", "City"), "county": _t("县（区）", "County"),
        "town": _t("乡镇（街道）", "Town"), "village": _t("村（社区）", "Village"),
    },
}  # fmt: skip


def word(kind: str, code: str | None) -> str:
    if code is None:
        return ""
    text = WORDS[kind].get(code)
    return text.say(language()) if text is not None else code


def category(code: str) -> str:
    return category_name(code, language())


def flag(stored: dict[str, object]) -> str:
    """A flag's sentence with its figures."""
    code, figures = str(stored["code"]), stored.get("figures")
    return message(code, figures if isinstance(figures, dict) else None, language()) if code in FLAGS else code


def grounds() -> list[tuple[str, str, str]]:
    """(decision, code, words) of every ground but `other`, which both kinds of decision have."""
    return [(d, code, text.say(language())) for d, items in GROUNDS.items() for code, text in items.items()
            if code != OTHER]  # fmt: skip


def ground(decision: str, code: str) -> str | None:
    """The words of a ground of that decision; None: there is no such."""
    return ground_words(decision, code, language())


def reason(said: Said) -> str:
    """What a decision was grounded on, and the words given with it."""
    return spoken(said.decision, said.ground, said.reason, language())


def reason_title(code: str) -> str:
    """What a flag, or another reason to look at a visit, is called."""
    return title(code, language())


def answers(form_ref: dict[str, object] | None, given: dict[str, str]) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """By class: (class title, [(item title, option title, option)]), in the form's own order; unknown items last."""
    lang = language()
    found = form(str(form_ref["id"]), int(str(form_ref["version"]))) if form_ref else None
    classes: dict[str, list[tuple[str, str, str]]] = {}
    left = dict(given)
    for item in (found or {}).get("items", ()):
        value = left.pop(item["id"], None)
        if value is None:
            continue
        title = item.get("class_title", found["title"])[lang] if found else ""
        option = item.get("option_titles", {}).get(value, {}).get(lang, value)
        classes.setdefault(title, []).append((item["title"][lang], option, value))
    if left:
        classes.setdefault("—", []).extend((key, str(value), str(value)) for key, value in left.items())
    return list(classes.items())
