"""Every sentence the app shows, in Chinese and English side by side, so that neither is forgotten.

A key is `screen.what`; the pair is (zh, en); `{name}` stands for a value. A test checks that both languages
of every key are there and take the same values. What the server sends (titles, messages) comes localised.
"""

from __future__ import annotations

LANGUAGES = ("zh", "en")

TEXTS: dict[str, tuple[str, str]] = {
    "app.name": ("月探", "Yuetan"),
    "when.today": ("今天 {clock}", "today {clock}"),
    # The line about syncing. "Sent" is said only of what the server confirmed.
    "badge.ok": ("全部已送达服务器", "Everything is with the server"),
    "badge.waiting": (
        "{waiting} 次探访已存在本机，等待发送",
        "Saved on this phone, waiting to be sent: {waiting}",
    ),
    "badge.sending": ("正在与服务器联系……", "Talking to the server…"),
    "badge.offline": (
        "暂时连不上服务器，{waiting} 次探访安全存在本机",
        "No connection for now; saved on this phone: {waiting}",
    ),
    "badge.offline_empty": ("暂时连不上服务器", "No connection for now"),
    "badge.refused": (
        "有 {refused} 次探访被服务器退回，请查看",
        "Returned by the server: {refused}. Please look",
    ),
    "badge.enrol": ("本机尚未登记", "This phone is not enrolled"),
    "badge.revoked": ("本机已被停用", "This phone was revoked"),
    "badge.and_waiting": ("；{waiting} 次探访安全存在本机", "; saved on this phone: {waiting}"),
    "badge.and_refused": ("；{refused} 次被退回", "; returned: {refused}"),
    # Today
    "today.title": ("今天", "Today"),
    "today.progress": ("本期 {total} 位，已探访 {done} 位", "{done} of {total} visited"),
    "today.progress_saved": (
        "本期 {total} 位，已探访 {done} 位，另有 {saved} 位已存未送达",
        "{done} of {total} visited, {saved} more saved but not yet sent",
    ),
    "today.none_found": ("没有找到这样的老人", "Nobody like that was found"),
    "today.nobody": ("您目前没有结对的老人", "No elders are paired with you now"),
    "today.not_yet": ("名单还没有下载，请连上网络", "The list is not here yet; please connect"),
    "today.as_of": ("名单更新于 {when}", "List of {when}"),
    "due.none": ("本期无需探访", "Nothing is owed now"),
    "due.done": ("本期已完成（{done}/{needed}）", "Done for this period ({done}/{needed})"),
    "due.saved": (
        "已确认 {done}/{needed}，另有 {saved} 次已存未送达",
        "{done}/{needed} confirmed, {saved} saved but not yet sent",
    ),
    "due.open": ("待探访（{done}/{needed}）", "To be visited ({done}/{needed})"),
    "due.until": (
        "{day}前，剩 {left} 天 · {done}/{needed}",
        "By {day}, {left} d left · {done}/{needed}",
    ),
    "due.last_day": ("今天是最后一天（{done}/{needed}）", "Today is the last day ({done}/{needed})"),
    "distance.m": ("约 {m} 米", "about {m} m"),
    "distance.km": ("约 {km} 公里", "about {km} km"),
    # Scan
    "scan.elder": ("这是{name}的二维码牌", "This is {name}'s tag"),
    "scan.unknown": (
        "这是一块二维码牌，但不是您结对老人的。仍可记录探访，由服务器核对。",
        "A tag, but of nobody paired with you. You may still record a visit; the server will check.",
    ),
    "scan.revoked": (
        "这块二维码牌已作废。请从名单中选择老人记录探访，并告诉社区更换。",
        "This tag was revoked. Choose the elder from the list, and ask the community for a new tag.",
    ),
    "scan.not_a_tag": ("这不是探访二维码牌", "This is not a visiting tag"),
    "scan.nothing": ("没有看到二维码，请靠近一些再试", "No code was seen; go nearer and try again"),
    "scan.no_decoder": (
        "本机不能识别图片，请手工输入牌上的字母",
        "No pictures can be read here; type the tag's letters",
    ),
    "scan.not_a_picture": ("这个文件不是图片", "This file is not a picture"),
    # Elder
    "elder.born": ("{year} 年生", "born {year}"),
    "elder.never_visited": ("还没有探访记录", "No visit yet"),
    "elder.last_visit": ("{when}，{outcome}。", "{when}, {outcome}."),
    "elder.due_line": (
        "{period}：已探访 {done} 次，共需 {needed} 次",
        "{period}: {done} of {needed} visits",
    ),
    "elder.alert_line": ("{kind}，{when} 起", "{kind}, since {when}"),
    "call.elder": ("老人本人", "the elder"),
    # Visit
    "visit.title": ("探访 {name}", "Visit to {name}"),
    "visit.title_unknown": ("探访（老人待核对）", "Visit (elder to be checked)"),
    "visit.tag": ("已扫二维码牌", "Tag scanned"),
    "visit.no_tag": ("未扫二维码牌", "Without a tag"),
    "visit.started": ("开始于 {when}", "Begun {when}"),
    "visit.items_missing": ("还有 {count} 项没有填", "{count} items are still open"),
    "visit.reason_missing": ("请选择原因", "Please choose a reason"),
    "visit.saved": (
        "已保存在本机，尚未送达；有网络时会自动发送。",
        "Saved on this phone, not yet sent; it goes out by itself.",
    ),
    "visit.saved_urgent": (
        "已保存，将最先发送。情况危急请立即拨打 120 或 110，并联系社区。",
        "Saved, and first in the queue. In danger call 120 or 110 now, and the community.",
    ),
    "advice.not_home": (
        "请先给老人打电话，再联系家属，再问邻居；把结果记在备注里。",
        "Call the elder, then the family, then ask the neighbours; note what came of it.",
    ),
    "advice.refused": (
        "请尊重老人的意愿，礼貌告别；本月会由另一位探访员再试一次。",
        "Respect the elder's wish and take leave kindly; another visitor will try once more this month.",
    ),
    "advice.urgent": (
        "有生命危险请先拨打 120；有人身威胁拨打 110；然后联系家属和社区。",
        "Danger to life: call 120 first; a threat: 110; then the family and the community.",
    ),
    # Outbox
    "outbox.contact": ("上次联系服务器：{when}", "Last contact: {when}"),
    "outbox.no_contact": ("还没有联系过服务器", "No contact with the server yet"),
    "outbox.storage": ("本机占用 {mb} MB", "{mb} MB used on this phone"),
    "outbox.somebody": ("老人（不在本机名单）", "Elder (not on this phone)"),
    "outbox.photos": ("照片 {sent}/{all} 已送达", "photos: {sent}/{all} sent"),
    "outbox.refused_because": (
        "服务器退回：{reason}。记录仍在本机，请联系社区，或再试一次。",
        "Returned: {reason}. It is still on this phone; ask the community, or try again.",
    ),
    "state.pending": ("已存本机，尚未送达", "Saved here, not yet sent"),
    "state.sent": ("已送达", "Sent"),
    "state.refused": ("被退回", "Returned"),
    "standing.new": (
        "请扫描社区给您的登记二维码，或输入地址和登记码",
        "Scan the code from your community, or type it in",
    ),
    "standing.enrolled": ("本机已登记", "This phone is enrolled"),
    "standing.enrol_again": (
        "服务器要求重新登记，请向社区要新的登记码",
        "The server asks for a new enrolment; get a new code from the community",
    ),
    "standing.revoked": (
        "本机已被停用，名单已清除；请联系社区",
        "This phone was revoked and its list removed; ask the community",
    ),
    "sync.idle": ("等待中", "Waiting"),
    "sync.ok": ("上次同步成功", "The last sync succeeded"),
    "sync.network": ("连不上服务器，稍后自动再试", "No connection; it tries again by itself"),
    "sync.busy": ("服务器忙，稍后自动再试", "The server is busy; it tries again by itself"),
    "sync.server_error": (
        "服务器出了问题，稍后自动再试",
        "The server is in trouble; it tries again by itself",
    ),
    "sync.odd": (
        "回答的不像是我们的服务器（是否需要登录无线网络？），稍后再试",
        "Something else answered (a Wi-Fi login page?); it tries again",
    ),
    "sync.refused": ("服务器不接受请求，稍后再试", "The server would not; it tries again"),
    "sync.auth": ("正在更新登录凭证", "Renewing the right to speak"),
    "sync.clock_off": (
        "手机时间与服务器不同，已自动校正后再试",
        "The phone's clock is off; corrected, trying again",
    ),
    "sync.app_too_old": (
        "应用版本太旧：探访仍会发送，但名单不再更新，请升级",
        "The app is too old: visits still go out, the list is not renewed; please update",
    ),
    # What went wrong, last
    "failure.network": ("网络中断，稍后自动再试", "connection broken, tries again by itself"),
    "failure.busy": ("服务器忙，稍后自动再试", "server busy, tries again by itself"),
    "failure.server_error": ("服务器出错，稍后自动再试", "server trouble, tries again by itself"),
    "failure.odd": ("没有得到服务器的有效回答", "no proper answer from the server"),
    "failure.refused": ("服务器不接受请求", "the server would not"),
    "failure.auth": ("登录凭证未被接受", "the right to speak was not accepted"),
    "failure.no_result": ("服务器没有说明结果，会再发送", "no result was given, it is sent again"),
    "failure.rejected": ("未说明原因", "no reason was given"),
    "failure.unexpected": ("服务器的回答无法理解", "the server's answer made no sense"),
    # Enrol
    "enrol.incomplete": ("请填写地址和登记码", "Address and code are both needed"),
    "enrol.bad_address": ("地址不正确", "The address is not right"),
    "enrol.no_network": (
        "连不上这个地址，请检查网络",
        "This address cannot be reached; check the connection",
    ),
    # Settings
    # The time bank
    "hours.as_of": ("截至 {when}", "As of {when}"),
    "hours.minutes": ("{minutes} 分钟", "{minutes} min"),
    "hours.hours": ("{hours} 小时", "{hours} h"),
    "hours.both": ("{hours} 小时 {minutes} 分钟", "{hours} h {minutes} min"),
    "entry.earn": ("探访所得", "Earned by a visit"),
    "entry.reverse": ("更正", "Corrected"),
    "entry.release": ("月结转为可用", "Made free at the month's closing"),
    "entry.transfer": ("转赠", "Given"),
    "bucket.free": ("可用", "free"),
    "bucket.pending": ("待结算", "pending"),
    "bucket.held": ("已约定", "set aside"),
    "bucket.debt": ("欠", "owed"),
    "size.normal": ("标准字号", "Normal text"),
    "size.large": ("大字", "Large text"),
    "size.largest": ("特大字", "Largest text"),
    # Codes in words
    "channel.home": ("上门探访", "Home visit"),
    "channel.phone": ("电话探访", "Phone call"),
    "channel.video": ("视频探访", "Video call"),
    "outcome.met": ("见到老人", "Met"),
    "outcome.not_home": ("无人应答", "No answer"),
    "outcome.refused": ("拒绝探访", "Refused"),
    "reason.no_answer": ("敲门无人应", "No answer at the door"),
    "reason.neighbour_says_out": ("邻居说外出", "Out, a neighbour says"),
    "reason.in_hospital": ("住院", "In hospital"),
    "reason.with_family": ("在家人处", "With family"),
    "reason.travelling": ("外出旅行", "Travelling"),
    "reason.moved": ("已搬走", "Moved away"),
    "reason.died": ("已去世", "Died"),
    "reason.door_unsafe": ("门前不安全", "Unsafe at the door"),
    "reason.unwell_now": ("此刻不舒服", "Unwell just now"),
    "reason.does_not_want": ("不愿被探访", "Does not want a visit"),
    "reason.family_refuses": ("家属拒绝", "The family refuses"),
    "reason.other": ("其他", "Other"),
    "urgent.ill": ("突发疾病", "Taken ill"),
    "urgent.fallen": ("跌倒", "Fallen"),
    "urgent.danger_at_home": ("家中有危险", "Danger at home"),
    "urgent.no_food": ("断粮断水", "No food"),
    "urgent.abuse": ("疑似虐待", "Maybe abuse"),
    "urgent.other": ("其他紧急情况", "Other"),
    "need.meals": ("助餐", "Meals"),
    "need.medical": ("助医", "Medical"),
    "need.bathing": ("助浴", "Bathing"),
    "need.cleaning": ("助洁", "Cleaning"),
    "need.emergency": ("助急", "Emergency"),
    "need.mobility": ("助行", "Mobility"),
    "need.leisure": ("助娱", "Leisure"),
    "need.other": ("其他", "Other"),
    "group.health": ("健康状况", "Health"),
    "group.mind": ("精神状态", "State of mind"),
    "group.safety": ("安全情况", "Safety"),
    "group.hygiene": ("卫生状况", "Hygiene"),
    "group.living": ("居住环境", "Living"),
    "group.call": ("通话情况", "The call"),
    "option.good": ("良", "Good"),
    "option.fair": ("中", "Fair"),
    "option.poor": ("差", "Poor"),
    "option.yes": ("是", "Yes"),
    "option.no": ("否", "No"),
    "period.month": ("本月", "This month"),
    "period.week": ("本周", "This week"),
    "alert.due_soon": ("即将到期", "Due soon"),
    "alert.missing": ("未按期探访", "Visit missing"),
    "alert.no_answer": ("无人应答，需追踪", "Nobody answered"),
    "alert.urgent": ("紧急情况", "Urgent"),
    "alert.sos": ("紧急呼叫", "Emergency call"),
    "alert.doubtful_visit": ("探访待核实", "Visit in doubt"),
    "alert.tag_problem": ("二维码牌有问题", "Tag problem"),
    "status.active": ("在册", "On the register"),
    "status.away": ("暂时外出", "Away"),
    "status.in_hospital": ("住院", "In hospital"),
    "status.hospital": ("住院", "In hospital"),
    "status.institution": ("入住机构", "In an institution"),
    "status.moved": ("已迁出", "Moved away"),
    "status.died": ("已去世", "Died"),
    "sex.male": ("男", "male"),
    "sex.female": ("女", "female"),
    "sex.m": ("男", "male"),
    "sex.f": ("女", "female"),
    "relation.child": ("子女", "child"),
    "relation.son": ("儿子", "son"),
    "relation.daughter": ("女儿", "daughter"),
    "relation.spouse": ("配偶", "spouse"),
    "relation.neighbour": ("邻居", "neighbour"),
    "relation.other": ("联系人", "contact"),
    "role.volunteer": ("志愿者", "volunteer"),
    "role.social_worker": ("社工", "social worker"),
    "role.neighbour": ("邻居", "neighbour"),
    "role.community_worker": ("社区工作者", "community worker"),
    "role.grid_worker": ("网格员", "grid worker"),
    "role.doctor": ("医生", "doctor"),
    "role.director": ("社区主任", "director"),
}


def text(key: str, language: str = "zh", /, **params: object) -> str:
    """The sentence for `key`; an unknown key is shown as itself, which a test would find."""
    pair = TEXTS.get(key)
    if pair is None:
        return key
    sentence = pair[1] if language == "en" else pair[0]
    return sentence.format(**params) if params else sentence
