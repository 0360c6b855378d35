"""A file system of a few megabytes that is really full: a tmpfs in a mount namespace of one's own.

Where no namespace and no mount is to be had, a limit on the size of files stands in: the kernel refuses in the same
places, with another word. Which of the two it was is in the run's figures.
"""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

INSIDE = "YUETAN_FAULTS_MOUNTS"
SIZE = "24m"


def enter() -> None:
    """Go on in a mount namespace of one's own (a new process in place of this one), if the system lets us."""
    if os.environ.get(INSIDE):
        return
    rights = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount"]
    may = shutil.which("unshare") and subprocess.run(["unshare", *rights, "true"], capture_output=True).returncode == 0
    if not may:
        os.environ[INSIDE] = "no"
        return
    sys.stdout.flush()
    command = ["unshare", *rights, sys.executable, "-m", "tests.faults", *sys.argv[1:]]
    os.execvpe("unshare", command, {**os.environ, INSIDE: "yes"})


def mounted(folder: Path) -> bool:
    """Put a small file system there, if this process stands in a namespace of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.environ.get(INSIDE) != "yes":
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "yuetan", str(folder)]
    return subprocess.run(command, capture_output=True).returncode == 0


class Ballast:
    """Fills the file system under `folder` with a file of its own."""

    kind = "tmpfs"

    def __init__(self, folder: Path) -> None:
        self._file = folder / "ballast"

    def fill(self, leave: int) -> None:
        """Take everything but `leave` bytes."""
        self.free()
        with self._file.open("wb", buffering=0) as out:
            block = b"\xaa" * 65536
            while block:
                try:
                    if out.write(block) < len(block):
                        break
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    block = block[: len(block) // 2 if len(block) > 4096 else 0]
            out.truncate(max(0, out.tell() - leave))

    def free(self) -> None:
        """Give everything back."""
        self._file.unlink(missing_ok=True)


class Limit:
    """No file of this process grows beyond the store's largest and `leave` bytes."""

    kind = "limit on the size of files"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def fill(self, leave: int) -> None:
        """From now on."""
        largest = max((file.stat().st_size for file in self._folder.rglob("*.sqlite*") if file.is_file()), default=0)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest + leave, self._hard))

    def free(self) -> None:
        """As it was."""
        resource.setrlimit(resource.RLIMIT_FSIZE, (self._hard, self._hard))
