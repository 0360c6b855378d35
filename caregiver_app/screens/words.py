"""Labels of buttons and headings that only the widgets know, Chinese and English side by side.

What a presenter says (states, reasons, advice, progress) comes ready from `caregiver_app/texts.py`; here is
what stands on the screens' own furniture. A test holds that both languages are there and take the same
values.
"""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "back": ("返回", "Back"),
    "wait": ("请稍等…", "One moment…"),
    "error.title": ("出了点问题", "Something went wrong"),
    "error.text": (
        "已保存的探访都还在手机上。请返回再试一次。",
        "Everything you saved is still on this phone. Please go back and try again.",
    ),
    # tabs
    "tab.today": ("今天", "Today"),
    "tab.sync": ("发送", "Sending"),
    "tab.hours": ("时间", "Hours"),
    "tab.settings": ("设置", "Settings"),
    # welcome
    "welcome.name": ("月探", "Yuetan"),
    "welcome.line": ("每位老人，月月有人看望", "Every elder, visited every month"),
    "welcome.elder_help": (
        "长辈版：字大、按钮大、能朗读。",
        "For elders: larger type and buttons, read aloud.",
    ),
    "welcome.enrol": ("把这部手机登记给您", "Register this phone for you"),
    "welcome.enrol_help": (
        "社区工作人员会给您一个登记码。扫一扫，或者打进来。",
        "Your community gave you a registration code. Scan it, or type it in.",
    ),
    "welcome.code": ("登记码", "Registration code"),
    "welcome.code_hint": ("ABCD-EFGH-JK", "ABCD-EFGH-JK"),
    "welcome.address": ("服务器地址", "Server address"),
    "welcome.address_hint": ("https://…", "https://…"),
    "welcome.scan": ("扫登记码", "Scan the code"),
    "welcome.start": ("开始使用", "Start"),
    "welcome.working": ("正在登记…", "Registering…"),
    "welcome.empty_code": ("请先输入或扫描登记码。", "Please type or scan the registration code first."),
    "welcome.empty_address": ("请输入服务器地址。", "Please type the server address."),
    # today
    "today.search": ("姓名、楼栋或拼音首字母", "Name, building or initials"),
    "today.search_short": ("找人", "Search"),
    "today.scan": ("扫码，开始探访", "Scan and begin a visit"),
    "today.scan_short": ("扫码", "Scan"),
    "today.open_draft": ("没填完，接着填", "Unfinished: go on"),
    "today.none_help": ("换个写法试试，或者清除搜索。", "Try another spelling, or clear the search."),
    "today.empty": ("还没有老人名单", "No elders here yet"),
    "today.empty_help": (
        "联网后名单会自动来。一直没有，请问社区工作人员。",
        "The list comes by itself once there is a network. If it does not, ask your community.",
    ),
    # scan
    "scan.title": ("扫码", "Scan"),
    "scan.aim": ("把二维码放进框里", "Hold the code inside the frame"),
    "scan.no_camera": ("这台设备没有可用的相机", "There is no camera here"),
    "scan.no_camera_help": (
        "可以从图片里读码，或者把码下面的字打进来。",
        "Read the code from a picture, or type the letters printed under it.",
    ),
    "scan.picture": ("从图片里读", "Choose a picture"),
    "scan.type": ("输入二维码下面的 26 个字", "Type the 26 letters under the code"),
    "scan.use": ("确定", "Use it"),
    "scan.torn": ("码坏了或没有码，从名单里选人", "Torn or missing: choose from the list"),
    "scan.reading": ("正在读图片…", "Reading the picture…"),
    "scan.begin": ("开始探访", "Begin the visit"),
    "scan.begin_unknown": ("仍然记录这次探访", "Record this visit anyway"),
    "scan.again": ("再扫一次", "Scan again"),
    # picture chooser
    "files.title": ("选择图片", "Choose a picture"),
    "files.up": ("上一层文件夹", "One folder up"),
    "files.empty": ("这个文件夹里没有图片", "No pictures in this folder"),
    "files.empty_help": ("可以打开别的文件夹。", "Open another folder."),
    # elder card
    "elder.title": ("老人", "Elder"),
    "elder.gone": ("这位老人已不在您的名单里", "This elder is no longer on your list"),
    "elder.gone_help": (
        "之前保存的探访照常发送，仍然算数。",
        "What you saved before is still sent and still counts.",
    ),
    "elder.scan": ("扫码，开始探访", "Scan and begin"),
    "elder.no_tag": ("没有码，直接开始", "Begin without a tag"),
    "elder.call_visit": ("记录电话探访", "Record a phone visit"),
    "elder.video_visit": ("记录视频探访", "Record a video visit"),
    "elder.resume": ("接着填没填完的探访", "Go on with the unfinished visit"),
    "elder.address": ("住址", "Address"),
    "elder.last": ("上次探访", "Last visit"),
    "elder.due": ("本期要做", "What is due"),
    "elder.calls": ("可以打电话给", "Who to call"),
    "elder.notes": ("要留意", "Please note"),
    "elder.history": ("最近的探访", "Recent visits"),
    "elder.no_calls": ("没有留电话", "No phone number is known"),
    "elder.more_ways": ("其他方式", "Other ways"),
    # visit
    "visit.channel": ("探访方式", "Kind of visit"),
    "visit.outcome": ("见到老人了吗", "Did you meet?"),
    "visit.reason": ("是什么情况", "What is the matter?"),
    "visit.all_good": ("全部良好", "All is good"),
    "visit.all_good_help": ("一按都选良，不同的再改", "One tap; then change what differs"),
    "visit.all_good_done": ("{count} 项全部良好", "All {count} are good"),
    "visit.all_good_done_help": ("不同的在下面改", "Change below what differs"),
    "visit.answered": ("已填 {done} / {all} 项", "{done} of {all} answered"),
    "visit.urgent": ("有紧急情况", "Something is urgent"),
    "visit.urgent_words": ("简单说说（可不填）", "In a few words (may be left empty)"),
    "visit.needs": ("需要帮助", "Help needed"),
    "visit.note": ("备注", "Note"),
    "visit.photos": ("照片", "Photos"),
    "visit.add_photo": ("添加照片", "Add a picture"),
    "visit.photo": ("照片 {number}", "Photo {number}"),
    "visit.remove": ("去掉", "Remove"),
    "visit.not_picture": ("这个文件不是图片。", "This file is not a picture."),
    "visit.companions": ("同行的人", "Who came along"),
    "visit.calls": ("现在打电话", "Call now"),
    "visit.save": ("保存", "Save"),
    "visit.discard": ("不要这份记录", "Throw this record away"),
    "visit.discard_sure": ("确定不要吗？填的内容会删掉。", "Throw it away? What you filled in is lost."),
    "visit.discard_yes": ("确定，不要了", "Yes, throw it away"),
    "visit.discard_no": ("留着，继续填", "No, keep it"),
    "visit.kept": ("随时可以离开，填的内容自动留着", "Leave at any time: what you filled in is kept"),
    "visit.failed": ("没有保存成功，请再试一次。", "It was not saved. Please try again."),
    # saved
    "saved.title": ("已保存", "Saved"),
    "saved.next": ("回到名单", "Back to the list"),
    "saved.sync": ("看看发送情况", "See what is sent"),
    # sync
    "sync.title": ("发送情况", "Sending"),
    "sync.now": ("现在发送", "Send now"),
    "sync.sending": ("正在发送…", "Sending…"),
    "sync.refused": ("没有被收下", "Not accepted"),
    "sync.waiting": ("等待发送", "Waiting"),
    "sync.sent": ("已发送", "Sent"),
    "sync.again": ("再发一次", "Send once more"),
    "sync.empty": ("还没有探访记录", "No visits recorded yet"),
    "sync.empty_help": (
        "保存的探访会出现在这里，看得到有没有发出去。",
        "Visits you save appear here, and you see whether they were sent.",
    ),
    "sync.photos": ("还有 {count} 张照片要发送", "Photos still to send: {count}"),
    "sync.all": ("还有 {count} 条更早的", "Earlier ones: {count}"),
    # hours
    "hours.title": ("我的时间", "My hours"),
    "hours.free": ("可以用的", "Free to use"),
    "hours.pending": ("月底后可用", "Free after the month closes"),
    "hours.held": ("已约定", "Set aside"),
    "hours.debt": ("欠的", "Owed"),
    "hours.entries": ("最近的记录", "Latest entries"),
    "hours.none": ("还没有时间账户", "No time account yet"),
    "hours.none_help": (
        "志愿者的探访被收下后，时间会记在这里。",
        "Once a volunteer's visit is accepted, the time is shown here.",
    ),
    "hours.no_entries": ("还没有记录", "No entries yet"),
    # learning
    "courses.empty_help": ("社区发来课程后会出现在这里。", "Courses appear here when your community sends some."),
    "courses.required": ("第一次探访前要学", "Before your first visit"),
    "course.gone": ("这门课程已经收回", "This course was taken back"),
    "course.gone_help": ("请返回看别的课程。", "Go back to the others."),
    "course.quiz": ("答 {count} 道题", "Answer {count} questions"),
    "course.quiz_again": ("再答一次（{count} 道题）", "Answer once more ({count} questions)"),
    "course.read": ("我读完了", "I have read it"),
    "course.disk": ("手机存储满了，没有记下来。", "The phone is full: it was not kept."),
    "quiz.number": ("第 {at} 题，共 {of} 题", "Question {at} of {of}"),
    "quiz.mine": ("您选的：{answer}", "You chose: {answer}"),
    "quiz.mark": ("看看答对多少", "See how many are right"),
    "quiz.again": ("再答一次", "Try again"),
    "quiz.back": ("回到课程", "Back to the course"),
    # reading aloud
    "read.aloud": ("朗读", "Read"),
    "read.stop": ("停止", "Stop"),
    "read.chosen": ("已选：{what}", "Chosen: {what}"),
    "read.choose": ("可选：{what}", "To choose from: {what}"),
    # settings
    "settings.title": ("设置", "Settings"),
    "settings.language": ("语言", "Language"),
    "settings.edition": ("版本", "Edition"),
    "settings.aloud": ("朗读屏幕", "Read screens aloud"),
    "settings.learning": ("学习", "Learning"),
    "settings.permissions": ("权限说明", "Permissions"),
    "settings.allowed": ("{all} 项中已允许 {count} 项", "{count} of {all} allowed"),
    "settings.about": ("关于与隐私", "About and privacy"),
    "permissions.line": (
        "只要这几样。不允许也能探访，只是少一点方便。",
        "Only these. Visits work without them, with a little less ease.",
    ),
    "permissions.allow": ("现在允许", "Allow now"),
    "about.what": ("这是什么", "What this is"),
    "about.what_text": (
        "月探帮您记住该看望哪些老人，并把每次探访告诉社区。",
        "Yuetan reminds you whom to visit, and tells the community of every visit.",
    ),
    "about.keeps": ("手机里存了什么", "What lies on this phone"),
    "about.keeps_text": (
        "只有您负责的老人：姓名、住址、电话、需要留意的事。没有身份证号。都是加密的，锁上以后谁也看不了。",
        "Only the elders you visit: name, address, phone, what to mind. Never an ID number. "
        "It is encrypted, and nobody reads it while the app is locked.",
    ),
    "about.sends": ("送到哪里", "Where it goes"),
    "about.sends_text": (
        "只送到社区的服务器，送出前就加密封好。没有广告，没有别的公司。",
        "Only to your community's server, sealed before it leaves. No advertisements, no other company.",
    ),
    "about.position": ("会跟踪我吗", "Am I followed?"),
    "about.position_text": (
        "不会。只在探访开始和结束时各记一次位置。",
        "No. The position is noted once at the start and once at the end of a visit.",
    ),
    "about.lost": ("手机丢了怎么办", "If the phone is lost"),
    "about.lost_text": (
        "马上告诉社区，他们会停用这部手机，名单就打不开了。已经保存的探访不会丢。",
        "Tell the community at once: they revoke it and its list is gone. Saved visits are not lost.",
    ),
    "about.rights": ("老人和您的权利", "The elders' rights and yours"),
    "about.rights_text": (
        "可以问社区存了什么、要求更正或删除。不愿记健康或位置，探访照样进行。",
        "Ask the community what is kept, have it corrected or deleted. "
        "Whoever refuses health notes or positions is visited all the same.",
    ),
    "settings.size": ("字的大小", "Text size"),
    "settings.phone": ("这部手机", "This phone"),
    "settings.who": ("使用人", "Used by"),
    "settings.server": ("服务器", "Server"),
    "settings.device": ("设备号", "Device"),
    "settings.version": ("版本", "Version"),
    "settings.enrol": ("重新登记这部手机", "Register this phone again"),
    "settings.sample": ("老人们平安，我们就放心。", "When they are well, we rest easy."),
}


def word(key: str, language: str = "zh", /, **values: object) -> str:
    """The label for `key`; a KeyError is a mistake in a screen, and a test walks them all."""
    pair = WORDS[key]
    sentence = pair[1] if language == "en" else pair[0]
    return sentence.format(**values) if values else sentence
