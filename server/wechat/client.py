"""The only code that talks to WeChat: four calls of its server API, plain HTTP, no library between.

WeChat answers 200 with an `errcode` that may be absent; what its numbers mean is said once, here. Nothing of an
answer is logged: it holds session keys.
"""

from __future__ import annotations

import threading
import time
from typing import Any, Self

import requests
from flask import current_app

from server.problems import problem
from server.settings import Settings

TIMEOUT_S = (3.05, 8)
BAD_CODE = {40029, 40163, 40226}  # wrong, used, blocked account
TOO_OFTEN = {45009, 45011}
STALE_TOKEN = {40001, 40014, 42001}


class WechatError(Exception):
    """WeChat refused; `errcode` is its number."""

    def __init__(self, errcode: int, errmsg: str = "") -> None:
        super().__init__(f"{errcode} {errmsg}")
        self.errcode = errcode


class WechatClient:
    def __init__(self, appid: str, secret: str, base_url: str, *, http: requests.Session | None = None) -> None:
        self._appid, self._secret, self._base = appid, secret, base_url.rstrip("/")
        self._http = http or requests.Session()
        self._token: tuple[str, float] | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def openid_of(self, code: str) -> str:
        """Who opened the mini program, by the code of `wx.login`; a problem where WeChat does not say."""
        try:
            answer = self._get(
                "/sns/jscode2session",
                {"appid": self._appid, "secret": self._secret, "js_code": code, "grant_type": "authorization_code"},
            )
        except WechatError as refused:
            if refused.errcode in BAD_CODE:
                raise problem("wechat_code_invalid") from None
            if refused.errcode in TOO_OFTEN:
                raise problem("too_many_requests", retry_after=60) from None
            raise problem("wechat_unavailable", retry_after=30) from None
        openid = answer.get("openid")
        if not isinstance(openid, str) or not 0 < len(openid) <= 64:
            raise problem("wechat_unavailable", retry_after=30)
        return openid

    def send_subscribed(self, openid: str, template_id: str, data: dict[str, str], page: str = "") -> None:
        """One subscription message; WechatError 43101: refused or used up, one acceptance is one message."""
        message = {
            "touser": openid,
            "template_id": template_id,
            "page": page,
            "data": {name: {"value": value} for name, value in data.items()},
        }
        self._with_token("/cgi-bin/message/subscribe/send", message)

    def mini_program_code(self, scene: str, page: str) -> bytes:
        """The picture of a mini-program code; `scene` has at most 32 characters, none of them `%` or Chinese."""
        answer = self._with_token("/wxa/getwxacodeunlimit", {"scene": scene, "page": page})
        return answer if isinstance(answer, bytes) else b""

    def access_token(self, *, force: bool = False) -> str:
        with self._lock:
            if not force and self._token is not None and time.monotonic() < self._token[1]:
                return self._token[0]
            answer = self._post(
                "/cgi-bin/stable_token",
                {"grant_type": "client_credential", "appid": self._appid, "secret": self._secret,
                 "force_refresh": False},
            )  # fmt: skip
            token = str(answer["access_token"])
            # five minutes early: WeChat lets the old one live on a little while a new one is made
            self._token = (token, time.monotonic() + max(0, int(answer.get("expires_in", 7200)) - 300))
            return token

    def _with_token(self, path: str, message: dict[str, Any]) -> Any:
        try:
            return self._post(path, message, {"access_token": self.access_token()})
        except WechatError as refused:
            if refused.errcode not in STALE_TOKEN:
                raise
        return self._post(path, message, {"access_token": self.access_token(force=True)})

    def _get(self, path: str, params: dict[str, str]) -> Any:
        return self._ask("GET", path, params=params)

    def _post(self, path: str, message: dict[str, Any], params: dict[str, str] | None = None) -> Any:
        return self._ask("POST", path, params=params, json=message)

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        try:
            answer = self._http.request(method, self._base + path, timeout=TIMEOUT_S, **options)
            answer.raise_for_status()
            if answer.headers.get("Content-Type", "").startswith("image/"):
                return answer.content
            data = answer.json()  # WeChat says text/plain for JSON
        except (requests.RequestException, ValueError):
            raise problem("wechat_unavailable", retry_after=30) from None
        if not isinstance(data, dict):
            raise problem("wechat_unavailable", retry_after=30)
        if data.get("errcode"):
            raise WechatError(int(data["errcode"]), str(data.get("errmsg", "")))
        return data


def client() -> WechatClient:
    """The running app's client; `wechat_off` where no mini program is configured."""
    made: WechatClient | None = current_app.extensions.get("yuetan_wechat")
    if made is None:
        settings: Settings = current_app.extensions["yuetan_settings"]
        if not settings.wechat_appid or not settings.wechat_secret:
            raise problem("wechat_off")
        made = WechatClient(settings.wechat_appid, settings.wechat_secret, settings.wechat_base_url)
        current_app.extensions["yuetan_wechat"] = made
    return made
