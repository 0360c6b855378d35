"""A WeChat that speaks the real one's HTTP, on a free port, in a thread: codes are handed out by the test.

    with FakeWechat() as wechat:
        code = wechat.code_for("openid-1")
        WechatClient(wechat.appid, wechat.secret, wechat.url).openid_of(code)
"""

from __future__ import annotations

import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


class FakeWechat:
    appid, secret = "wx-test", "wx-secret"

    def __init__(self) -> None:
        self.codes: dict[str, str] = {}
        self.used: set[str] = set()
        self.sent: list[dict[str, Any]] = []
        self.accepted: dict[tuple[str, str], int] = {}  # (openid, template) -> messages that were agreed to
        self.tokens: list[str] = []
        self.asked: list[str] = []
        self.answers: dict[str, dict[str, Any]] = {}  # path -> what to answer instead, until it is taken away
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FakeWechat:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def code_for(self, openid: str) -> str:
        """What `wx.login` gives the mini program of that person: good once."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = openid
        return code

    def allow(self, openid: str, template_id: str) -> None:
        """The person accepts one message of that template."""
        self.accepted[openid, template_id] = self.accepted.get((openid, template_id), 0) + 1

    def expire_tokens(self) -> None:
        self.tokens.clear()

    # the calls

    def jscode2session(self, query: dict[str, str], _body: Any) -> dict[str, Any]:
        if (query.get("appid"), query.get("secret")) != (self.appid, self.secret):
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        code = query.get("js_code", "")
        if query.get("grant_type") != "authorization_code" or code not in self.codes:
            return {"errcode": 40029, "errmsg": "invalid code"}
        if code in self.used:
            return {"errcode": 40163, "errmsg": "code been used"}
        self.used.add(code)
        return {"openid": self.codes[code], "session_key": secrets.token_urlsafe(16)}  # no errcode when it is well

    def stable_token(self, _query: dict[str, str], body: Any) -> dict[str, Any]:
        if (body.get("appid"), body.get("secret")) != (self.appid, self.secret):
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        self.tokens.append(secrets.token_urlsafe(32))
        return {"access_token": self.tokens[-1], "expires_in": 7200}

    def subscribe_send(self, query: dict[str, str], body: Any) -> dict[str, Any]:
        if query.get("access_token") not in self.tokens:
            return {"errcode": 42001, "errmsg": "access_token expired"}
        if not body.get("data") or not all("value" in item for item in body["data"].values()):
            return {"errcode": 47003, "errmsg": "argument invalid"}
        accepted = (body.get("touser"), body.get("template_id"))
        if self.accepted.get(accepted, 0) < 1:
            return {"errcode": 43101, "errmsg": "user refuse to accept the msg"}
        self.accepted[accepted] -= 1
        self.sent.append(body)
        return {"errcode": 0, "errmsg": "ok"}

    def getwxacodeunlimit(self, query: dict[str, str], body: Any) -> dict[str, Any] | bytes:
        if query.get("access_token") not in self.tokens:
            return {"errcode": 40001, "errmsg": "invalid credential"}
        scene = body.get("scene", "")
        if not 0 < len(scene) <= 32 or not scene.isascii() or "%" in scene:
            return {"errcode": 40169, "errmsg": "invalid length for scene"}
        return PNG

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        calls = {
            ("GET", "/sns/jscode2session"): self.jscode2session,
            ("POST", "/cgi-bin/stable_token"): self.stable_token,
            ("POST", "/cgi-bin/message/subscribe/send"): self.subscribe_send,
            ("POST", "/wxa/getwxacodeunlimit"): self.getwxacodeunlimit,
        }
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                address = urlsplit(self.path)
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                query = {name: values[0] for name, values in parse_qs(address.query).items()}
                fake.asked.append(address.path)
                call = calls.get((self.command, address.path))
                if call is None:
                    self.send_error(404)
                    return
                answer = fake.answers.get(address.path) or call(query, json.loads(raw) if raw else {})
                # WeChat says text/plain for JSON, and 200 whatever happened
                kind = "image/png" if isinstance(answer, bytes) else "text/plain"
                data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                pass

        return Handler
