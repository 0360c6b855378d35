"""Every YUETAN_ variable, typed, documented and checked, in one place.

Nothing else in the server reads the environment. A setting is a field of `Settings`; its metadata carry the
sentence that `yuetan settings` and docs/operating.md show, so a setting without words cannot exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from shared.protocol.version import read_version

PREFIX = "YUETAN_"
DEMO_SECRET = "yuetan-demo-secret-never-for-real-people"
MIN_SECRET = 16
_DEFAULT_SECRETS = {DEMO_SECRET, "changeme", "change-me", "change-me-please", "secret", "default", "dev"}


class SettingsError(Exception):
    """A variable that cannot be used; the message names it and says what is expected."""


def _setting(default: Any, zh: str, en: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"zh": zh, "en": en, "secret": secret})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    home: Path = _setting(  # noqa: RUF009 (it is dataclasses.field with words)
        "var", "数据目录：内嵌数据库、文件、日志", "folder for the embedded database and files"
    )
    database_url: str = _setting(
        "", "数据库地址；留空则用数据目录里的 SQLite", "database address; empty: SQLite in the home folder", secret=True
    )
    pgbouncer: bool = _setting(
        False, "数据库前有事务模式的 PgBouncer（1）", "1: a PgBouncer in transaction mode stands before the database"
    )
    direct_database_url: str = _setting(
        "", "不经连接池的数据库地址，供 yuetan scheduler 使用；留空则同上",
        "database address without a pooler in front, for `yuetan scheduler`; empty: the same", secret=True,
    )
    secret_key: str = _setting(
        "", "主密钥，至少 16 个字符；所有密钥由它派生", "master secret, 16 characters or more; every key comes from it",
        secret=True,
    )
    old_secret_keys: tuple[str, ...] = _setting(
        (),
        "换下的主密钥，逗号分隔，新的在前；只用于读取旧数据",
        "retired master secrets, newest first, comma-separated; only to read what they wrote",
        secret=True,
    )
    demo: bool = _setting(False, "演示环境（1）：允许默认密钥", "1 marks the demo: the default secret is allowed")
    public_url: str = _setting(
        "http://127.0.0.1:8000", "二维码和链接里的网址；从不取自请求的 Host",
        "address carried by QR codes and links; never taken from a request's Host",
    )
    timezone: str = _setting("Asia/Shanghai", "月份和日期所用时区", "time zone of months and dates")
    wechat_appid: str = _setting("", "微信小程序 AppID；留空则不启用微信", "WeChat app id; empty: WeChat is off")
    wechat_secret: str = _setting("", "微信小程序密钥", "WeChat app secret", secret=True)
    wechat_template: str = _setting(
        "", "微信订阅消息模板编号（thing1 标题、thing2 内容）；留空则不发微信消息",
        "template id of subscription messages (thing1 title, thing2 words); empty: none are sent",
    )
    wechat_base_url: str = _setting("https://api.weixin.qq.com", "微信接口网址", "address of WeChat's server API")
    bind: str = _setting("127.0.0.1", "监听地址", "address to listen on")
    port: int = _setting(8000, "监听端口", "port to listen on")
    workers: int = _setting(2, "网页服务进程数", "web worker processes")
    threads: int = _setting(16, "每个进程的线程数", "threads of each web worker")
    trusted_proxies: int = _setting(
        0, "前面可信反向代理的层数（X-Forwarded-For）", "trusted reverse proxies in front (X-Forwarded-For)"
    )
    log_level: str = _setting("INFO", "日志级别", "log level")
    log_format: str = _setting("json", "日志格式：json 或 text", "log format: json or text")
    access_minutes: int = _setting(30, "访问令牌有效分钟数", "minutes an access token lives")
    min_app: str = _setting("0.1.0", "手机应用的最低版本", "oldest phone app that is still served")

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read and check. Unknown YUETAN_ variables are let be: a newer version may know them."""
        known = {PREFIX + f.name.upper(): f for f in fields(cls)}
        values = {
            f.name: _read(name, environ[name], f.default)
            for name, f in known.items()
            if environ.get(name, "") != ""
        }
        return cls(**values)

    def __post_init__(self) -> None:
        home = Path(self.home).expanduser().absolute()
        object.__setattr__(self, "home", home)
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{home / 'yuetan.sqlite3'}")
        # the two short forms that operators write mean psycopg 3 here
        for name in ("database_url", "direct_database_url"):
            for short in ("postgres://", "postgresql://"):
                if getattr(self, name).startswith(short):
                    url = "postgresql+psycopg://" + getattr(self, name).removeprefix(short)
                    object.__setattr__(self, name, url)
        if self.demo and not self.secret_key:
            object.__setattr__(self, "secret_key", DEMO_SECRET)
        object.__setattr__(self, "public_url", self.public_url.rstrip("/"))
        self._check()

    def _check(self) -> None:
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            raise SettingsError(f"YUETAN_TIMEZONE: 没有这个时区 / no such time zone: {self.timezone}") from None
        for name in ("public_url", "wechat_base_url"):
            url = urlsplit(getattr(self, name))
            if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment:
                raise SettingsError(f"{PREFIX}{name.upper()}: 需要 http(s):// 开头的网址 / must be an http(s) address")
        bounds = {"port": (1, 65535), "workers": (1, 64), "threads": (1, 256), "trusted_proxies": (0, 9),
                  "access_minutes": (1, 1440)}
        for name, (low, high) in bounds.items():
            if not low <= getattr(self, name) <= high:
                raise SettingsError(f"{PREFIX}{name.upper()}: {low}…{high}")
        if read_version(self.min_app) is None:
            raise SettingsError(f"YUETAN_MIN_APP: 版本号，如 0.1.0 / a version like 0.1.0: {self.min_app}")
        if self.log_level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise SettingsError("YUETAN_LOG_LEVEL: DEBUG, INFO, WARNING, ERROR")
        if self.log_format not in ("json", "text"):
            raise SettingsError("YUETAN_LOG_FORMAT: json, text")

    def check_secret(self) -> None:
        """A server whose secret anybody can guess must not start: it keeps old people's addresses."""
        if not self.secret_key:
            raise SettingsError("YUETAN_SECRET_KEY: 未设置 / not set")
        if not self.demo and self.secret_key.strip().lower() in _DEFAULT_SECRETS:
            raise SettingsError("YUETAN_SECRET_KEY: 不能用默认值 / a default secret works in the demo only")
        if len(self.secret_key) < MIN_SECRET:
            raise SettingsError(f"YUETAN_SECRET_KEY: 至少 {MIN_SECRET} 个字符 / at least {MIN_SECRET} characters")

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def secure_cookies(self) -> bool:
        return self.public_url.startswith("https://")


@dataclass(frozen=True, slots=True)
class Described:
    variable: str
    default: str
    zh: str
    en: str
    secret: bool


def _described() -> tuple[Described, ...]:
    out = []
    for f in fields(Settings):
        default = "" if f.default is MISSING or f.default in ("", (), None) else str(f.default)
        if f.default is False:
            default = "0"
        meta = f.metadata
        out.append(Described(PREFIX + f.name.upper(), default, meta["zh"], meta["en"], meta["secret"]))
    return tuple(out)


SETTINGS: tuple[Described, ...] = _described()


def _read(name: str, text: str, default: Any) -> Any:
    if isinstance(default, bool):
        if text.lower() in ("1", "true", "yes", "on"):
            return True
        if text.lower() in ("0", "false", "no", "off"):
            return False
        raise SettingsError(f"{name}: 0 / 1")
    if isinstance(default, int):
        try:
            return int(text)
        except ValueError:
            raise SettingsError(f"{name}: 需要整数 / must be a whole number") from None
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text
