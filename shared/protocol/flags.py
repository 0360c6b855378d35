"""Every flag that a visit can carry: one closed list for server, phone, console and documents.

A flag is a fact that somebody should know, not an accusation; its sentence says what was seen, with the figures.
Phones show `message` of codes that they do not know yet.
"""

from __future__ import annotations

from collections.abc import Mapping

FLAGS: dict[str, tuple[str, str]] = {
    # what came
    "value_unknown": (
        "有内容无法识别，按未填处理：{paths}",
        "Some values could not be read and count as not given: {paths}",
    ),
    "reason_missing": ("没有说明未见到或被拒的原因", "No reason was given for not meeting the elder"),
    "late": (
        "迟到：上传时当月统计已截止（每月6日0点），计入下次修订",
        "Arrived after the month's deadline (00:00 on the 6th); counted in the next revision",
    ),
    "device_lost": ("来自已报失的手机，需审核", "From a phone reported lost; it goes to review"),
    "device_revoked": ("手机停用之后记录的，需审核", "Recorded after the phone was revoked; it goes to review"),
    # whose visit
    "not_paired": ("探访时与该老人没有结对，审核后计入", "Not paired with this elder at the time; counts after review"),
    "elder_unknown": ("找不到对应的老人，未归到任何人名下", "No such elder was found; the visit is bound to nobody"),
    # the tag
    "tag_missing": ("没有扫二维码牌", "The tag was not scanned"),
    "tag_unknown": ("扫的不是本系统的二维码牌", "The scanned code is not a tag of ours"),
    "tag_revoked": ("扫的是已作废的二维码牌", "The scanned tag has been revoked"),
    "tag_other": ("扫的是另一位老人的二维码牌", "The scanned tag belongs to another elder"),
    # the place
    "far": (
        "离登记住址约{distance_m}米（定位误差{accuracy_m}米）",
        "About {distance_m} m from the registered home (accuracy {accuracy_m} m)",
    ),
    "rather_far": (
        "离登记住址约{distance_m}米（定位误差{accuracy_m}米），略远",
        "Somewhat far: {distance_m} m from the registered home (accuracy {accuracy_m} m)",
    ),
    "start_far": ("开始时离住址约{distance_m}米", "When it began the phone was about {distance_m} m from the home"),
    "off_beat": (
        "定位离该探访员常去的各住址都在{nearest_m}米以上",
        "The position is {nearest_m} m or more from every other home this visitor goes to",
    ),
    "one_spot": (
        "在同一地点还报告过另外{homes}处住址的探访，而那些住址相距达{apart_m}米",
        "{homes} other homes, up to {apart_m} m apart, were reported from this very spot",
    ),
    "position_odd": (
        "定位结果不合理（{lat}，{lon}），按没有定位处理",
        "The position makes no sense ({lat}, {lon}) and was not used",
    ),
    "stale_position": (
        "手机给出的还是上一户的定位，没有采用",
        "The phone gave its position at the home before, which was not used",
    ),
    "mocked": ("手机报告定位是模拟的", "The phone says that its position is simulated"),
    "same_as_register": (
        "定位与登记坐标几乎完全相同（相差{distance_m}米）",
        "The position equals the registered one ({distance_m} m apart)",
    ),
    "too_exact": (
        "定位误差只有{accuracy_m}米，手机在室内达不到",
        "The position claims to be exact to {accuracy_m} m, which no phone is indoors",
    ),
    "frozen_position": ("开始与结束的定位分毫不差", "The positions at start and end are exactly the same"),
    "position_repeats": (
        "另有{visits}次探访的定位与这次分毫不差",
        "{visits} other visits have this very position to the last digit",
    ),
    "positions_off": (
        "当天{visits}次探访都没有定位，而平时缺定位的约占{usually}%",
        "None of this day's {visits} visits has a position; usually about {usually} % lack one",
    ),
    "home_unsure": (
        "该住址的登记坐标可能有误，待核实",
        "The registered position of this home may be wrong and is being checked",
    ),
    # the stay
    "short_stay": ("停留{stay_s}秒，少于{stay_min_s}秒", "Stayed {stay_s} s, less than {stay_min_s} s"),
    "stay_at_minimum": (
        "停留{stay_s}秒，刚过最低的{stay_min_s}秒",
        "Stayed {stay_s} s, just over the least of {stay_min_s} s",
    ),
    "stay_unknown": ("不知道停留了多久", "How long the visit took is not known"),
    "no_evidence": (
        "没有扫码、没有定位、没有停留时间，无法判断是否到场",
        "No tag, no position and no stay: nothing shows that anybody was there",
    ),
    # travel
    "overlap": (
        "与同一探访员在另一住址的探访重叠{overlap_s}秒",
        "Overlaps with the same visitor's visit in another home by {overlap_s} s",
    ),
    "too_fast": (
        "与前后一次探访相距{distance_m}米、间隔{gap_s}秒，来不及赶到",
        "{distance_m} m from the visit before or after, {gap_s} s apart: too fast to travel",
    ),
    "hasty": (
        "与前后一次探访相距{distance_m}米，间隔只有{gap_s}秒，赶路时间不够",
        "{distance_m} m from the visit before or after with {gap_s} s between: hardly time for the way",
    ),
    "two_phones": (
        "同一探访员用另一部手机在相距{distance_m}米处同时有探访",
        "The same visitor's other phone recorded a visit {distance_m} m away at the same time",
    ),
    "shared_phone": (
        "同一部手机上另一位探访员同时在相距{distance_m}米处有探访",
        "On the same phone somebody else recorded a visit {distance_m} m away at the same time",
    ),
    # the clock
    "clock_unproved": (
        "手机重启过或未曾联网对时，时间未经证实（本身不算问题）",
        "The time is not proved: the phone restarted or never met the server (no fault by itself)",
    ),
    "clock_set": (
        "手机时间在对时后被改动约{minutes}分钟，已按服务器时间计算",
        "The phone's clock was set by about {minutes} min since it met the server; server time is used",
    ),
    "clock_moved": (
        "探访期间手机时间被改动：钟面{phone_s}秒，实际{stay_s}秒",
        "The clock was moved during the visit: {phone_s} s on its face, {stay_s} s in truth",
    ),
    "clock_jumped": (
        "手机未重启，但钟面与其他几次探访相差约{minutes}分钟，其间被改动过",
        "Without a restart the phone's clock differs by {minutes} min from other visits: it was set between",
    ),
    "time_future": ("记录的时间晚于上传时间{minutes}分钟", "The recorded time lies {minutes} min after the upload"),
    "time_old": ("记录的时间在{days}天以前", "The recorded time lies {days} days back"),
    "written_together": (
        "分属{days}天、时间未经证实的探访在一小时内一起上传",
        "Visits said to be of {days} days, none with a proved time, arrived within one hour",
    ),
    "month_end": (
        "本月最后一晚探访了{homes}户，而全月共{of}次",
        "{homes} homes on the month's last evening, of {of} visits in the whole month",
    ),
    # what it shares with others
    "answers_copied": (
        "评定或文字与另外{homes}户完全相同",
        "Grades or words are exactly those of {homes} other homes",
    ),
    "photo_reused": (
        "照片在另外{homes}户、{days}天用过",
        "A photo of this visit was used for {homes} other homes and on {days} other days",
    ),
    "photo_alike": (
        "照片与另外{homes}户、{days}天的几乎一样",
        "A photo of this visit looks like those of {homes} other homes and {days} other days",
    ),
    "doubtful_company": (
        "当天同行程的另外{visits}次探访多有疑点（合计{doubt}）",
        "Most of the outing's {visits} other visits are in doubt by themselves ({doubt} together)",
    ),
}
"""code → (Chinese, English), with `{figure}` places. Order: as a reader should meet them."""


class _Gaps(dict[str, object]):
    """Figures; one that is missing reads as a question mark, for a sentence must never fail."""

    def __missing__(self, key: str) -> str:
        return "?"


def message(code: str, figures: Mapping[str, object] | None = None, lang: str = "zh") -> str:
    """The sentence for a flag in `zh` (default) or `en`; the code itself where it is not known here."""
    texts = FLAGS.get(code)
    if texts is None:
        return code
    return texts[1 if lang.startswith("en") else 0].format_map(_Gaps({k: _show(v) for k, v in (figures or {}).items()}))


def _show(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 10 else f"{value:.1f}".removesuffix(".0")
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return "?" if value is None else str(value)
