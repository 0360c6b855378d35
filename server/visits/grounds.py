"""The closed list of grounds that a decision about a visit can have, and what each reason to look at one is called.

Lists of codes may grow; a code that has no words here names itself. An old review without a ground has words only.
"""

from __future__ import annotations

from collections.abc import Mapping

from server.language import Language, Text


def _t(zh: str, en: str) -> Text:
    return Text(zh, en)


GROUNDS: Mapping[str, Mapping[str, Text]] = {
    "accept": {
        "called": _t("已电话核实老人", "The elder was called and confirms"),
        "colleague": _t("有同行人或邻居证实", "A companion or neighbour confirms"),
        "device": _t("手机或信号问题，情况属实", "The phone or the signal was at fault"),
        "address": _t("登记住址有误", "The registered address is wrong"),
        "other": _t("其他（请写明）", "Other (say what)"),
    },
    "reject": {
        "not_there": _t("核实未到场", "It was found that nobody was there"),
        "copied": _t("内容照抄", "The content was copied"),
        "wrong_elder": _t("不是这位老人", "It was another elder"),
        "other": _t("其他（请写明）", "Other (say what)"),
    },
}
OTHER = "other"
CODES = tuple(dict.fromkeys(code for grounds in GROUNDS.values() for code in grounds))

# Why a visit waits for a director, where it is not a flag of the presence rule.
NOT_CONFIRMED, REPLIED = "callback_not_confirmed", "visitor_replied"

TITLES: Mapping[str, Text] = {
    NOT_CONFIRMED: _t("回访未证实", "Not confirmed by a call-back"),
    REPLIED: _t("探访员有答复", "The visitor answered"),
    "device_lost": _t("手机已报失", "Phone reported lost"),
    "device_revoked": _t("手机已停用", "Phone revoked"),
    "not_paired": _t("没有结对", "Not paired"),
    "elder_unknown": _t("找不到老人", "Elder unknown"),
    "tag_missing": _t("没有扫码", "Tag not scanned"),
    "tag_unknown": _t("不是本系统的码", "Not our tag"),
    "tag_revoked": _t("码已作废", "Tag revoked"),
    "tag_other": _t("别家的码", "Another home's tag"),
    "tag_afar": _t("在别处扫的码", "Tag scanned elsewhere"),
    "far": _t("离住址很远", "Far from the home"),
    "rather_far": _t("离住址略远", "Somewhat far"),
    "start_far": _t("开始时较远", "Began far away"),
    "off_beat": _t("不在常去的地方", "Off the usual round"),
    "one_spot": _t("多户同一地点", "Many homes, one spot"),
    "position_odd": _t("定位不合理", "Position makes no sense"),
    "stale_position": _t("上一处的定位", "Position of the home before"),
    "position_repeats": _t("定位重复", "Position repeats"),
    "positions_off": _t("整天没有定位", "A day without positions"),
    "mocked": _t("模拟定位", "Simulated position"),
    "same_as_register": _t("与登记坐标相同", "Same as the register"),
    "too_exact": _t("定位过于精确", "Too exact"),
    "frozen_position": _t("定位分毫不差", "Position frozen"),
    "home_unsure": _t("住址坐标待核实", "Home's position unsure"),
    "short_stay": _t("停留太短", "Short stay"),
    "stay_at_minimum": _t("停留刚够最低", "Just the least stay"),
    "stay_unknown": _t("停留不明", "Stay unknown"),
    "no_evidence": _t("没有任何凭据", "No evidence at all"),
    "overlap": _t("时间重叠", "Overlaps another visit"),
    "too_fast": _t("来不及赶到", "Too fast to travel"),
    "hasty": _t("赶路时间不够", "Hardly time to travel"),
    "two_phones": _t("两部手机异地", "Two phones, two places"),
    "shared_phone": _t("一机两人异地", "One phone, two people"),
    "clock_unproved": _t("时间未证实", "Time not proved"),
    "clock_set": _t("手机时间被改", "Clock was set"),
    "clock_moved": _t("探访中改时间", "Clock moved meanwhile"),
    "clock_jumped": _t("手机时间跳动", "Clock jumped"),
    "time_future": _t("时间在将来", "Time in the future"),
    "time_old": _t("时间很久以前", "Time long ago"),
    "written_together": _t("多天一起补记", "Written up together"),
    "month_end": _t("月末突击", "All on the last evening"),
    "answers_copied": _t("内容照抄", "Answers copied"),
    "photo_reused": _t("照片重复使用", "Photo reused"),
    "photo_alike": _t("照片相似", "Photos alike"),
    "doubtful_company": _t("同行程多有疑点", "In doubtful company"),
    "late": _t("迟到", "Late"),
    "value_unknown": _t("内容无法识别", "Unreadable values"),
    "reason_missing": _t("没写原因", "No reason given"),
}


def ground_words(decision: str, code: str | None, lang: Language) -> str | None:
    """What a ground of that decision says; None: there is no such."""
    text = GROUNDS.get(decision, {}).get(code or "")
    return text.say(lang) if text is not None else None


def spoken(decision: str, code: str | None, words: str, lang: Language) -> str:
    """A decision's reason in one sentence: the ground's words, then the reviewer's own."""
    ground = ground_words(decision, code, lang) if code != OTHER else None
    return ("：" if lang == "zh" else ": ").join(part for part in (ground, words) if part)


def title(code: str, lang: Language) -> str:
    text = TITLES.get(code)
    return text.say(lang) if text is not None else code
