"""Passwords: argon2id, and what is not accepted as one (ASVS V6.2: length, not composition; no forced change)."""

from __future__ import annotations

import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.language import Text
from server.problems import problem

MIN_LENGTH, MAX_LENGTH = 8, 200
# 19 MiB and 2 passes: about 30 ms on the two-core machines that counties have (OWASP's floor)
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# each verification takes those 19 MiB: a crowd at 8 o'clock queues here instead of filling the memory
_turns = threading.BoundedSemaphore(2)
_DUMMY = _hasher.hash("nobody's password")

_COMMON = """
12345678 123456789 1234567890 87654321 11111111 00000000 88888888 66666666 password passw0rd password1
password123 qwertyui qwerty123 qwertyuiop 1q2w3e4r 1qaz2wsx zaq12wsx iloveyou abcd1234 abc12345 a1234567
aa123456 asdfghjkl asdf1234 admin123 administrator woaini1314 5201314520 wo123456 123123123 12341234
11223344 112233445566 12344321 123qweasd qwe123456 1qazxsw2 sunshine princess football letmein1 welcome1
yuetan123 yuetan2026 01234567 13800138000 98765432 147258369 789456123 a123456789 zxcvbnm123
"""
_WEAK = frozenset(_COMMON.split())


def hash_password(password: str) -> str:
    with _turns:
        return _hasher.hash(_folded(password))


def verify(stored: str | None, password: str) -> bool:
    """Takes the same time whether or not there is such an account."""
    with _turns:
        try:
            return _hasher.verify(stored or _DUMMY, _folded(password)) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(stored: str) -> bool:
    return _hasher.check_needs_rehash(stored)


def check_strength(password: str, username: str) -> None:
    """Raise `password_weak` unless it is long enough and not among those that everybody tries first."""
    text = _folded(password)
    if not MIN_LENGTH <= len(text) <= MAX_LENGTH:
        fault = Text(f"密码应为 {MIN_LENGTH} 到 {MAX_LENGTH} 个字符", f"{MIN_LENGTH} to {MAX_LENGTH} characters")
    elif text.lower() in _WEAK or len(set(text)) < 3 or text.lower() == username.lower():
        fault = Text("这个密码太常见，请换一个", "This password is too common; choose another")
    else:
        return
    raise problem("password_weak", detail=fault, errors={"password": [fault]})


def _folded(password: str) -> str:
    # the same keys typed on a full-width keyboard are the same password
    return unicodedata.normalize("NFKC", password)
