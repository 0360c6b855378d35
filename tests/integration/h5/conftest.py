from __future__ import annotations

import re
from typing import Any

import pytest

from server.people.model import User
from server.people.passwords import hash_password
from shared.protocol.tags import make_token, token_hash
from tests.integration.sync.world import World

PASSWORD = "a long enough password"


class Page:
    """The tag's page as a browser without JavaScript uses it."""

    def __init__(self, world: World, client: Any) -> None:
        self.world, self.client = world, client
        self.who, self.elder = world.person("volunteer"), world.elder(tag=False)
        self.pairing = world.pair(self.who, self.elder)
        self.tag = world.tag(self.elder)
        self.token = make_token(b"k" * 32, "k1", self.tag.id, 1)
        self.tag.token_hash = token_hash(self.token)
        self.set_password(self.who)
        world.session.commit()
        self.url = f"/t/{self.token}"

    def set_password(self, who: Any) -> str:
        user = self.world.session.get_one(User, who.user_id)
        user.password_hash = hash_password(PASSWORD)
        self.world.session.commit()
        return user.username

    def get(self, **options: Any) -> Any:
        return self.client.get(self.url, headers={"Accept": "text/html"}, **options)

    def sign_in(self, who: Any = None, **more: Any) -> Any:
        username = self.set_password(who or self.who)
        return self.client.post(f"{self.url}/login", data={"username": username, "password": PASSWORD, **more})

    def state(self) -> str:
        found = re.search(r'name="state" value="([^"]+)"', self.get().text)
        assert found
        return found[1]

    def post(self, **fields: Any) -> Any:
        return self.client.post(self.url, data=fields)


@pytest.fixture
def page(session, now, client) -> Page:
    return Page(World(session, now), client)
