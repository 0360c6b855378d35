"""The pages of courses."""

TEXTS: dict[str, tuple[str, str]] = {
    "courses.title": ("课程", "Courses"),
    "courses.list": ("学什么", "What there is to learn"),
    "courses.who": ("谁学完了哪些课程", "Who finished which courses"),
    "courses.required": ("首次探访前必学", "Before the first visit"),
    "courses.version": ("第 {version} 版 · {at}", "Version {version} · {at}"),
    "courses.older": ("（第 {version} 版）", "(version {version})"),
    "courses.owed": ("未学", "Not yet"),
    "courses.nobody": ("这里还没有探访员。", "There are no visitors here yet."),
    "courses.none": (
        "还没有课程。管理员可用 yuetan courses import 导入。",
        "There are no courses yet. The administrator imports them: yuetan courses import.",
    ),
    "courses.quiz": ("测验", "The quiz"),
}
