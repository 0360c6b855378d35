"""A phone that is killed again and again: started, watched, shot at a random moment, started again."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import asdict
from typing import Any

from caregiver_app.fleet.worker import Order

LONGEST_LIFE_S = 0.5


class KilledPhone:
    """`promised` holds the ids of visits that the phone said were saved, before it was killed or after."""

    def __init__(self, order: Order, kills: int, rng: random.Random) -> None:
        self.order = order
        self.promised: set[str] = set()
        self.kills = 0
        self.tally: Counter[str] = Counter()
        self._wanted = kills
        self._rng = rng

    def run(self) -> None:
        """Kill it as often as wanted, then let it finish; one that finished first needs no more killing."""
        while self.kills < self._wanted and not self._live(self._rng.uniform(0, LONGEST_LIFE_S)):
            self.kills += 1
        self._live(None)

    def _live(self, seconds: float | None) -> bool:
        """One life, of so many seconds after it is ready (None: to its natural end) → whether it ended itself."""
        value: dict[str, Any] = {**asdict(self.order), "folder": str(self.order.folder)}
        command = [sys.executable, "-m", "caregiver_app.fleet", "--child", json.dumps(value)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            timer: threading.Timer | None = None
            ended = False
            for line in child.stdout:
                word, _, rest = line.strip().partition(" ")
                if word == "ready" and seconds is not None:
                    timer = threading.Timer(seconds, child.kill)
                    timer.start()
                elif word == "saved":
                    self.promised.add(rest)
                elif word == "seen":
                    ended = True
                    seen = json.loads(rest)
                    self.tally.update({name: seen[name] for name in ("exchanges", "cut_out", "cut_back", "repeats")})
            child.wait()
            if timer is not None:
                timer.cancel()
        if not ended and seconds is None:
            raise RuntimeError(f"phone {self.order.index} ended with status {child.returncode}")
        return ended and child.returncode == 0
