"""What is sent, what was returned and why, and how the phone stands with its server."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    # Outbox
    "outbox.contact": ("上次联系服务器：{when}", "Last contact: {when}"),
    "outbox.no_contact": ("还没有联系过服务器", "No contact with the server yet"),
    "outbox.storage": ("本机占用 {mb} MB", "{mb} MB used on this phone"),
    "outbox.next_try": ("下次自动发送：{when}", "Next try: {when}"),
    "outbox.in_seconds": ("{n} 秒后", "in {n} seconds"),
    "outbox.sealed": (
        "已封装的探访仍会自动发送，不会丢失。",
        "What was saved is still sent, sealed; nothing is lost.",
    ),
    "outbox.photo_refused": ("有 {n} 张照片没有送达：{reason}", "photos not sent: {n} ({reason})"),
    "event.sos": ("紧急呼叫", "Call for help"),
    "event.ladder_call": ("追踪电话", "Follow-up call"),
    "event.course_done": ("课程测验", "Course finished"),
    "outbox.somebody": ("老人（不在本机名单）", "Elder (not on this phone)"),
    "outbox.photos": ("照片 {sent}/{all} 已送达", "photos: {sent}/{all} sent"),
    "outbox.refused_because": (
        "服务器退回：{reason}。记录仍在本机，请联系社区，或再试一次。",
        "Returned: {reason}. It is still on this phone; ask the community, or try again.",
    ),
    "todo.id_reused": (
        "这条记录与服务器上的另一条编号相同，请联系社区核对。",
        "Another record on the server has its number; ask the community to compare them.",
    ),
    "todo.item_too_large": (
        "内容太长，服务器不收；记录仍在本机，请联系社区抄录。",
        "It is too long for the server. It is still on this phone; ask the community to copy it.",
    ),
    "todo.forbidden": (
        "您的账号现在不能提交，请联系社区主任；恢复后再点“再试一次”。",
        "Your account may not send now; ask your director, then try again.",
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
    # When the app must not touch its data; shown in both languages, because which one is chosen is not known then.
    "store.too_new": (
        "本机数据由更新版本的月探写成。请更新应用；数据没有改动，已保存的探访都在。",
        "This phone's data was written by a newer Yuetan. Please update the app; nothing was changed or lost.",
    ),
    "store.disk": (
        "手机存储已满或无法读写，月探打不开本机数据。请清理手机后再打开；已保存的探访都在。",
        "The phone's storage is full or cannot be used, so Yuetan cannot open its data. Please make room and open it"
        " again; nothing that was saved is lost.",
    ),
    "failure.another_holder": (
        "本机已换人使用，原来的记录不再代为发送",
        "the phone has another holder now, so this is no longer sent",
    ),
    "failure.key_lost": (
        "密码已忘记，这次探访又没有加密封存，无法发送",
        "the PIN was forgotten and this visit had not been sealed, so it cannot be sent",
    ),
    "enrol.locked": ("应用锁上了。请先解锁，再登记一次，登记码仍然有效",
                     "The app is locked. Unlock it, then enrol again: the code is still good"),
    "enrol.incomplete": ("请填写地址和登记码", "Address and code are both needed"),
    "enrol.bad_address": ("地址不正确", "The address is not right"),
    "enrol.no_network": (
        "连不上这个地址，请检查网络",
        "This address cannot be reached; check the connection",
    ),
}
