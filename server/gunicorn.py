"""gunicorn's configuration, made of our settings; `yuetan serve` points to this file.

Threads, because a photo on a bad line takes minutes and must not hold up the others; the app is loaded once and
forked, so that a second worker costs little memory and no start-up time.

Nobody who falls silent holds anything up: a phone whose line went dead in the middle of an upload gives its thread
back after STALLED_S without a byte, and workers end with a master that was killed, so that the port is free again.
"""

import ctypes
import gc
import os
import signal
import socket
import struct
import sys
from typing import Any

from server.settings import Settings

STALLED_S = 60  # without one byte of an upload, or without room for one of an answer
PR_SET_PDEATHSIG = 1

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


def when_ready(server: Any) -> None:
    for listener in server.LISTENERS:  # what is accepted there inherits it
        for side in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.sock.setsockopt(socket.SOL_SOCKET, side, struct.pack("@ll", STALLED_S, 0))
    # what was loaded before the fork stays shared: the collector must not touch it
    gc.collect()
    gc.freeze()
    # a batch makes some ten thousand objects, and nearly all go with it: looked through every 700 they cost a tenth of
    # all time
    gc.set_threshold(20_000, 10, 10)


def post_fork(server: Any, _worker: Any) -> None:
    # An orphan would keep the port for as long as a client is connected, and no new master could begin. What it was
    # doing is rolled back, and phones send it again.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != server.pid:  # it died before we could say so
            os._exit(1)


def child_exit(_server: Any, worker: Any) -> None:
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)
