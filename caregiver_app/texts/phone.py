"""The lock, the settings, learning, the time bank, and what the phone's owner is asked for."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
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
        "探访前要学的课程：{count} 门",
        "To learn before you visit: {count}",
    ),
    "course.open": ("还没有学", "Not done yet"),
    "course.failed": ("没有通过，可以再答一次", "Not passed; try again any time"),
    "course.passed": ("已学完", "Done"),
    "course.known": ("，服务器已记录", ", and the server knows"),
    "course.not_sent": ("，有网络时告诉服务器", "; the server is told once there is a network"),
    "course.unanswered": ("还有 {count} 题没有答", "{count} questions to go"),
    "course.right": ("答对了：{answer}", "Right: {answer}"),
    "course.wrong": ("不对。正确答案：{answer}", "Not so. Right is: {answer}"),
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
        "扫老人家里的二维码牌，需要时拍照。不扫码、不拍照的时候相机是关着的。",
        "To scan the tag in an elder's home, and for photos. Off at all other times.",
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
}
