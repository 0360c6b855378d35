"""The page of the duty roster."""

TEXTS: dict[str, tuple[str, str]] = {
    "shifts.title": ("值班表", "Duty roster"),
    "shifts.lead": (
        "有人紧急呼叫时，值班的人最先得到通知；探访员的手机上也能直接拨打，没有网络也行。",
        "Who is on duty is told first of a call for help, and can be called from the visitors' phones, offline too.",
    ),
    "shifts.from": ("开始", "From"),
    "shifts.to": ("结束", "Until"),
    "shifts.now": ("正在值班", "On duty now"),
    "shifts.none": ("还没有排班。", "Nobody is on the roster."),
    "shifts.add": ("排班", "Put on duty"),
    "shifts.added": ("已排班。", "On the roster."),
    "shifts.cancel": ("取消", "Cancel"),
    "shifts.cancel_label": ("取消 {name} {at} 的值班", "Cancel the shift of {name}, {at}"),
    "shifts.cancelled": ("已取消值班。", "The shift was cancelled."),
}
