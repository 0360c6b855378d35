"""What messages say, in both languages; put together when they are sent, in the reader's.

A title of at most 20 characters (WeChat cuts there) and a sentence. `{elder}` is how the message names the elder: the
family name only, because it may light up on a locked screen; `—` where nobody is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.language import Language, Text


@dataclass(frozen=True, slots=True)
class Words:
    title: Text
    body: Text


def _w(title_zh: str, title_en: str, zh: str, en: str) -> Words:
    return Words(Text(title_zh, title_en), Text(zh, en))


WORDS: Mapping[str, Words] = {
    "alert_due_soon": _w(
        "本月还未探访", "Visit due this month",
        "{elder}本月还没有探访，请在月底前上门或打电话。",
        "{elder} has not been visited this month. Please visit or call before it ends.",
    ),
    "alert_missing": _w(
        "漏访", "A visit is missing",
        "{elder}上一期没有有效探访，请尽快联系。",
        "{elder} had no visit that counts in the last period. Please get in touch soon.",
    ),
    "alert_no_answer": _w(
        "敲门无人应答", "Nobody answered",
        "{elder}家敲门无人应答，至今没有找到人。请联系老人、家属或邻居，并记录结果。",
        "Nobody answered at {elder}'s home and nobody was reached since. Please call the elder, the family or a "
        "neighbour, and record what you learn.",
    ),
    "alert_urgent": _w(
        "紧急情况", "Urgent",
        "探访{elder}时发现紧急情况，请立即处理。",
        "A visit to {elder} found danger. Please act at once.",
    ),
    "alert_sos": _w(
        "紧急呼叫", "Emergency call",
        "{elder}发出紧急呼叫。先打 120 或 110，再确认接手。",
        "An emergency call for {elder}. Call 120 or 110 first, then take it on.",
    ),
    "alert_doubtful_visit": _w(
        "探访待复核", "A visit to review",
        "对{elder}的一次探访有疑点，请复核。",
        "A visit to {elder} is in doubt. Please review it.",
    ),
    "alert_tag_problem": _w(
        "二维码牌有问题", "A tag needs care",
        "{elder}家的二维码牌有问题，请查看或补发。",
        "The tag at {elder}'s home has a problem. Please check or reissue it.",
    ),
    "visit_accepted": _w(
        "探访已认可", "Visit accepted",
        "社区主任认可了您对{elder}的探访。",
        "A director accepted your visit to {elder}.",
    ),
    "visit_rejected": _w(
        "探访未认可", "Visit not accepted",
        "您对{elder}的探访没有被认可，您可以说明一次。",
        "Your visit to {elder} was not accepted. You may answer once.",
    ),
    "visit_reopened": _w(
        "复核被撤回", "Review reopened",
        "上级撤回了您对{elder}一次探访的复核，请等待重新决定。",
        "A director above reopened your review of a visit to {elder}.",
    ),
    "visit_replied": _w(
        "探访员有说明", "The visitor answered",
        "对{elder}的那次探访，探访员作了说明，请重新决定。",
        "The visitor answered about the visit to {elder}. Please decide anew.",
    ),
}  # fmt: skip
UNKNOWN = _w(
    "新消息", "New message", "有一条新消息，请在系统中查看。", "There is a new message. Please open the system."
)


@dataclass(frozen=True, slots=True)
class Said:
    title: str
    body: str


def say(code: str, language: Language, elder: str | None) -> Said:
    """The message in words. A code that this version does not know says that there is one."""
    words = WORDS.get(code, UNKNOWN)
    return Said(words.title.say(language), words.body.say(language, elder=surname(elder, language)))


def surname(name: str | None, language: Language) -> str:
    """王老人; Elder 王. Two-character family names are kept whole."""
    if not name:
        return "老人" if language == "zh" else "the elder"
    family = name[:2] if name[:2] in _DOUBLE else name[:1]
    return f"{family}老人" if language == "zh" else f"Elder {family}"


_DOUBLE = frozenset((
    "欧阳", "上官", "司马", "诸葛", "东方", "皇甫", "尉迟", "公孙", "令狐", "慕容", "司徒", "司空", "夏侯", "南宫",
    "长孙", "宇文", "轩辕", "端木", "百里", "呼延", "东郭", "闻人", "澹台", "公冶",
))  # fmt: skip
