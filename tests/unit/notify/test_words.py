from server.alerts.ladder import LADDERS
from server.notify.words import WORDS, say, surname


def test_every_kind_of_alert_has_words():
    assert {f"alert_{kind}" for kind in LADDERS} <= set(WORDS)


def test_every_message_is_said_in_both_languages_with_a_title_that_fits():
    for code, words in WORDS.items():
        for language in ("zh", "en"):
            said = say(code, language, "王建国")
            assert said.title, code
            assert said.body, code
            assert "{" not in said.body
        assert len(words.title.zh) <= 20


def test_an_unknown_code_is_still_a_message():
    assert say("something_new", "en", None).title == "New message"


def test_only_the_family_name_is_told():
    assert surname("王建国", "zh") == "王老人"
    assert surname("欧阳兰", "en") == "Elder 欧阳"
    assert surname(None, "zh") == "老人"
