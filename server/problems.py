"""The one catalogue of errors: what a code means, its HTTP status, and its words in both languages (RFC 9457).

Whoever finds something wrong writes `raise problem("code")`; only the edge turns it into an answer. Codes are part
of the contract with phones in the field: add, never rename. Parameters fill the detail's `{gaps}` and also stand in
the answer as members of their own, so that a program need not read sentences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.language import Language, Text


@dataclass(frozen=True, slots=True)
class Kind:
    status: int
    title: Text
    detail: Text | None = None


def _k(status: int, zh: str, en: str, detail_zh: str = "", detail_en: str = "") -> Kind:
    return Kind(status, Text(zh, en), Text(detail_zh, detail_en) if detail_zh else None)


CATALOGUE: dict[str, Kind] = {
    # the request itself
    "bad_request": _k(400, "请求有误", "Bad request"),
    "json_invalid": _k(400, "内容不是有效的 JSON", "The body is not valid JSON"),
    "body_cut_short": _k(400, "内容没有传完", "The body ended before its announced length"),
    "upload_stalled": _k(408, "传输中断太久", "Nothing was received for too long"),
    "gzip_invalid": _k(400, "压缩内容无法解开", "The gzip body cannot be unpacked"),
    "encoding_unknown": _k(
        415, "不支持的压缩方式", "Unknown Content-Encoding",
        "只接受 gzip。", "Only gzip is accepted.",
    ),
    "cursor_invalid": _k(
        400, "翻页标记无效", "The cursor is not valid",
        "请从第一页重新开始。", "Start from the first page.",
    ),
    "cursor_unknown": _k(
        410, "同步标记已失效", "The cursor is unknown",
        "请不带标记重新下载。", "Pull again without a cursor.",
    ),
    "not_found": _k(404, "没有找到", "Not found"),
    "method_not_allowed": _k(405, "不支持这种请求方法", "Method not allowed"),
    "not_acceptable": _k(406, "无法按要求的格式回答", "Not acceptable"),
    "conflict": _k(409, "与已有数据冲突", "Conflicts with what is stored"),
    "id_reused": _k(409, "编号已用于其他内容", "The id was used for something else"),
    "body_too_large": _k(
        413, "内容太大", "The body is too large", "上限为 {limit} 字节。", "The limit is {limit} bytes."
    ),
    "unsupported_media_type": _k(415, "文件类型不对", "Unsupported media type"),
    "validation": _k(
        422, "填写有误", "Some fields are wrong",
        "请改正标出的项目。", "Mend the fields named in errors.",
    ),
    "batch_size": _k(
        422, "一次上传的数量不对", "Wrong number of items", "每次 1 到 {limit} 条。", "Send 1 to {limit} at a time."
    ),
    "item_too_large": _k(
        422, "这一条太大", "The item is too large", "上限为 {limit} 字节。", "The limit is {limit} bytes."
    ),
    "digest_mismatch": _k(422, "内容与摘要不符", "The digest does not match the bytes"),
    "app_too_old": _k(426, "应用版本太旧", "The app is too old", "请升级应用。", "Please update the app."),
    "too_many_requests": _k(
        429, "请求太频繁", "Too many requests",
        "请稍后再试。", "Please try again later.",
    ),
    "server_error": _k(
        500, "服务器出错", "Server error",
        "已记录，请稍后再试。", "It was recorded; please try again later.",
    ),
    "unavailable": _k(
        503, "服务暂时不可用", "Temporarily unavailable",
        "请稍后再试。", "Please try again later.",
    ),
    # who asks
    "token_missing": _k(401, "请先登录", "Sign in first"),
    "token_invalid": _k(401, "登录无效", "The token is not valid", "请重新登录。", "Please sign in again."),
    "token_expired": _k(401, "登录已过期", "The token has expired", "请刷新登录。", "Refresh the token."),
    "refresh_used": _k(401, "刷新令牌已用过", "The refresh token was used up", "请重新登录或注册设备。",
                       "Please sign in or enrol again."),
    "device_unknown": _k(
        401, "设备未注册", "The device is unknown",
        "请重新注册设备。", "Please enrol again.",
    ),
    "device_revoked": _k(
        401, "设备已停用", "The device was revoked",
        "请联系社区主任。", "Please ask your director.",
    ),
    "signature_invalid": _k(401, "设备签名不对", "The signature is not valid"),
    "seal_key_unknown": _k(
        422, "封装所用的密钥不认识", "The seal's key is unknown",
        "内容已原样保存，请联系管理员。", "It was kept as it came; please ask the administrator.",
    ),
    "seal_broken": _k(
        422, "封装内容无法打开", "The seal cannot be opened",
        "内容已原样保存，请联系管理员。", "It was kept as it came; please ask the administrator.",
    ),
    "seal_mismatch": _k(
        422, "封装内外不一致", "What is inside the seal does not fit its outside",
        "编号和设备里外要相同。", "Id and device must be the same inside and outside.",
    ),
    "clock_off": _k(401, "手机时间不准", "The phone's clock is off", "请按服务器时间重试。",
                    "Try again with the server's time."),
    "login_failed": _k(401, "用户名或密码不对", "Wrong user name or password"),
    "locked": _k(429, "尝试次数太多，已暂时锁定", "Too many failed attempts", "请 {minutes} 分钟后再试。",
                 "Try again in {minutes} minutes."),
    "wechat_unbound": _k(
        401, "微信还没有绑定账号", "This WeChat account is not bound yet",
        "请用用户名和密码绑定一次。", "Bind it once with user name and password.",
    ),
    "wechat_code_invalid": _k(401, "微信登录失败", "WeChat refused the code", "请重新打开小程序。",
                              "Open the mini program again."),
    "wechat_off": _k(404, "没有启用微信登录", "WeChat login is off"),
    "wechat_unavailable": _k(
        503, "微信暂时不可用", "WeChat cannot be reached",
        "请稍后再试。", "Please try again later.",
    ),
    "wechat_bound": _k(409, "已绑定其他账号", "Already bound to another account"),
    "bind_token_invalid": _k(401, "绑定已过期", "The bind token is not valid", "请重新用微信登录。",
                             "Sign in with WeChat again."),
    "code_invalid": _k(401, "注册码无效", "The enrolment code is not valid", "请核对，或请社区主任重新发一个。",
                       "Check it, or ask your director for a new one."),
    "code_expired": _k(401, "注册码已过期", "The enrolment code has expired", "请社区主任重新发一个。",
                       "Ask your director for a new one."),
    "code_used": _k(409, "注册码已被另一台设备使用", "The enrolment code serves another device"),
    "device_bound": _k(409, "设备已属于另一个人", "The device belongs to another person"),
    "forbidden": _k(
        403, "没有权限", "Not allowed",
        "您的角色不能使用这项功能。", "Your role may not use this.",
    ),
    "csrf": _k(
        403, "页面已过期", "The form has expired",
        "请刷新页面后重试。", "Reload the page and try again.",
    ),
    # people
    "username_taken": _k(409, "用户名已被使用", "The user name is taken"),
    "password_weak": _k(422, "密码不合要求", "The password is not acceptable"),
    "role_beyond_reach": _k(403, "不能授予这个角色", "You may not grant this role"),
    # the register
    "regions_missing": _k(
        409, "还没有行政区划", "There are no divisions yet",
        "请先导入区划：yuetan regions import 文件.csv", "Import them first: yuetan regions import FILE.csv",
    ),
    "county_needed": _k(
        422, "请说明是哪个县的台账", "Say whose register it is",
        "区划太多，请用 --county 指定县。", "There are many counties: name one with --county.",
    ),
    "elder_known": _k(409, "这位老人已在台账中", "This elder is on the register already"),
    "still_registered": _k(
        409, "老人还在册，不能删除资料", "The elder is still on the register",
        "先记录离册（去世、迁走、入住机构），再删除。", "Record that they left (died, moved, institution) first.",
    ),
    "already_answered": _k(409, "这个请求已经答复", "This request is answered already"),
    "elder_erased": _k(410, "这位老人的资料已删除", "This elder's data were erased"),
    # visits, reviews, photos, alerts
    "own_visit": _k(403, "不能复核自己参与的探访", "Nobody reviews a visit of their own"),
    "already_reviewed": _k(409, "已经复核过", "Already reviewed"),
    "not_reviewable": _k(409, "不能复核", "Cannot be reviewed"),
    "other_reviewer": _k(
        403, "由另一位复核", "Somebody else reviews it now",
        "探访员答复之后，由没有作过前一个决定的人来复核。",
        "After the visitor's answer it is for somebody who did not take the decision before.",
    ),
    "already_recorded": _k(409, "回访结果已记录", "The call's outcome is recorded already"),
    "already_replied": _k(409, "已经答复过", "Already replied"),
    "upload_gap": _k(409, "照片分段不连续", "The part leaves a gap"),
    "not_jpeg": _k(415, "只接受 JPEG 照片", "Only JPEG photos are accepted"),
    "photo_not_named": _k(404, "这次探访没有这张照片", "The visit names no such photo"),
    "already_resolved": _k(409, "已经处理过", "Already resolved"),
    # months, files, tasks, time bank
    "month_open": _k(409, "这个月还没有结账", "The month is not closed yet"),
    "month_closed": _k(409, "这个月已经结账", "The month is closed"),
    "file_unreadable": _k(422, "文件无法读取", "The file cannot be read"),
    "balance_short": _k(409, "余额不足", "Not enough minutes"),
    "account_unknown": _k(404, "没有这个账户", "No such account"),
}


class Problem(Exception):
    """Something wrong that the caller can be told about."""

    def __init__(
        self,
        code: str,
        *,
        detail: Text | str | None = None,
        errors: Mapping[str, Sequence[Text | str]] | None = None,
        retry_after: int | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        self.code = code
        self.kind = CATALOGUE[code]
        self.detail = detail
        self.errors = errors
        self.retry_after = retry_after
        self.params = dict(params or {})
        super().__init__(code)

    @property
    def status(self) -> int:
        return self.kind.status

    def body(self, language: Language = "zh") -> dict[str, Any]:
        """The problem object of RFC 9457, with `code` and, for field errors, `errors` by path."""
        detail = self.detail if self.detail is not None else self.kind.detail
        if isinstance(detail, Text):
            detail = detail.say(language, **self.params)
        out: dict[str, Any] = {
            "type": f"urn:yuetan:problem:{self.code}",
            "title": self.kind.title.say(language),
            "status": self.status,
            "detail": detail or self.kind.title.say(language),
            "code": self.code,
        }
        if self.errors is not None:
            out["errors"] = {
                path: [m.say(language) if isinstance(m, Text) else str(m) for m in messages]
                for path, messages in self.errors.items()
            }
        for name, value in self.params.items():
            out.setdefault(name, value.isoformat() if isinstance(value, datetime) else value)
        return out


def problem(
    code: str,
    *,
    detail: Text | str | None = None,
    errors: Mapping[str, Sequence[Text | str]] | None = None,
    retry_after: int | None = None,
    **params: Any,
) -> Problem:
    """`raise problem("clock_off", server_time=now)`; an unknown code is a KeyError at once, in the first test."""
    return Problem(code, detail=detail, errors=errors, retry_after=retry_after, params=params)
