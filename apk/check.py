"""Can every requirement of buildozer.spec be built for Android?

python-for-android takes an unknown name for pure Python in silence, and the app then fails on the phone.

`scripts/apk --check`: for each requirement, a recipe (apk/recipes.json, looked up by hand and dated) or pure Python
(as the installed wheel says of itself); and that everything the app imports is among them. Exit status 1: something is
neither, or is missing.
"""

from __future__ import annotations

import ast
import configparser
import importlib.metadata as metadata
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("caregiver_app", "shared")
#: What is imported under another name than it is asked for.
NAMES = {
    "PIL": "pillow",
    "nacl": "pynacl",
    "jnius": "pyjnius",
    "fonticon_mdi7": "fonticon-materialdesignicons7",
    "pylopdf_fonts_zh_cn": "pylopdf-fonts-zh-cn",
    "sqlite3": "sqlite3",
}
#: Imported on desktops only: Android has the Java library in its place (platform/android/sensing.py).
DESKTOP_ONLY = {"zxingcpp"}
#: Part of the app that no phone runs.
LEFT_OUT = ("caregiver_app/fleet/",)


def requirements() -> list[str]:
    """Names that buildozer.spec asks for, without versions."""
    spec = configparser.RawConfigParser()
    spec.read(ROOT / "buildozer.spec", encoding="utf-8")
    return [re.split(r"[=<>!~]", one.strip())[0] for one in spec["app"]["requirements"].split(",")]


def imported() -> set[str]:
    """Top-level names from outside that the app's files import, wherever they do it."""
    found: set[str] = set()
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if path.relative_to(ROOT).as_posix().startswith(LEFT_OUT):
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    found |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                    found.add(node.module.split(".")[0])
    found.add("fonticon_mdi7")  # found by its place, never imported (screens/style.py)
    return found - set(PACKAGES) - (set(sys.stdlib_module_names) - {"sqlite3"})


def is_pure(name: str) -> bool:
    """Whether the installed distribution says that it runs anywhere."""
    try:
        wheel = metadata.distribution(name).read_text("WHEEL") or ""
    except metadata.PackageNotFoundError:
        return False
    return "Root-Is-Purelib: true" in wheel and "-none-any" in wheel


def verdicts() -> list[tuple[str, str, str]]:
    """(requirement, recipe | pure | neither, a word about it), in the spec's order."""
    known = json.loads((ROOT / "apk" / "recipes.json").read_text(encoding="utf-8"))
    found = []
    for name in requirements():
        if name in known["there"]:
            found.append((name, "recipe", known["there"][name]))
        elif name in known["pure_beside_compiled"]:
            found.append((name, "pure", known["pure_beside_compiled"][name]))
        elif is_pure(name):
            found.append((name, "pure", f"installed here: {metadata.version(name)}"))
        else:
            found.append((name, "neither", "no recipe known, and not pure Python"))
    return found


def depended(names: list[str]) -> set[str]:
    """What the pure ones need in turn, which python-for-android does not look for."""
    needed: set[str] = set()
    for name, verdict, _ in verdicts():
        if verdict == "pure" and name in names:
            for line in metadata.requires(name) or ():
                if "extra ==" not in line and "python_version" not in line:
                    needed.add(re.split(r"[\s;<>=!~\[(]", line)[0].lower().replace("_", "-"))
    return needed


def missing() -> list[str]:
    """What is imported, or needed by what is imported, and not asked for."""
    asked = requirements()
    wanted = {NAMES.get(name, name) for name in imported() - DESKTOP_ONLY} | depended(asked)
    return sorted(wanted - set(asked))


def main() -> int:
    """Print the table."""
    known = json.loads((ROOT / "apk" / "recipes.json").read_text(encoding="utf-8"))
    print(f"recipes as of {known['date']}")
    bad = missing()
    for name, verdict, words in verdicts():
        print(f"{name:32} {verdict:8} {words}")
        bad += [name] if verdict == "neither" else []
    for name in bad:
        print(f"NOT FOR ANDROID: {name}", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
