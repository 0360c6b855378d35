"""From the scanned tag to the saved visit: the card, the form, what to do when nobody answers, an emergency."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
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
    "elder.last_visit": ("{when}，{outcome}", "{when}, {outcome}"),
    "changed.fields": ("有更新：{fields}", "Updated: {fields}"),
    "changed.other_visit": ("{when} 有别人来看过", "Somebody else came on {when}"),
    "field.phone": ("电话", "phone"),
    "field.contacts": ("联系人", "contacts"),
    "field.address": ("住址", "address"),
    "field.notes": ("要留意的事", "what to note"),
    "field.status": ("状态", "status"),
    "field.focused": ("重点巡访", "focused visiting"),
    "field.categories": ("类别", "category"),
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
    "visit.items_missing": ("还有 {count} 项没有填", "Items still open: {count}"),
    "visit.reason_missing": ("请选择原因", "Please choose a reason"),
    "visit.saved": (
        "已保存在本机，尚未送达；有网络时会自动发送。",
        "Saved on this phone, not yet sent; it goes out by itself.",
    ),
    "visit.saved_urgent": (
        "已保存，将最先发送。情况危急请立即拨打 120 或 110，并联系社区。",
        "Saved, and first in the queue. In danger call 120 or 110 now, and the community.",
    ),
    "visit.saved_not_home": (
        "这次敲门已存在本机。接下来请打电话问问。",
        "This attempt is saved on the phone. Now please call.",
    ),
    # What may be asked about a visit; it never accuses, and saving stays one touch.
    "doubt.very_short_stay": (
        "您刚到不到 1 分钟，不急就再坐坐；照样可以保存。",
        "You have only just come. Stay if you can; saving is fine.",
    ),
    "doubt.short_stay": (
        "您到这里 {minutes} 分钟，不急就再坐坐；照样可以保存。",
        "You have been here {minutes} min. Stay if you can; saving is fine.",
    ),
    "doubt.far": (
        "手机定位离登记住址{away}，定位常有偏差；照样可以保存。",
        "The phone thinks it is {away} from the home. It is often wrong; saving is fine.",
    ),
    "doubt.mocked": (
        "手机开着“模拟位置”，请在手机设置里关掉；这次照样可以保存。",
        "The phone's “mock location” is on; please switch it off. This visit can be saved all the same.",
    ),
    "doubt.tag_other": (
        "扫到的是另一位老人的牌，请看看是不是选错了人。",
        "The scanned tag is another elder's; please check that this is the right person.",
    ),
    "doubt.tag_revoked": (
        "这块牌已经作废，请告诉社区换一块。",
        "This tag was revoked; please ask the community for a new one.",
    ),
    "doubt.no_evidence": (
        "没有扫码，也没有定位，社区可能会打电话问一声。",
        "There is neither tag nor position; the community may call to ask.",
    ),
    "doubt.clock_moved": (
        "探访中手机时间被改过，社区可能会问一声。",
        "The phone's clock was changed during the visit; the community may ask.",
    ),
    # After nobody answered
    "steps.title": ("没人应门，接下来", "Nobody answered: what now"),
    "steps.when": ("{when} 没人应门", "Nobody answered {when}"),
    "steps.ladder": (
        "2 小时后还没有消息，会自动通知家属、邻居和社区主任。",
        "Without news in 2 hours the family, neighbours and the director are told.",
    ),
    "steps.ladder_focused": (
        "30 分钟后还没有消息，会自动通知家属、邻居和社区主任。",
        "Without news in 30 minutes the family, neighbours and the director are told.",
    ),
    "steps.asked": ("刚才打的这个电话，怎么样？", "How did this call go?"),
    "steps.ended_met": ("已经见到老人", "The elder was met"),
    "steps.ended_reached": ("已经和老人通上话", "The elder was reached"),
    "steps.ended_whereabouts": ("已经知道老人在哪里", "It is known where the elder is"),
    "call_outcome.elder_reached": ("和老人通上话了", "Spoke with the elder"),
    "call_outcome.elder_no_answer": ("没人接", "No answer"),
    "call_outcome.whereabouts": ("知道老人在哪", "Knows where the elder is"),
    "call_outcome.reached": ("接了，也不清楚", "Answered, does not know"),
    "call_outcome.no_answer": ("没人接", "No answer"),
    "called.reached": ("{when} 接通", "Answered {when}"),
    "called.no_answer": ("{when} 没人接", "No answer {when}"),
    "called.whereabouts": ("{when} 说：", "Said {when}:"),
    "where.in_hospital": ("在医院", "In hospital"),
    "where.with_family": ("在家人那里", "With family"),
    "where.out_nearby": ("出门了，就在附近", "Out, nearby"),
    "where.travelling": ("出远门了", "Travelling"),
    "where.said": ("{words}（{who}说）", "{words} (says {who})"),
    "call.who": ("{relation}{name}", "{name}, {relation}"),
    # Emergency
    "sos.ambulance": ("急救", "Ambulance"),
    "sos.police": ("报警", "Police"),
    "sos.pending": (
        "{when} 已记下求助，一有网络就最先发出。请先打电话！",
        "Call for help noted {when}; it goes out first when there is a network. Phone now!",
    ),
    "sos.sent": ("{when} 的求助已送到值班人员", "The call for help of {when} is with those on duty"),
    "advice.not_home": (
        "再敲一次，等一等，也问问邻居。保存后会告诉您给谁打电话。",
        "Knock again, wait, ask next door. After saving you see whom to call.",
    ),
    "advice.whereabouts": (
        "请在备注里写上是谁告诉您的，社区会核实。",
        "Please note who told you; the community will check.",
    ),
    "advice.died": (
        "请在备注里写上是谁告诉您的；社区会核实，并联系家属。",
        "Please note who told you; the community will make sure and speak to the family.",
    ),
    "advice.door_unsafe": (
        "先退到安全的地方，不要硬闯；有危险请打 110 或 120。",
        "Step back to where it is safe. In danger call 110 or 120.",
    ),
    "advice.not_home_call": (
        "没打通不要紧，换个时间再打，或者上门看看。",
        "Not reached: try another time, or go and see.",
    ),
    "advice.refused_call": (
        "请尊重老人的意愿，换个时间再联系，或者请别人试试。",
        "Respect the elder's wish; try another time, or let somebody else try.",
    ),
    "advice.refused": (
        "请尊重老人的意愿，礼貌告别；本月会由另一位探访员再试一次。",
        "Respect the elder's wish and take leave kindly; another visitor will try once more this month.",
    ),
    "advice.old_form": (
        "社区有了新的探访表，需要更新应用才能显示；现在可以先用这张旧表，照样有效。",
        "There is a newer form, which this app cannot show until it is updated. This one still counts.",
    ),
    "advice.urgent": (
        "有生命危险请先拨打 120；有人身威胁拨打 110；然后联系家属和社区。",
        "Danger to life: call 120 first; a threat: 110; then the family and the community.",
    ),
    "visit.disk": (
        "手机存储已满或无法写入：刚才的改动没有保存，之前的内容还在。请清理手机后再试。",
        "The phone's storage is full or cannot be written: this change was not saved, what was there before is."
        " Please make room and try again.",
    ),
}
