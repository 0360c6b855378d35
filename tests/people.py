"""People for tests: a small district with its county, and users in roles; tokens without signing in by password."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session

from server.auth import service as auth
from server.auth.service import Issuer
from server.keys import KeyRing
from server.people.model import User
from server.regions.model import County, Region
from tests import factories
from tests.conftest import NOW, SECRET

KEYS = KeyRing((SECRET,))
# Weidu district's codes, one town with two villages and another with one; and one village of another county
CODES = {
    410000000000: "河南省", 411000000000: "许昌市", 411002000000: "魏都区", 411002001000: "西大街道",
    411002001001: "第一社区", 411002001002: "第二社区", 411002002000: "东大街道", 411002002001: "第三社区",
    411003000000: "建安区", 411003001000: "某街道", 411003001001: "某社区",
}  # fmt: skip
VILLAGE, VILLAGE_B, VILLAGE_C = 411002001001, 411002001002, 411002002001
TOWN, COUNTY, CITY, ELSEWHERE, COUNTY_B = 411002001000, 411002000000, 411000000000, 411003001001, 411003000000


@dataclass
class Place:
    """A district in the database: regions by code, and its two counties."""

    session: Session
    regions: dict[int, Region]
    county: County
    other_county: County

    def county_of(self, code: int) -> County | None:
        if self.regions[code].level in ("province", "city"):
            return None
        return self.county if code // 10**6 == COUNTY // 10**6 else self.other_county

    def user(
        self, *roles: tuple[str, int], username: str | None = None, name: str = "王建国",
        password_hash: str | None = None,
    ) -> User:
        """Somebody with roles, each in the region of a code. Committed."""
        user = factories.user(self.session, username, name=name, password_hash=password_hash)
        for role, code in roles:
            factories.grant(self.session, user, role, self.regions[code], self.county_of(code))
        self.session.commit()
        return user

    def bearer(self, user: User, *, at: dt.datetime = NOW) -> dict[str, str]:
        """Headers that make a request this person's."""
        held = auth.open_session(self.session, user.id, at)
        self.session.flush()
        tokens = Issuer(KEYS, dt.timedelta(minutes=30)).issue(held, user, at)
        self.session.commit()
        return {"Authorization": f"Bearer {tokens.access_token}"}

    def somebody(self, *roles: tuple[str, int]) -> dict[str, str]:
        """Headers of somebody new with these roles."""
        return self.bearer(self.user(*roles))


def make_place(session: Session) -> Place:
    regions = {code: factories.region(session, code, name) for code, name in CODES.items()}
    counties = [factories.county(session, code, CODES[code]) for code in (COUNTY, COUNTY_B)]
    session.commit()
    return Place(session, regions, *counties)
