"""The outbox: each message once, in its reader's words, again after a failure."""

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa

from server.notify import queries, sending, service
from server.notify.model import Message
from server.notify.sending import Refused, Sent, Unavailable, Wechat
from server.notify.service import Outgoing
from server.paging import PageArgs
from server.problems import problem
from server.wechat.client import WechatError
from tests import factories as make

MINUTE = dt.timedelta(minutes=1)


class Recorder:
    """A channel that keeps what it was given, and fails as it is told."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.said: list[tuple[uuid.UUID, str]] = []

    def send(self, to, said, message_id) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.said.append((to.user_id, said.body))


@pytest.fixture
def elder(session):
    county = make.county(session)
    return make.elder(session, county, make.region(session, 411002001001), name="欧阳兰")


def about(elder, *readers, key="alert:1") -> list[Outgoing]:
    params = {"elder_id": str(elder.id), "alert_id": "1"}
    return [Outgoing(f"{key}:{reader.id}", reader.id, "alert_missing", params) for reader in readers]


def test_a_message_enters_once_and_leaves_once_in_its_readers_language(session, elder, now):
    zh, en = make.user(session), make.user(session, language="en")
    outgoing = about(elder, zh, en)
    assert len(service.enqueue(session, elder.county_id, outgoing, now=now)) == 2
    assert service.enqueue(session, elder.county_id, outgoing, now=now) == []
    session.commit()
    channel = Recorder()
    assert sending.deliver(session, now, {"console": channel}) == Sent(sent=2)
    assert sending.deliver(session, now, {"console": channel}) == Sent()
    assert dict(channel.said) == {
        zh.id: "欧阳老人上一期没有有效探访，请尽快联系。",
        en.id: "Elder 欧阳 had no visit that counts in the last period. Please get in touch soon.",
    }


def test_wechat_is_used_where_it_is_bound_and_its_failures_do_not_hold_up_the_console(session, elder, now):
    reader = make.user(session, wechat_openid="o-1")
    service.enqueue(session, elder.county_id, about(elder, reader), now=now)
    session.commit()
    wechat = Recorder(Unavailable("busy"), Unavailable("busy"))
    channels = {"console": Recorder(), "wechat": wechat}
    assert sending.deliver(session, now, channels) == Sent(sent=1, put_off=1)
    assert sending.deliver(session, now, channels) == Sent()
    assert sending.deliver(session, now + MINUTE, channels) == Sent(put_off=1)
    assert sending.deliver(session, now + 3 * MINUTE, channels) == Sent(sent=1)
    assert len(wechat.said) == 1
    assert session.scalars(sa.select(Message.attempts).where(Message.channel == "wechat")).all() == [3]


def test_what_a_channel_refuses_is_not_tried_again(session, elder, now):
    gone = make.user(session, disabled_at=now)
    reader = make.user(session, wechat_openid="o-2")
    service.enqueue(session, elder.county_id, about(elder, gone, reader), now=now)
    session.commit()
    assert sending.deliver(session, now, {"console": Recorder(Refused("no"))}) == Sent(refused=3)
    assert sending.deliver(session, now + 999 * MINUTE, {"console": Recorder()}) == Sent()


def test_a_channel_that_stays_away_is_given_up_in_the_end(session, elder, now):
    service.enqueue(session, elder.county_id, about(elder, make.user(session)), now=now)
    session.commit()
    channel = Recorder(*[Unavailable("busy")] * 99)
    runs = [
        sending.deliver(session, now + n * dt.timedelta(hours=7), {"console": channel})
        for n in range(sending.MOST_ATTEMPTS + 1)
    ]
    assert runs[-2:] == [Sent(refused=1), Sent()]


class FakeClient:
    def __init__(self, wrong: Exception | None = None) -> None:
        self.wrong, self.sent = wrong, []

    def send_subscribed(self, openid, template_id, data, page="") -> None:
        if self.wrong is not None:
            raise self.wrong
        self.sent.append((openid, template_id, data))


@pytest.mark.parametrize(
    ("wrong", "state"),
    [(None, "sent"), (WechatError(43101), "refused"), (WechatError(45009), "waiting"),
     (problem("wechat_unavailable"), "waiting")],
)  # fmt: skip
def test_wechats_answers_become_sent_refused_or_put_off(session, elder, now, wrong, state):
    reader = make.user(session, wechat_openid="o-3")
    service.enqueue(session, elder.county_id, about(elder, reader), now=now)
    session.commit()
    client = FakeClient(wrong)
    sending.deliver(session, now, {"console": Recorder(), "wechat": Wechat(client, "T1")})
    assert session.scalars(sa.select(Message.state).where(Message.channel == "wechat")).all() == [state]
    if wrong is None:
        ((openid, template, data),) = client.sent
        assert (openid, template) == ("o-3", "T1")
        assert all(len(value) <= 20 for value in data.values())


def test_a_person_finds_their_messages_on_their_page(session, elder, now):
    reader = make.user(session)
    service.enqueue(session, elder.county_id, about(elder, reader), now=now)
    service.enqueue(session, elder.county_id, about(elder, reader, key="alert:2"), now=now + MINUTE)
    first = queries.inbox(session, reader.id, PageArgs(limit=1), "zh")
    rest = queries.inbox(session, reader.id, PageArgs(limit=1, cursor=first.next_cursor), "zh")
    assert [m["at"] for m in (*first.items, *rest.items)] == [now + MINUTE, now]
    assert rest.next_cursor is None
    assert first.items[0]["title"] == "漏访"
