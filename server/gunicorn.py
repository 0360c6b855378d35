"""gunicorn's configuration, made of our settings; `yuetan serve` points to this file.

Threads, because a photo on a bad line takes minutes and must not hold up the others; the app is loaded once and
forked, so that a second worker costs little memory and no start-up time.
"""

import gc
import os
from typing import Any

from server.settings import Settings

_settings = Settings.from_env(os.environ)

bind = f"{_settings.bind}:{_settings.port}"
worker_class = "gthread"
workers = _settings.workers
threads = _settings.threads
preload_app = True
timeout = 120
graceful_timeout = 20
keepalive = 75
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
forwarded_allow_ips = "*" if _settings.trusted_proxies else "127.0.0.1"
limit_request_line = 4094
accesslog = None  # server/logs.py writes the line, without paths
errorlog = "-"
loglevel = "warning"
proc_name = "yuetan"


def when_ready(_server: Any) -> None:
    # what was loaded before the fork stays shared: the collector must not touch it
    gc.collect()
    gc.freeze()


def child_exit(_server: Any, worker: Any) -> None:
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)
