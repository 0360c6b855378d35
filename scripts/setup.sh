# shellcheck shell=bash
# Sourced by the scripts beside it, with the clone as the current folder: what a fresh machine lacks, and the venv.

say() { printf '== %s\n' "$*" >&2; }
give_up() { printf '!! %s\n' "$*" >&2; exit 1; }

# The newest Python of at least 3.11 on this machine that runs (a pyenv shim may be there and not run).
find_python() {
  local name
  for name in python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  return 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

apt_install() {
  say "installing with apt: $*"
  command -v apt-get >/dev/null || { say "no apt-get here; please install these yourself: $*"; return 1; }
  if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then
    say "neither root nor sudo without a password; please run: sudo apt-get install $*"
    return 1
  fi
  local log
  log=$(mktemp)
  if { as_root env DEBIAN_FRONTEND=noninteractive apt-get update \
       && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; } >"$log" 2>&1; then
    rm -f "$log"
  else
    tail -n 20 "$log" >&2
    say "apt could not install them (its last words are above; all of them: $log)"
    return 1
  fi
}

has_library() { { ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null; } | grep "$1" >/dev/null; }  # not -q: pipefail

has_browser() {
  command -v chromium >/dev/null || command -v google-chrome >/dev/null \
    || compgen -G "${HOME:-/root}/.cache/ms-playwright/chromium-*" >/dev/null
}

# What the tests need beside Python: a database to run, a browser to drive, Chinese type, zbar, and a GL to draw on.
need_packages() {
  local missing=()
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
  # On Ubuntu `chromium` is a snap, which a container cannot run: Playwright brings its own there (need_venv).
  if ! has_browser && ! grep -qi '^ID=ubuntu' /etc/os-release 2>/dev/null; then missing+=(chromium); fi
  compgen -G '/usr/share/fonts/*/noto/Noto*CJK*' >/dev/null || missing+=(fonts-noto-cjk)
  has_library 'libzbar\.so\.0' || missing+=(libzbar0)
  has_library 'libEGL\.so\.1' || missing+=(libegl1)
  has_library 'libGLESv2\.so\.2' || missing+=(libgles2)
  has_library 'libatomic\.so\.1' || missing+=(libatomic1)  # Playwright's driver
  has_library 'libgbm\.so\.1' || missing+=(libgbm1)
  compgen -G '/usr/lib/*/dri/*_dri.so' >/dev/null || missing+=(libgl1-mesa-dri)
  # The tests that need what could not be installed say so themselves.
  [ ${#missing[@]} = 0 ] || apt_install "${missing[@]}" || true
}

# need_venv EXTRA: .venv with this project and that extra, made or renewed where pyproject.toml, the Python or the
# place of the clone changed; quick where nothing did.
need_venv() {
  local extra=$1 python wanted stamp=".venv/.installed-$1"
  python=$(find_python) || { apt_install python3 python3-venv && python=$(find_python); } \
    || give_up "Python 3.11 or newer is needed; here is: $(python3 --version 2>&1 || true)"
  wanted=$({ "$python" -VV; pwd; cat pyproject.toml; } | sha256sum)
  # what the tests need holds what everything else needs
  if [ -x .venv/bin/python ] \
     && { [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] || [ "$(cat .venv/.installed-test 2>/dev/null)" = "$wanted" ]; }; then
    return
  fi
  if ! { [ -x .venv/bin/python ] && .venv/bin/python -m pip --version && grep -qx "$(pwd)" .venv/.place; } >/dev/null 2>&1; then
    say "making .venv with $("$python" -VV | head -1)"
    rm -rf .venv
    if ! "$python" -m venv .venv >/dev/null 2>&1; then
      rm -rf .venv
      apt_install "python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv" || true
      "$python" -m venv .venv || give_up "could not make a virtual environment with $python"
    fi
    pwd >.venv/.place
  fi
  say "installing the project and what it needs (some minutes the first time)"
  .venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check -e ".[$extra]" \
    || give_up "pip could not install the project (see above)"
  if [ "$extra" = test ] && ! has_browser; then
    .venv/bin/playwright install --with-deps chromium >&2 || say "no browser for the console's tests"
  fi
  printf '%s\n' "$wanted" >"$stamp"
}
