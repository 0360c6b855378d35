"""A phone made of pictures: the states that screens can be asked to draw, long words included, and no store.

Flows through the real presenters are tested in `test_flow.py`; this one is for looks and geometry.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import PIL.Image

from caregiver_app.platform.fake import fake
from caregiver_app.presenters.demo import courses
from caregiver_app.presenters.views.base import Call, Choice, SyncBadge
from caregiver_app.presenters.views.course import CourseView, Question, QuizView
from caregiver_app.presenters.views.elder import ElderView, PastVisit
from caregiver_app.presenters.views.enrol import EnrolView
from caregiver_app.presenters.views.hours import HourEntry, HoursView
from caregiver_app.presenters.views.learning import CourseRow, LearningView
from caregiver_app.presenters.views.lock import LockView
from caregiver_app.presenters.views.outbox import OutboxRow, OutboxView
from caregiver_app.presenters.views.scan import ScanView
from caregiver_app.presenters.views.settings import PermissionRow, SettingsView
from caregiver_app.presenters.views.sos import SosView
from caregiver_app.presenters.views.steps import StepCall, StepsView
from caregiver_app.presenters.views.today import ElderRow, TodayView
from caregiver_app.presenters.views.visit import FormGroup, FormItem, NeedNote, PhotoView, Saved, VisitView
from shared.markdown import blocks


def picture_of_something() -> bytes:
    """A small JPEG."""
    made = io.BytesIO()
    PIL.Image.new("RGB", (60, 90), "#558877").save(made, "JPEG")
    return made.getvalue()



PHOTO = picture_of_something()
GROUPS = (
    (
        "health",
        "健康状况",
        "Health",
        (
            ("expression", "表达能力", "Expressing themselves"),
            ("mobility", "行动能力", "Getting about"),
            ("illness", "疾病状况", "Illness"),
        ),
    ),
    (
        "mind",
        "精神状态",
        "State of mind",
        (("mood", "情绪", "Mood"), ("thinking", "思维", "Thinking"), ("stress", "压力", "Stress")),
    ),
    (
        "safety",
        "安全情况",
        "Safety",
        (
            ("gas", "燃气", "Gas"),
            ("water_heating", "水暖", "Water and heating"),
            ("electricity", "用电", "Electricity"),
        ),
    ),
    (
        "hygiene",
        "卫生状况",
        "Hygiene",
        (
            ("personal", "个人", "Personal"),
            ("home", "家庭", "Home"),
            ("surroundings", "周边", "Surroundings"),
        ),
    ),
    (
        "living",
        "居住环境",
        "Living conditions",
        (
            ("indoor", "室内", "Indoors"),
            ("outdoor", "室外", "Outdoors"),
            ("neighbours", "邻里关系", "Relations with neighbours"),
        ),
    ),
)
GRADES = (("good", "良", "Good"), ("fair", "中", "Fair"), ("poor", "差", "Poor"))
OUTCOMES = (("met", "见到了", "Met"), ("not_home", "没人在", "Nobody home"), ("refused", "不愿意", "Refused"))
REASONS = (
    ("no_answer", "没人应门", "Nobody answers"),
    ("neighbour_says_out", "邻居说出去了", "Neighbour says out"),
    ("in_hospital", "住院了", "In hospital"),
    ("with_family", "在家人那里", "With family"),
    ("travelling", "外出", "Travelling"),
    ("moved", "搬走了", "Moved away"),
    ("died", "去世了", "Died"),
    ("door_unsafe", "门口不安全", "Door unsafe"),
    ("other", "其他", "Other"),
)
URGENTS = (
    ("ill", "生病了", "Ill"),
    ("fallen", "摔倒了", "Has fallen"),
    ("danger_at_home", "家里有危险", "Danger at home"),
    ("no_food", "没吃的", "No food"),
    ("abuse", "被虐待", "Abuse"),
    ("other", "其他", "Other"),
)
NEEDS = (
    ("meals", "助餐", "Meals"),
    ("medical", "助医", "Medical"),
    ("bathing", "助浴", "Bathing"),
    ("cleaning", "助洁", "Cleaning"),
    ("emergency", "助急", "Emergency"),
    ("mobility", "助行", "Getting about"),
    ("leisure", "助娱", "Leisure"),
    ("other", "其他", "Other"),
)


class FakePhone:
    """All presenters at once; public attributes choose the state."""

    def __init__(self, language: str = "zh", text_size: str = "normal") -> None:
        self.language, self.text_size = language, text_size
        self.enrolled = True
        self.platform = fake()
        self.badge_state = "waiting"
        self.no_elders = False
        self.no_account = False
        self.camera_finds: ScanView | None = None
        self.problem = ""
        self.outbox_empty = False
        self.visit_state = {
            "outcome": "met",
            "answers": {},
            "all_good": False,
            "reason": None,
            "urgent": None,
            "needs": set(),
            "photos": 0,
            "note": "",
            "channel": "home",
            "has_tag": True,
            "doubts": (),
        }
        self.card = ""  # arrived | followed | bare
        self.step_state = ""  # asked | ended | over
        self.sos_state = ""
        self.nobody_on_duty = False
        self.dialled: list[str] = []
        self.sent_now = 0
        self.is_elder = self.aloud = text_size != "normal"
        self.no_courses = False
        self.lock = FakeLock(self)
        self.quiz_taken = FakeQuiz(self)
        self.enrol = self.today = self.scan = self.elder = self.outbox = self.settings = self.hours = None
        for name in ("enrol", "today", "scan", "elder", "outbox", "settings", "hours", "learning"):
            setattr(self, name, _Part(self, name))

    def say(self, zh: str, en: str) -> str:
        return zh if self.language == "zh" else en

    def choices(self, table: Any, chosen: Any) -> tuple[Choice, ...]:
        chosen = chosen if isinstance(chosen, set) else {chosen}
        return tuple(Choice(value, self.say(zh, en), value in chosen) for value, zh, en in table)

    # ------------------------------------------------------------ the phone

    def begin_visit(self, elder_id: str | None, **_: Any) -> FakeVisit:
        return FakeVisit(self)

    def open_draft(self, draft_id: str) -> FakeVisit:
        return FakeVisit(self)

    def steps(self, elder_id: str) -> FakeSteps:
        return FakeSteps(self)

    def sos(self, elder_id: str | None) -> FakeSos:
        return FakeSos(self, elder_id)

    def drafts(self) -> tuple[str, ...]:
        return ()

    def text(self, key: str, **params: Any) -> str:
        return key

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        return lambda: None

    def in_background(self, work: Callable[[], Any], done: Callable[[Any, BaseException | None], None]) -> None:
        try:
            result = work()
        except Exception as error:
            done(None, error)
        else:
            done(result, None)

    def start(self) -> None: ...

    def away(self) -> None: ...

    def back(self) -> None: ...

    def stop(self) -> None: ...

    # ------------------------------------------------------------ pictures

    def badge(self) -> SyncBadge:
        texts = {
            "ok": ("都已发送，刚刚联系过", "All sent; in touch just now"),
            "waiting": ("3 条等待发送", "3 visits waiting to be sent"),
            "offline": ("没有网络，3 条存在手机上", "No network; 3 visits are safe on this phone"),
            "refused": ("1 条没有被收下，请看看", "1 visit was not accepted: please look"),
        }
        return SyncBadge(self.badge_state, self.say(*texts[self.badge_state]), 3, 1)

    def rows(self) -> tuple[ElderRow, ...]:
        s = self.say
        alone = (s("独居", "lives alone"),)
        return (
            ElderRow(
                "1",
                "A-007",
                "王秀兰",
                s("天平社区 3 号楼 2 单元 501", "Tianping, building 3, unit 2, 501"),
                "no_answer",
                s("本周还差 1 次，今天最后一天", "1 to go this week, last day"),
                0,
                1,
                True,
                (*alone, s("失能", "disabled")),
                alert_text=s("无人应答，需追踪；未按期探访", "Nobody answered; Visit missing"),
                again_text=s("明天 09:00 再去看看", "Go again 22 Nov 09:00"),
            ),
            ElderRow(
                "2",
                "A-012",
                "欧阳建国",
                s("解放路 88 号院 1 号楼", "88 Jiefang Road, building 1"),
                "soon",
                s("本月到 30 日，还差 1 次", "1 visit to go by the 30th"),
                0,
                1,
                False,
                (s("空巢", "empty nest"), s("高龄", "very old")),
                draft=True,
            ),
            ElderRow(
                "3",
                "B-101",
                "李桂英",
                s("天平社区 5 号楼 1 单元 102", "Tianping, building 5, unit 1, 102"),
                "due",
                s("本周还差 1 次", "1 visit to go this week"),
                1,
                2,
                True,
                alone,
                distance_text=s("约 200 米", "about 200 m"),
            ),
            ElderRow(
                "4",
                "B-102",
                "张德厚",
                s("天平社区 5 号楼 1 单元 201", "Tianping, building 5, unit 1, 201"),
                "saved",
                s("已保存，等待发送", "Saved, waiting to be sent"),
                0,
                1,
                False,
                alone,
            ),
            ElderRow(
                "5",
                "B-104",
                "刘淑珍",
                s("魏武社区 平房 12 号", "Weiwu, bungalow 12"),
                "done",
                s("本月已探访", "Visited this month"),
                1,
                1,
                False,
                (s("重残", "severe disability"),),
            ),
        )

    def today_view(self, query: str = "") -> TodayView:
        rows = () if self.no_elders else tuple(r for r in self.rows() if query in r.name)
        return TodayView(
            self.say("11月21日 星期六", "Sat 21 Nov"),
            rows,
            query,
            16,
            1,
            20,
            self.say("位老人本月已探访，另有 1 位待送达", "visited this month, 1 more not yet sent"),
            "",
            "",
            self.badge(),
            "" if self.no_elders else self.say("116 / 120", "116 of 120"),
            "" if self.no_elders else self.say("位老人本月已探访", "visited this month"),
        )

    def elder_view(self, elder_id: str) -> ElderView | None:
        s = self.say
        row = next((r for r in self.rows() if r.id == elder_id), None)
        if row is None:
            return None
        if self.card == "bare":
            row = ElderRow("1", "", "王秀兰", "", "none", "", 0, 0)
            never = s("还没有探访记录", "No visit yet")
            return ElderView(row, "", "", "", "active", "", (), "", never, (), (), (), (), None)
        followed = self.card == "followed"
        return ElderView(
            row,
            s("女 · 1941 年生 · 独居", "Woman, born 1941, lives alone"),
            s("天平社区", "Tianping"),
            row.place,
            "active",
            "",
            (
                Call("王秀兰", s("本人", "herself"), "13800001234", "elder", "elder"),
                Call("王小明", s("儿子", "son"), "13900005678", "contact0", "contact"),
            ),
            s("耳背，敲门要重一点。青霉素过敏。", "Hard of hearing: knock loudly. Allergic to penicillin."),
            s("10月28日，李梅，见到了，全部良好", "28 October, Li Mei, met, all good"),
            (s("11 月：至少 1 次，还差 1 次", "November: at least 1, 1 to go"),),
            (s("昨天敲门没人应，请今天去看看", "Nobody answered yesterday: please go today"),)
            if row.due == "no_answer"
            else (),
            self.choices(
                (("home", "上门", "Home visit"), ("phone", "电话", "Phone"), ("video", "视频", "Video")),
                "home",
            ),
            (PastVisit(s("10月28日 09:12", "28 Oct 09:12"), s("见到了", "Met"), "sent", s("已发送", "Sent")),),
            "d" if self.card == "arrived" else None,
            (s("行动能力 差", "Mobility poor"), s("水暖 中", "Water and heating fair")),
            s("助餐、助医", "meals, medical"),
            (s("有更新：电话、要留意的事", "Updated: phone, what to note"),),
            s("今天 09:12 没人应门", "Nobody answered today 09:12") if followed else "",
            s("开始于 今天 10:02 · 已扫二维码牌", "Begun today 10:02 · Tag scanned") if self.card == "arrived" else "",
        )

    def outbox_view(self) -> OutboxView:
        s = self.say
        rows = (
            OutboxRow(
                "a",
                "王秀兰",
                s("今天 09:12", "Today 09:12"),
                "pending",
                s("等待发送", "Waiting"),
                "",
                True,
                s("2 张照片等待发送", "2 photos waiting"),
            ),
            OutboxRow("b", "李桂英", s("今天 08:40", "Today 08:40"), "pending", s("等待发送", "Waiting")),
        )
        refused = (
            OutboxRow(
                "c",
                "张德厚",
                s("昨天 16:05", "Yesterday 16:05"),
                "refused",
                s("没有被收下", "Not accepted"),
                s(
                    "记录太大，服务器没有收。请去掉一些备注，或者问社区工作人员。",
                    "The record is too large. Shorten the note, or ask your community.",
                ),
            ),
        )
        sent = (
            OutboxRow(
                "d",
                "刘淑珍",
                s("11月19日 10:20", "19 Nov 10:20"),
                "sent",
                s("服务器已收下", "Accepted"),
                s("位置离登记住址 600 米", "Position was 600 m from the registered home"),
            ),
        )
        if self.outbox_empty:
            rows = refused = sent = ()
        return OutboxView(
            rows,
            refused,
            sent,
            2,
            s("最近联系：今天 09:30", "Last contact: today 09:30"),
            "",
            s("占用 2.1 MB", "2.1 MB used"),
            False,
            True,
            self.badge(),
        )

    def settings_view(self) -> SettingsView:
        on = self.aloud
        why = self.say(
            "扫老人家里的二维码牌。不扫的时候相机是关着的。", "To scan the tag. Off whenever you are not scanning."
        )
        return SettingsView(
            languages=(Choice("zh", "中文", self.language == "zh"), Choice("en", "English", self.language == "en")),
            editions=self.choices(
                (("standard", "标准版", "Standard"), ("elder", "长辈版", "For elders")),
                "elder" if self.is_elder else "standard",
            ),
            text_sizes=self.choices(
                (
                    ("normal", "标准字号", "Normal text"),
                    ("large", "大字", "Large text"),
                    ("largest", "特大字", "Largest text"),
                ),
                self.text_size,
            ),
            readings=self.choices((("on", "开", "On"), ("off", "关", "Off")), "on" if on else "off"),
            language=self.language,
            elder=self.is_elder,
            text_size=self.text_size,
            aloud=on,
            voice_text=self.say(
                "这台设备没有装中文语音，会用大字显示。", "No voice here: the words are shown in large type."
            ),
            permissions=(
                PermissionRow(None, self.say("上网", "Network"), why, True, self.say("已允许", "Allowed")),
                PermissionRow("camera", self.say("相机", "Camera"), why, False, self.say("未允许", "Not allowed")),
            ),
            who="李梅",
            device_id="0193a1b2-0000-7000-8000-000000000001",
            address="http://127.0.0.1:8000",
            version="0.1.0",
        )

    # ------------------------------------------------------------ learning

    def learning_view(self) -> LearningView:
        s = self.say
        if self.no_courses:
            return LearningView((), (), s("还没有课程", "No courses yet"), "")
        rows = (
            CourseRow(
                "c1",
                s("敲门之后：第一次探访要知道的事", "After you knock: what to know on your first visit"),
                True,
                "failed",
                s("没有通过，可以再答一次", "Not passed; try again any time"),
            ),
            CourseRow("c2", s("燃气安全", "Gas safety"), False, "open", s("还没有学", "Not done yet")),
            CourseRow(
                "c3",
                s("手语入门", "First signs"),
                False,
                "passed",
                s("已学完，有网络时告诉服务器", "Done; the server is told once there is a network"),
            ),
        )
        return LearningView(
            rows,
            rows[:1],
            s("3 门课程，已学完 1 门", "1 of 3 done"),
            s("第一次探访前请先学习（还有 1 门）", "Please learn before your first visit: 1 to go"),
        )

    def course(self, course_id: str) -> CourseView | None:
        row = next((r for r in self.learning_view().rows if r.id == course_id), None)
        if row is None:
            return None
        text = courses()[0]["markdown"][self.language]
        return CourseView(row, blocks(text), 0 if row.id == "c2" else 2)

    def hours_view(self) -> HoursView | None:
        s = self.say
        if self.no_account:
            return None
        return HoursView(
            s("12 小时 30 分", "12 h 30 min"),
            s("2 小时", "2 h"),
            "",
            "",
            s("截至 11月21日 09:30", "As of 21 Nov 09:30"),
            (
                HourEntry(s("11月19日", "19 Nov"), s("探访", "visit"), "+45"),
                HourEntry(s("11月12日", "12 Nov"), s("探访", "visit"), "+60"),
            ),
        )

    def enrol_view(self) -> EnrolView:
        return EnrolView(not self.enrolled, False, "", 0, "", self.problem, False)


class _Part:
    """One presenter of the fake."""

    def __init__(self, phone: FakePhone, name: str) -> None:
        self._phone, self._name = phone, name

    def view(self, *args: Any) -> Any:
        return getattr(self._phone, f"{self._name}_view")(*args)

    def set_language(self, language: str) -> Any:
        self._phone.language = language

    def set_text_size(self, size: str) -> Any:
        self._phone.text_size = size

    def course(self, course_id: str) -> Any:
        return self._phone.course(course_id)

    def quiz(self, course_id: str) -> Any:
        return self._phone.quiz_taken

    def can_decode(self) -> bool:
        return True

    def read_text(self, text: str, by: str = "camera") -> ScanView:
        p = self._phone
        if text == "none":
            return ScanView("not_a_tag", p.say("这不是探访码。", "This is not a visit code."), text, by)
        if text == "unknown":
            return ScanView(
                "unknown",
                p.say("不认得这个码，但可以照样记录。", "Not one of yours; it can be recorded all the same."),
                text,
                by,
                None,
                True,
            )
        row = p.rows()[0]
        return ScanView("elder", row.place, text, by, row, True)

    def read_image(self, path: Path) -> ScanView:
        return self.read_text(path.read_text())

    def read(self, scanned: str) -> tuple[str, str]:
        return "", scanned

    def submit(self, address: str, code: str) -> EnrolView:
        view = self._phone.enrol_view()
        return view if view.problem else replace(view, done=True)

    def send_now(self) -> None:
        self._phone.sent_now += 1

    def try_again(self, visit_id: str) -> None:
        self._phone.sent_now += 1


class FakeLock:
    """Stands in the state it is put in."""

    def __init__(self, phone: FakePhone) -> None:
        self._phone = phone
        self.state = "open"
        self.by_phone = False
        self.problem = self.note = ""

    def view(self) -> LockView:
        s = self._phone.say
        waiting = self.state == "waiting"
        return LockView(
            state=self.state,
            title=s("月探已锁定", "Yuetan is locked"),
            text=s(
                "密码输错多次。请等 15 分钟，今天 09:40 之后再试。",
                "Too many wrong PINs. Wait 15 min, until today 09:40.",
            )
            if waiting
            else s("请输入六位数字密码。", "Please enter your six digits."),
            problem=self.problem,
            note=self.note,
            tries_left=6,
            wait_until=None,
            wait_s=900 if waiting else 0,
            by_phone=self.by_phone,
            phone_offered=self.state in ("new", "open"),
            lock_after=self._phone.choices(
                (
                    ("1", "离开 1 分钟后锁定", "Lock after 1 min away"),
                    ("15", "离开 15 分钟后锁定", "Lock after 15 min away"),
                ),
                "15",
            ),
        )


class FakeQuiz:
    """Two questions, kept nowhere; marked: one right, one wrong."""

    def __init__(self, phone: FakePhone) -> None:
        self._phone = phone
        self._chosen: dict[int, int] = {}
        self._marked = False

    def view(self) -> QuizView:
        s = self._phone.say
        words = self._phone.language
        questions = []
        for at, one in enumerate(courses()[0]["quiz"]):
            options = tuple(option[words] for option in one["options"])
            if self._marked:
                said = s("不对。正确答案：", "Not so. Right is: ") + options[one["correct"]]
                questions.append(Question(one["question"][words], options, 1, at == 1, said, one["why"][words]))
            else:
                questions.append(Question(one["question"][words], options, self._chosen.get(at)))
        return QuizView(
            s("敲门之后：第一次探访要知道的事", "After you knock: what to know on your first visit"),
            tuple(questions),
            len(self._chosen),
            self._marked,
            False,
            s(
                "2 题答对 1 题，还没有通过。看看说明，再答一次。",
                "1 of 2 right: not passed yet. Read why, and try again.",
            )
            if self._marked
            else "",
            len(self._chosen) == 2 and not self._marked,
            "" if self._marked else s("还有 2 题没有答", "2 questions to go"),
        )

    def choose(self, question: int, option: int) -> QuizView:
        self._chosen[question] = option
        return self.view()

    def mark(self) -> QuizView:
        self._marked = True
        return self.view()

    def again(self) -> QuizView:
        self._chosen, self._marked = {}, False
        return self.view()


class FakeVisit:
    """A draft that is kept nowhere."""

    draft_id = "draft"

    def __init__(self, phone: FakePhone) -> None:
        self._phone, self._s = phone, phone.visit_state

    def view(self) -> VisitView:
        p, s = self._phone, self._s
        met = s["outcome"] == "met"
        groups = (
            tuple(
                FormGroup(
                    g,
                    p.say(gz, ge),
                    tuple(
                        FormItem(
                            f"{g}.{i}",
                            p.say(iz, ie),
                            p.choices(GRADES, s["answers"].get(f"{g}.{i}")),
                            s["answers"].get(f"{g}.{i}"),
                            False,
                        )
                        for i, iz, ie in items
                    ),
                )
                for g, gz, ge, items in GROUPS
            )
            if met
            else ()
        )
        return VisitView(
            "draft",
            p.say("探访", "Visit"),
            p.rows()[0],
            p.say("已扫码", "Code scanned"),
            p.say("09:12 开始", "Begun 09:12"),
            s["channel"],
            p.choices(
                (("home", "上门", "At home"), ("phone", "电话", "By phone"), ("video", "视频", "By video")),
                s["channel"],
            ),
            s["outcome"],
            p.choices(OUTCOMES, s["outcome"]),
            s["reason"],
            () if met else p.choices(REASONS, s["reason"]),
            groups,
            len(s["answers"]),
            15,
            True,
            s["all_good"],
            s["urgent"],
            "",
            p.choices(URGENTS, s["urgent"]),
            p.choices(NEEDS, s["needs"]),
            s["note"],
            4000,
            tuple(PhotoView(f"{n}" * 64, len(PHOTO)) for n in range(s["photos"])),
            12 - s["photos"],
            p.choices((("p", "赵敏 社工", "Zhao Min, social worker"), ("q", "孙主任", "Director Sun")), "p"),
            p.elder_view("1").calls if s["urgent"] else (),
            p.say("有生命危险请先拨打 120；有人身威胁拨打 110。", "Danger to life: call 120 first; a threat: 110.")
            if s["urgent"]
            else p.say(
                "请先打电话给老人，再问邻居和家人。",
                "Call the elder first, then ask the neighbours and the family.",
            )
            if s["outcome"] == "not_home"
            else "",
            not met or bool(s["answers"]),
            "" if not met or s["answers"] else p.say("请先填一项", "Please answer something first"),
            s["doubts"],
            s["has_tag"],
            p.elder_view("1").calls[0] if s["channel"] != "home" else None,
            True,
            tuple(NeedNote(c.value, c.label, "") for c in p.choices(NEEDS, s["needs"]) if c.chosen),
            s["outcome"] == "not_home",
        )

    def _put(self, **values: Any) -> VisitView:
        self._s.update(values)
        return self.view()

    def set_channel(self, channel: str) -> VisitView:
        return self._put(channel=channel)

    def add_tag(self, tag: str, by: str) -> VisitView:
        return self._put(has_tag=True)

    def dictate(self, done: Any) -> bool:
        return False

    def set_outcome(self, outcome: str) -> VisitView:
        return self._put(outcome=outcome)

    def set_reason(self, reason: str | None) -> VisitView:
        return self._put(reason=reason)

    def all_good(self) -> VisitView:
        return self._put(answers={f"{g}.{i[0]}": "good" for g, _, _, items in GROUPS for i in items}, all_good=True)

    def answer(self, item_id: str, value: str | None) -> VisitView:
        answers = {**self._s["answers"], item_id: value}
        return self._put(answers={k: v for k, v in answers.items() if v}, all_good=False)

    def set_urgent(self, kind: str | None, words: str = "") -> VisitView:
        return self._put(urgent=kind)

    def toggle_need(self, kind: str) -> VisitView:
        return self._put(needs=self._s["needs"] ^ {kind})

    def set_need_note(self, kind: str, text: str) -> VisitView:
        return self.view()

    def photo(self, sha256: str) -> bytes | None:
        return PHOTO

    def set_note(self, text: str) -> VisitView:
        return self._put(note=text)

    def save(self) -> Saved:
        return Saved(
            "v",
            self._phone.say(
                "已保存在这部手机上，有网络时自动发送。",
                "Saved on this phone. It is sent by itself when there is a network.",
            ),
        )

    def discard(self) -> None: ...


class FakeSteps:
    """After nobody answered."""

    def __init__(self, phone: FakePhone) -> None:
        self._phone = phone

    def view(self) -> StepsView | None:
        p, state = self._phone, self._phone.step_state
        if state == "over":
            return None
        elder, contact = p.elder_view("1").calls
        director = Call("孙主任", p.say("社区主任", "director"), "13900000002", "person:1", "director")
        asked = StepCall(contact, "asked", p.say("刚才打的这个电话，怎么样？", "How did this call go?"))
        outcomes = (
            ("whereabouts", "知道老人在哪", "Knows where the elder is"),
            ("reached", "接了，也不清楚", "Answered, does not know"),
            ("no_answer", "没人接", "No answer"),
        )
        wheres = (
            ("in_hospital", "在医院", "In hospital"),
            ("with_family", "在家人那里", "With family"),
            ("out_nearby", "出门了，就在附近", "Out, nearby"),
            ("travelling", "出远门了", "Travelling"),
        )
        agains = (
            ("hour", "一小时后", "In an hour"),
            ("evening", "今天下午五点", "Today at 5 pm"),
            ("morning", "明天上午九点", "Tomorrow at 9 am"),
        )
        return StepsView(
            p.rows()[0],
            p.say("没人应门，接下来", "Nobody answered: what now"),
            p.say("今天 09:12 没人应门", "Nobody answered today 09:12"),
            p.say(
                "30 分钟后还没有消息，会自动通知家属、邻居和社区主任。",
                "Without news in 30 minutes the family, neighbours and the director are told.",
            ),
            (
                StepCall(elder, "no_answer", p.say("今天 09:20 没人接", "No answer today 09:20")),
                asked if state == "asked" else StepCall(contact, "", ""),
                StepCall(director, "", ""),
            ),
            "contact0" if state == "asked" else None,
            p.choices(outcomes, None) if state == "asked" else (),
            p.choices(wheres, None),
            p.choices(agains, "evening"),
            p.say("今天 17:00 再去看看", "Go again today 17:00"),
            p.say("已经知道老人在哪里", "It is known where the elder is") if state == "ended" else "",
        )

    def dialled(self, place: str) -> StepsView | None:
        self._phone.step_state = "asked"
        return self.view()

    def outcome(self, place: str, outcome: str, where: str | None = None, words: str = "") -> StepsView | None:
        self._phone.step_state = "ended" if outcome == "whereabouts" else ""
        return self.view()

    def again(self, value: str | None) -> StepsView | None:
        return self.view()


class FakeSos:
    """An emergency."""

    def __init__(self, phone: FakePhone, elder_id: str | None) -> None:
        self._phone, self._elder_id = phone, elder_id

    def view(self) -> SosView:
        p = self._phone
        texts = {
            "": ("", ""),
            "pending": (
                "今天 10:02 已记下求助，一有网络就最先发出。请先打电话！",
                "Call for help noted today 10:02; it goes out first when there is a network. Phone now!",
            ),
            "sent": ("今天 10:02 的求助已送到值班人员", "The call for help of today 10:02 is with those on duty"),
        }
        row = p.rows()[0] if self._elder_id else None
        return SosView(
            row.name if row else "",
            row.place if row else "",
            (Call(p.say("急救", "Ambulance"), "", "120"), Call(p.say("报警", "Police"), "", "110")),
            () if p.nobody_on_duty else (Call("孙主任", p.say("社区主任", "director"), "13900000002"),),
            p.elder_view("1").calls if row else (),
            p.sos_state,
            p.say(*texts[p.sos_state]),
        )

    def raise_alert(self) -> SosView:
        self._phone.sos_state = "pending"
        return self.view()
