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
    "badge.disk": (
        "手机存储已满或无法写入，刚才的改动没有保存，请清理手机",
        "The phone's storage is full or cannot be written; the last change was not saved. Please make room",
    ),
    "badge.rescued": (
        "本机数据曾损坏，探访已找回，正在重新下载名单",
        "This phone's data was damaged; visits were rescued, and the list is being fetched again",
    ),
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
    "sync.sealed": (
        "服务器打不开封装的探访，重新登记后会照原样发送",
        "The server cannot open what was sealed; after a new enrolment it is sent as it is",
    ),
    "sync.locked": ("解锁后继续发送照片", "Photos go on once the app is unlocked"),
    # What went wrong, last
    "outbox.rescued": (
        "本机数据曾损坏，已找回 {visits} 次探访、{drafts} 份草稿；损坏的文件另存在本机。",
        "This phone's data was damaged; rescued: {visits} visits, {drafts} drafts. The broken file was set aside.",
    ),
    "visit.disk": (
        "手机存储已满或无法写入：刚才的改动没有保存，之前的内容还在。请清理手机后再试。",
        "The phone's storage is full or cannot be written: this change was not saved, what was there before is."
        " Please make room and try again.",
    ),
    "failure.network": ("网络中断，稍后自动再试", "connection broken, tries again by itself"),
    "failure.busy": ("服务器忙，稍后自动再试", "server busy, tries again by itself"),
    "failure.server_error": ("服务器出错，稍后自动再试", "server trouble, tries again by itself"),
    "failure.odd": ("没有得到服务器的有效回答", "no proper answer from the server"),
    "failure.refused": ("服务器不接受请求", "the server would not"),
    "failure.auth": ("登录凭证未被接受", "the right to speak was not accepted"),
    "failure.no_result": ("服务器没有说明结果，会再发送", "no result was given, it is sent again"),
    "failure.sealed": (
        "服务器打不开封装，重新登记后再发送",
        "the server cannot open the seal; sent again after a new enrolment",
    ),
    "failure.locked": ("解锁后再发送", "sent once the app is unlocked"),
    "failure.gap": ("服务器只收到一部分，会接着发送", "the server has only a part, it goes on from there"),
    "failure.file_lost": ("本机上的照片文件已丢失", "the photo's file is gone from this phone"),
    "failure.rejected": ("未说明原因", "no reason was given"),
    "failure.unexpected": ("服务器的回答无法理解", "the server's answer made no sense"),
    # Enrol
    # The lock. Nothing here names anybody: it is seen by whoever holds the phone.
    "lock.title.new": ("请设置六位数字密码", "Choose a PIN of six digits"),
    "lock.title.locked": ("月探已锁定", "Yuetan is locked"),
    "lock.title.waiting": ("请稍后再试", "Please wait"),
    "lock.title.open": ("密码", "PIN"),
    "lock.title.wiped": ("请重新登记本机", "Please enrol this phone again"),
    "lock.text.new": (
        "密码保护老人的资料：手机丢了，别人也看不到。请记住它，不要告诉别人。",
        "It protects the elders' data if the phone is lost. Please remember it and tell nobody.",
    ),
    "lock.text.locked": ("请输入六位数字密码。", "Please enter your six digits."),
    "lock.text.locked_phone": ("请用手机的锁屏方式解锁。", "Please use the phone's own lock."),
    "lock.text.waiting": (
        "密码输错多次。请等 {minutes} 分钟，{when}之后再试。",
        "Too many wrong PINs. Please wait {minutes} min, until {when}.",
    ),
    "lock.text.open": ("本机已解锁。", "The phone is unlocked."),
    "lock.text.wiped": (
        "老人名单已从本机清除。请向社区主任要新的登记码，登记后设置新密码。",
        "The list of elders was removed from this phone. Ask your director for a new code, enrol, and choose a PIN.",
    ),
    "lock.note.left": (
        "再输错 {left} 次，名单将从本机清除；已保存的探访不会丢失。",
        "After {left} more wrong PINs the list is removed from this phone; saved visits are not lost.",
    ),
    "lock.note.waiting": (
        "{count} 次已保存的探访仍会送达服务器。",
        "Saved visits still on their way to the server: {count}.",
    ),
    "lock.note.lost": (
        "{count} 次没有填完的探访无法保留。",
        "Visits that were not filled in and could not be kept: {count}.",
    ),
    "lock.problem.form": ("请输入六位数字。", "Six digits, please."),
    "lock.problem.weak": ("这个密码太容易猜到，请换一个。", "This one is too easy to guess; please choose another."),
    "lock.problem.wrong": ("密码不对。", "This PIN is not right."),
    "lock.problem.wait": ("还没到可以再试的时间。", "It is too early to try again."),
    "lock.problem.wiped": ("密码不对，名单已清除。", "This PIN is not right, and the list was removed."),
    "lock.problem.phone": ("手机没有解锁。", "The phone's lock was not opened."),
    "lock.problem.locked": ("请先解锁。", "Please unlock first."),
    "lock.problem.disk": (
        "手机存储空间不足或无法写入，请清理后再试。",
        "The phone's storage is full or cannot be written; please make room and try again.",
    ),
    "lock.ask_phone": ("月探：请解锁", "Yuetan: please unlock"),
    "lock.after": ("离开 {minutes} 分钟后锁定", "Lock after {minutes} min away"),
    "failure.key_lost": (
        "密码已忘记，这次探访又没有加密封存，无法发送",
        "the PIN was forgotten and this visit had not been sealed, so it cannot be sent",
    ),
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
    "edition.standard": ("标准版", "Standard"),
    "edition.elder": ("长辈版", "For elders"),
    "aloud.on": ("开", "On"),
    "aloud.off": ("关", "Off"),
    "aloud.no_voice": (
        "这台设备没有装中文语音，按“朗读”时会用大字显示出来。",
        "This device has no English voice: what would be read is shown in large type instead.",
    ),
    # Learning
    "course.none": ("还没有课程", "No courses yet"),
    "course.summary": ("{all} 门课程，已学完 {done} 门", "{done} of {all} done"),
    "course.asked": (
        "第一次探访前请先学习（还有 {count} 门）",
        "Please learn before your first visit: {count} to go",
    ),
    "course.open": ("还没有学", "Not done yet"),
    "course.failed": ("没有通过，可以再答一次", "Not passed; try again any time"),
    "course.passed": ("已学完", "Done"),
    "course.known": ("，服务器已记录", ", and the server knows"),
    "course.not_sent": ("，有网络时告诉服务器", "; the server is told once there is a network"),
    "course.unanswered": ("还有 {count} 题没有答", "{count} questions to go"),
    "course.right": ("✓ 答对了：{answer}", "✓ Right: {answer}"),
    "course.wrong": ("✗ 不对。正确答案：{answer}", "✗ Not so. Right is: {answer}"),
    "course.result_passed": ("{of} 题答对 {correct} 题，通过了", "{correct} of {of} right: passed"),
    "course.result_failed": (
        "{of} 题答对 {correct} 题，还没有通过。看看说明，再答一次。",
        "{correct} of {of} right: not passed yet. Read why, and try again.",
    ),
    # What the phone's owner is asked for; the same table stands in docs/android.md.
    "permission.network": ("上网", "Network"),
    "permission.network_why": (
        "把探访记录送到社区的服务器，再取回名单。不联系别的地方。",
        "To send visits to your community's server and fetch the list. Nobody else is contacted.",
    ),
    "permission.camera": ("相机", "Camera"),
    "permission.camera_why": (
        "扫老人家里的二维码牌，需要时拍照。不扫的时候相机是关着的。",
        "To scan the tag in an elder's home, and for photos. Off whenever you are not scanning.",
    ),
    "permission.position": ("位置", "Position"),
    "permission.position_why": (
        "探访开始和结束时各记一次位置，证明您到了；名单上近的排前面。平时不跟踪。不给也能探访。",
        "Noted once at the start and once at the end of a visit, to show that you were there; "
        "and near elders come first. You are not followed. Visits work without it.",
    ),
    "permission.notifications": ("通知", "Notifications"),
    "permission.notifications_why": (
        "提醒您再去一次没人应门的老人家。通知里不写姓名。",
        "To remind you to go again where nobody answered. No names appear in them.",
    ),
    "permission.granted": ("已允许", "Allowed"),
    "permission.not_granted": ("未允许", "Not allowed"),
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
