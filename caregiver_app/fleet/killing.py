"""A phone that is killed again and again: started, watched, shot at a random moment, started again."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from caregiver_app.fleet.worker import Order

LONGEST_LIFE_S = 0.5


@dataclass(frozen=True, slots=True)
class Bullet:
    """When to kill: so many seconds after the phone is ready, or after it saved so many visits. `place`: the phone
    kills itself at the `moment`th time that it is there (a harness knows the places), unless the shot comes first."""

    seconds: float
    after_saved: int
    place: str = ""
    moment: int = 0


class KilledPhone:
    """`promised` holds the ids of visits that the phone said were saved, before it was killed or after."""

    def __init__(self, order: Order, kills: int, rng: random.Random) -> None:
        self.order = order
        self.promised: set[str] = set()
        self.kills = 0
        self.tally: Counter[str] = Counter()
        self.hits: Counter[str] = Counter()  # kills at a place that was aimed at
        self._wanted = kills
        self.rng = rng

    def run(self) -> None:
        """Kill it as often as wanted, then let it finish; one that finished first needs no more killing."""
        while self.kills < self._wanted and not self._live(self.bullet()):
            self.kills += 1
        self._live(None)

    def command(self, order: str, _bullet: Bullet | None) -> list[str]:
        """What starts the phone's process."""
        return [sys.executable, "-m", "caregiver_app.fleet", "--child", order]

    def bullet(self) -> Bullet:
        """After some visits more, or some time: so that kills fall on recording and on sending alike."""
        if self.rng.random() < 0.5:
            return Bullet(self.rng.uniform(0, LONGEST_LIFE_S), 0)
        share = max(1, self.order.visits // (self._wanted + 1))
        return Bullet(self.rng.uniform(0, 0.02), self.rng.randint(1, share))

    def _live(self, bullet: Bullet | None) -> bool:
        """One life, until the bullet or its natural end → whether it ended itself."""
        value: dict[str, Any] = {**asdict(self.order), "folder": str(self.order.folder)}
        with subprocess.Popen(self.command(json.dumps(value), bullet), stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            timer: threading.Timer | None = None
            ended, saved = False, 0
            for line in child.stdout:
                word, _, rest = line.strip().partition(" ")
                if word == "saved":
                    self.promised.add(rest)
                    saved += 1
                if word in ("ready", "saved") and bullet is not None and saved == bullet.after_saved:
                    timer = threading.Timer(bullet.seconds, child.kill)
                    timer.start()
                if word == "hit":
                    self.hits[rest] += 1
                if word == "seen":
                    ended = True
                    seen = json.loads(rest)
                    self.tally.update({name: seen[name] for name in ("exchanges", "cut_out", "cut_back", "repeats")})
            child.wait()
            if timer is not None:
                timer.cancel()
        if not ended and bullet is None:
            raise RuntimeError(f"phone {self.order.index} ended with status {child.returncode}")
        return ended and child.returncode == 0
