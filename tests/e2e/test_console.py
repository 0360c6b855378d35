"""The console in a real browser: what a director does on a morning, with and without scripts; and how pages hold up
on a small phone, for a keyboard, and for eyes that need contrast."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from server.tasks.runner import Runner
from tests.e2e.console_world import DISTRICT, PASSWORD, Desk, served
from tests.registers import good_row, register

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run"]  # fmt: skip
RULES = (Path(__file__).parent / "page_rules.js").read_text(encoding="utf-8")
PATHS = (
    "/console/month", "/console/month?region={village}", "/console/missing", "/console/visits",
    "/console/visits/{visit}", "/console/elders", "/console/elders/{elder}", "/console/alerts?state=all",
    "/console/import", "/console/tags", "/console/users", "/console/users/new", "/console/users/{user}",
    "/console/review", "/console/review?by=reason", "/console/review/visits?visitor={user}", "/console/reviewers",
    "/console/visitors/{user}", "/console/callbacks", "/console/callbacks/draws", "/console/callbacks/{callback}",
    "/console/homes", "/console/homes/{proposal}",
    "/console/deaths", "/console/requests", "/console/audit", "/console/messages", "/console/policies",
    "/console/more", "/console/nowhere",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Iterator[Desk]:
    """Served once for pages that are only looked at."""
    with served(tmp_path_factory.mktemp("house")) as desk:
        yield desk


@pytest.fixture
def own(tmp_path) -> Iterator[Desk]:
    """Served for one test, which changes things."""
    with served(tmp_path) as desk:
        yield desk


def visit(browser: Browser, desk: Desk, **options: object) -> Page:
    options = {"locale": "zh-CN", "viewport": {"width": 1280, "height": 800}, **options}
    page = browser.new_context(base_url=desk.url, **options).new_page()
    page.set_default_timeout(15_000)
    return page


def sign_in(page: Page, username: str) -> None:
    page.goto("/console/login")
    page.fill("#username", username)
    page.fill("#password", PASSWORD)
    page.locator(".door-form button").click()
    page.wait_for_url(re.compile("/console/month"))


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_director_sees_who_is_missing_and_decides_about_a_doubtful_visit(browser, own, scripts):
    page = visit(browser, own, java_script_enabled=scripts)
    sign_in(page, "director")
    expect(page.locator(".big")).to_have_text("37.5%")
    page.locator(".class-missing a").click()
    expect(page.locator("tbody tr")).to_have_count(5)
    page.get_by_role("link", name="刘玉梅").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("刘玉梅")
    expect(page.locator("#particulars")).not_to_contain_text("13800000003")
    page.get_by_role("button", name="显示完整信息").click()
    expect(page.locator("#particulars")).to_contain_text("13800000003")
    page.get_by_role("link", name="收起").click()
    page.locator("table.visits a").click()
    expect(page.locator(".flags")).to_contain_text("离登记住址约")
    page.get_by_label("采信", exact=True).check()
    page.get_by_label("已电话核实老人").check()
    page.get_by_role("button", name="保存决定").click()
    expect(page.locator(".flash")).to_contain_text("复核已保存")
    page.get_by_role("link", name="本月").click()
    expect(page.locator(".big")).to_have_text("50.0%")
    page.get_by_role("button", name="退出").click()
    expect(page.locator(".flash")).to_have_text("已退出。")
    page.goto("/console/month")
    expect(page).to_have_url(re.compile("/console/login"))


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_what_waits_is_ticked_and_decided_together(browser, own, scripts):
    page = visit(browser, own, java_script_enabled=scripts)
    sign_in(page, "director")
    page.get_by_role("link", name="复核", exact=True).click()
    page.get_by_role("link", name="李强").click()
    expect(page.locator(".sketch svg")).to_be_visible()
    expect(page.get_by_text("平时的样子")).to_be_visible()
    page.get_by_role("checkbox").check()
    page.get_by_label("驳回", exact=True).check()
    page.get_by_label("核实未到场").check()
    page.get_by_role("button", name="保存决定").click()
    expect(page.locator(".flash")).to_contain_text("已决定 1 次探访")
    expect(page.get_by_text("没有待复核的探访")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_register_is_uploaded_looked_at_and_imported(browser, own, scripts):
    page = visit(browser, own, java_script_enabled=scripts)
    sign_in(page, "admin")
    page.get_by_role("link", name="更多").click()
    page.get_by_role("link", name="导入").click()
    page.select_option("#region", f"{DISTRICT:012d}")
    sheet = register(good_row(901), good_row(903, 姓名="李桂芳", 身份证号="41100219480305"))
    page.set_input_files("#file", {"name": "台账.xlsx", "mimeType": "application/octet-stream", "buffer": sheet})
    page.get_by_role("button", name="上传并试读").click()
    expect(page.locator("[data-reload]")).to_be_visible()
    work(own)
    if not scripts:
        page.get_by_role("link", name="刷新").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("试读结果：还没有写入")  # with scripts: by itself
    expect(page.locator("tbody")).to_contain_text("身份证号是 14 位，应为 18 位")
    page.get_by_role("button", name="确认导入 1 行").click()
    expect(page.locator("[data-reload]")).to_be_visible()
    work(own)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("导入结果")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载报告").click()
    assert download.value.suggested_filename.endswith(".xlsx")


def test_tags_are_printed(browser, own):
    page = visit(browser, own)
    sign_in(page, "director")
    page.get_by_role("link", name="更多").click()
    page.get_by_role("link", name="二维码牌").click()
    page.get_by_role("button", name="生成 PDF").click()
    work(own)
    page.reload()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载").click()
    assert download.value.suggested_filename.endswith(".pdf")


def test_an_alert_is_taken_on_and_ended(browser, own):
    page = visit(browser, own)
    sign_in(page, "director")
    page.get_by_role("link", name="预警", exact=True).click()
    row = page.locator("tbody tr", has_text="陈淑芳")
    row.get_by_role("button", name="我来处理").click()
    page.get_by_role("link", name="处理中").click()
    expect(page.locator("tbody")).to_contain_text("王主任 正在处理")
    page.locator("summary", has_text="处理完毕").click()
    page.get_by_label("处理情况").fill("已上门，一切正常")
    page.get_by_role("button", name="处理完毕").click()
    expect(page.locator(".flash")).to_contain_text("预警已处理完毕")


def test_a_volunteer_is_made_with_a_code_for_the_phone(browser, own):
    page = visit(browser, own)
    sign_in(page, "director")
    page.get_by_role("link", name="人员").click()
    page.get_by_role("link", name="添加人员").click()
    page.fill("#name", "周丽")
    page.fill("#username", "zhouli")
    page.select_option("#role", "volunteer")
    page.get_by_role("button", name="添加").click()
    page.get_by_role("button", name="生成注册码").click()
    expect(page.locator(".code")).to_have_text(re.compile(r"^[0-9A-Z-]{9,}$"))
    expect(page.locator(".qr svg")).to_be_visible()


def test_the_language_is_switched_in_the_head_and_stays(browser, house):
    page = visit(browser, house)
    sign_in(page, "director")
    page.goto("/console/missing")
    page.locator(".language").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who is missing")
    expect(page).to_have_url(re.compile("/console/missing"))
    page.goto("/console/elders")
    expect(page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_no_page_scrolls_sideways_breaks_a_rule_or_complains(browser, house, width, language):
    page = visit(browser, house, viewport={"width": width, "height": 740}, locale=language, has_touch=width < 700)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.goto("/console/login")
    faults = [f"login: {fault}" for fault in page.evaluate(RULES, width < 700)]
    sign_in(page, "admin")
    for path in PATHS:
        page.goto(path.format(village=house.village, **house.ids))
        for closed in page.locator("details").all():
            closed.evaluate("e => { e.open = true }")
        faults += [f"{path}: {fault}" for fault in page.evaluate(RULES, width < 700)]
    assert not faults, "\n".join(faults)
    assert [text for text in said if "404" not in text] == []


def test_the_keyboard_reaches_the_content_first(browser, house):
    page = visit(browser, house)
    sign_in(page, "director")
    page.goto("/console/month")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert ring == "solid"


def test_the_list_is_printed_without_the_frame(browser, house):
    page = visit(browser, house)
    sign_in(page, "director")
    page.goto("/console/missing")
    page.emulate_media(media="print")
    expect(page.locator(".top")).to_be_hidden()
    expect(page.locator(".printed")).to_be_visible()
    expect(page.locator("tbody tr").first).to_be_visible()


def work(desk: Desk) -> None:
    """What the scheduler's process would do."""
    assert Runner(desk.app, beat_s=60).run_one()
