"""Homes that lie elsewhere than the register says."""

TEXTS: dict[str, tuple[str, str]] = {
    "nav.homes": ("住址坐标", "Home positions"),
    "homes.title": ("住址坐标待核对", "Home positions to look at"),
    "homes.lead": ("探访时扫了本户的码，定位却总在登记住址之外：多半是登记坐标错了。核实以后采纳，登记坐标随之更正；"
                   "不采纳，这一处以后不再算作老人的家。",
                   "The home's own tag was scanned, yet the phone was always elsewhere: most often the registered"
                   " position is wrong. Accept it once you know, and the register is corrected; decline it, and that"
                   " place is not taken for the home again."),
    "homes.state": ("状态", "State"),
    "homes.elder": ("老人", "Elder"),
    "homes.away": ("离登记住址", "Distance"),
    "homes.none_registered": ("没有登记坐标", "None registered"),
    "homes.by": ("谁的定位", "Whose readings"),
    "homes.on_days": ("{days} 天，{n} 次", "{n} readings, {days} days"),
    "homes.several": ("多人一致", "Several agree"),
    "homes.several_note": ("不同的探访员在不同的日子都定位在那里，系统已按那里判定；采纳后登记坐标也更正。",
                           "Different visitors on different days were there; visits are judged by it already."
                           " Accepting corrects the register too."),
    "homes.one_note": ("只有一位探访员的定位。拿着照片在自己家里扫码也会这样，所以要有人核实："
                       "打电话问老人，或请另一位上门。",
                       "One visitor's readings only. Somebody who scans a photographed tag at their own table leaves"
                       " the same, so somebody has to find out: call the elder, or let another visitor go."),
    "homes.found": ("发现", "Found"),
    "homes.decision": ("决定", "Decision"),
    "homes.one": ("{elder}的住址坐标", "The home of {elder}"),
    "homes.readings": ("依据的探访", "Visits it rests on"),
    "homes.readings_n": ("{n} 次定位", "{n} readings"),
    "homes.registered": ("登记坐标", "Registered"),
    "homes.proposed": ("定位所在", "Proposed"),
    "homes.spread": ("上下相差 {n} 米", "give or take {n} m"),
    "homes.reason": ("说明（不采纳须写明原因）", "In words (to decline, say why)"),
    "homes.save": ("保存决定", "Save the decision"),
    "homes.after": ("最近七天的探访会重新判定。", "Visits of the last seven days are judged again."),
    "homes.accepted": ("登记坐标已更正。", "The registered position was corrected."),
    "homes.declined": ("已记录：不采纳。", "Recorded: declined."),
    "homes.own": ("这里有您自己的定位，由别人来决定。", "Some of these readings are your own; somebody else decides."),
    "homes.by_call": ("回访中由老人确认", "Confirmed by the elder in a call-back"),
    "homes.empty": ("没有待核对的住址坐标。", "No home position waits."),
    "homes.none": ("没有记录。", "Nothing here."),
}
