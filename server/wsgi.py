"""What gunicorn loads: an app made of the environment."""

from __future__ import annotations

import os

from server import logs
from server.app import create_app
from server.settings import Settings

settings = Settings.from_env(os.environ)
logs.configure(settings)
app = create_app(settings)
