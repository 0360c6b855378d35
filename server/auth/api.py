"""/auth: tokens for people with a password or a WeChat account. Phones have /devices."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import current_app

from server import clock, keys
from server.auth import queries, service
from server.auth.reach import Actor
from server.auth.schemas import BindIn, LoginIn, MeOut, PasswordIn, RefreshIn, TokensOut, WechatIn
from server.auth.service import Issuer, Tokens
from server.database import begin_reading, session
from server.http import PUBLIC, SIGNED_IN, Router, actor
from server.problems import problem
from server.settings import Settings
from server.wechat import binding
from server.wechat.client import client as wechat

api = Router("auth")


@api.post("/auth/login", right=PUBLIC, body=LoginIn, answer=TokensOut)
def login(body: dict[str, Any]) -> dict[str, Any]:
    """Sign in with user name and password."""
    _, tokens = service.log_in(session(), issuer(), body["username"], body["password"], clock.now())
    return with_user(tokens)


@api.post("/auth/refresh", right=PUBLIC, body=RefreshIn, answer=TokensOut)
def refresh(body: dict[str, Any]) -> dict[str, Any]:
    """New tokens for a login."""
    return with_user(service.refresh(session(), issuer(), body["refresh_token"], clock.now()))


@api.post("/auth/logout", right=SIGNED_IN, status=204)
def logout() -> None:
    """End this session and all of its tokens."""
    who = actor()
    if who.session_id is not None:
        service.log_out(session(), who.session_id, clock.now())


@api.post("/auth/password", right=SIGNED_IN, body=PasswordIn, status=204)
def change_password(body: dict[str, Any]) -> None:
    """Change my own password; my other logins end."""
    who = actor()
    service.change_password(session(), who.user_id, who.session_id, body["old"], body["password"], clock.now())


@api.get("/auth/me", right=SIGNED_IN, answer=MeOut)
def me() -> dict[str, Any]:
    """Who I am and what roles I hold."""
    who = actor()
    return {**user_wire(who), "device_id": who.device_id}


@api.post("/auth/wechat", right=PUBLIC, body=WechatIn, answer=TokensOut)
def wechat_login(body: dict[str, Any]) -> dict[str, Any]:
    """Sign in with the code of `wx.login`; unbound: 401 `wechat_unbound` with a `bind_token`."""
    openid = wechat().openid_of(body["code"])
    user_id = service.user_of_openid(session(), openid)
    if user_id is None:
        raise problem("wechat_unbound", bind_token=binding.make(keys.ring(), openid, clock.now()))
    return with_user(service.open_for_user(session(), issuer(), user_id, clock.now()))


@api.post("/auth/wechat/bind", right=PUBLIC, body=BindIn, answer=TokensOut)
def wechat_bind(body: dict[str, Any]) -> dict[str, Any]:
    """Tie a WeChat account to a person, once, by their password."""
    openid = binding.read(keys.ring(), body["bind_token"], clock.now())
    if openid is None:
        raise problem("bind_token_invalid")
    bound = service.bind_wechat(session(), issuer(), openid, body["username"], body["password"], clock.now())
    return with_user(bound)


def issuer() -> Issuer:
    settings: Settings = current_app.extensions["yuetan_settings"]
    return Issuer(keys.ring(), dt.timedelta(minutes=settings.access_minutes))


def with_user(tokens: Tokens) -> dict[str, Any]:
    """The tokens' wire form: with the user and the roles held today."""
    begin_reading(session())
    grants = queries.grants_of(session(), tokens.user_id, today())
    return {
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "expires_in": tokens.expires_in,
        "user": {"id": tokens.user_id, "name": tokens.user_name, "roles": [g.wire() for g in grants]},
    }


def user_wire(who: Actor) -> dict[str, Any]:
    return {"id": who.user_id, "name": who.name, "roles": [g.wire() for g in who.grants]}


def today() -> dt.date:
    return clock.now().astimezone(clock.zone()).date()
