"""The `deliver` job's body: the channels of this installation, and everything that waits for them."""

from __future__ import annotations

import datetime as dt

from flask import current_app
from sqlalchemy.orm import Session

from server.notify import sending
from server.notify.sending import Channel, Console, Sent, Wechat
from server.notify.service import CONSOLE, WECHAT
from server.settings import Settings
from server.wechat.client import client


def channels() -> dict[str, Channel]:
    """The console always; WeChat where a mini program and a template of subscription messages are configured."""
    settings: Settings = current_app.extensions["yuetan_settings"]
    found: dict[str, Channel] = {CONSOLE: Console()}
    if settings.wechat_appid and settings.wechat_secret and settings.wechat_template:
        found[WECHAT] = Wechat(client(), settings.wechat_template)
    return found


def deliver(session: Session, now: dt.datetime) -> Sent:
    """Commits by itself, batch by batch: what was sent stays sent."""
    return sending.deliver(session, now, channels())
