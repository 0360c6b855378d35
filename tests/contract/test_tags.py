"""CONTRACT: the address in the QR code, for everybody who may open it; and what a tag says of a visit."""

import re

import pytest

from tests import codes
from tests.contract.client import codes as flags_of
from tests.contract.client import uuid7, visit
from tests.contract.test_errors import check_problem


@pytest.fixture(scope="module")
def tag(links, elder):
    """The token of the tag of the volunteer's own elder."""
    return links[elder["id"]].rpartition("/t/")[2]


@pytest.fixture(scope="module")
def foreign(demo, phone, links):
    """(elder, token) of somebody whom the volunteer is not paired with."""
    mine = {e["id"] for e in phone.elders()}
    other = next(e for e in demo.get("county_director", "/elders", limit=500).json()["items"] if e["id"] not in mine)
    return other, links[other["id"]].rpartition("/t/")[2]


def test_a_code_holds_the_public_url_and_26_lowercase_base32_characters(demo, links):
    for text in links.values():
        base, _, token = text.rpartition("/t/")
        assert base == demo.facts["env"]["YUETAN_PUBLIC_URL"]
        assert re.fullmatch("[a-z2-7]{26}", token)


def test_both_readers_of_phones_read_the_sheet_and_it_names_nobody(sheet, demo, links):
    (page, *_) = codes.pages(sheet)
    assert codes.by_zbar(page) == codes.by_zxing(page)
    words = codes.text(sheet)
    for elder in demo.get("county_director", "/elders", limit=500).json()["items"]:
        assert elder["name"] not in words


def test_printing_again_gives_the_same_codes(demo, links, tmp_path):
    out = tmp_path / "again.pdf"
    elder = next(iter(links))
    region = demo.get("county_director", f"/elders/{elder}").json()["region"]["code"]
    assert demo.yuetan("tags", "print", "--region", region, "--out", str(out)).returncode == 0
    again = {text for page in codes.pages(out.read_bytes()) for text in codes.by_zxing(page)}
    assert links[elder] in again
    revoked = 3  # other tests reissue a few
    assert len(again - set(links.values())) <= revoked


def test_the_host_of_a_request_never_gets_into_a_link(demo, elder, tag):
    answer = demo.post("county_director", "/devices/codes", {"user_id": demo.login("volunteer")["user"]["id"]},
                       headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})  # fmt: skip
    assert answer.json()["url"].startswith(demo.facts["env"]["YUETAN_PUBLIC_URL"])
    assert "evil" not in answer.body.decode()
    page = demo.http.get(f"/t/{tag}", headers={"Host": "evil.example", "Accept": "text/html"})
    assert "evil" not in page.body.decode()


def test_a_paired_visitor_learns_whose_it_is(demo, phone, elder, tag):
    answer = phone.http.get(f"/t/{tag}", token=phone.token)
    assert answer.status == 200
    assert answer.type == "application/json"
    body = answer.json()
    assert body["known"] is True
    assert body["paired"] is True
    assert body["elder"]["id"] == elder["id"]
    assert body["elder"]["name"] == elder["name"]
    assert phone.http.get(f"/t/{tag.upper()}", token=phone.token).json()["elder"]["id"] == elder["id"]


def test_an_unpaired_visitor_learns_that_it_is_known_and_nothing_else(phone, foreign):
    answer = phone.http.get(f"/t/{foreign[1]}", token=phone.token)
    assert answer.status == 200
    assert answer.json() == {"known": True, "paired": False}


def test_an_unknown_token_is_404(phone):
    for token in ("a" * 26, "x", "A" * 26, "0" * 26, uuid7()):
        check_problem(phone.http.get(f"/t/{token}", token=phone.token), 404)


def test_staff_of_the_region_and_directors_open_it_without_a_pairing(demo, tag, elder):
    answer = demo.get("county_director", f"/t/{tag}")
    assert answer.status == 200
    assert answer.json()["known"] is True
    assert answer.json()["elder"]["id"] == elder["id"]


def test_roles_that_never_visit_are_403_and_nobody_is_401(demo, tag, http):
    for account in ("auditor", "family"):
        check_problem(demo.get(account, f"/t/{tag}"), 403, "forbidden")
    check_problem(http.get(f"/t/{tag}"), 401)


def test_in_a_browser_it_is_a_page(http, tag):
    answer = http.get(f"/t/{tag}", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert answer.status == 200
    assert answer.type == "text/html"


def test_a_visit_with_the_right_tag_is_worth_more_than_one_without(phone, elder, tag, demo):
    link = f"https://some.host.example/t/{tag}"
    position = {"lat": elder["lat"], "lon": elder["lon"], "accuracy_m": 20, "datum": "wgs84", "mocked": False}
    with_tag, without = phone.push(
        visit(elder["id"], tag=link, tag_by="camera", position=position), visit(elder["id"], position=None)
    )
    assert not {c for c in flags_of(with_tag) if c.startswith("tag_")}
    assert {c for c in flags_of(without) if c.startswith("tag_")}


def test_the_tag_alone_says_whose_visit_it_is(phone, elder, tag, demo):
    item = visit(None, tag=tag.upper(), tag_by="typed")
    (result,) = phone.push(item)
    assert "elder_unknown" not in flags_of(result)
    assert demo.get("county_director", f"/visits/{item['id']}").json()["elder"]["id"] == elder["id"]


def test_the_tag_of_another_elder_a_foreign_and_a_revoked_one_are_accepted_and_flagged(
    demo, phone, elder, foreign, links
):
    elder = next(one for one in phone.elders() if one["id"] != elder["id"])
    url = links[elder["id"]]
    assert demo.post("county_director", f"/elders/{elder['id']}/tag/reissue", {}).status == 200
    results = phone.push(
        visit(elder["id"], tag=foreign[1], tag_by="camera"), visit(elder["id"], tag="https://x.example/t/" + "b" * 26),
        visit(elder["id"], tag=url, tag_by="camera"),
    )  # fmt: skip
    seen = []
    for result in results:
        assert result["status"] == "accepted"
        found = {c for c in flags_of(result) if c.startswith("tag_")}
        assert found
        seen.append(frozenset(found))
    assert len(set(seen)) == 3
    revoked = phone.http.get(f"/t/{url.rpartition('/t/')[2]}", token=phone.token)
    assert revoked.status in (200, 404, 410)
