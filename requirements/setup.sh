#!/usr/bin/env bash
# Makes what is missing of the two environments. Called by make; safe to run again, also after an interruption:
# a stamp holding the lock's hash is written only when everything it stands for is installed.
#
#   setup.sh app       .venv       what `dalil` needs to run
#   setup.sh dev       .venv       what tests, checks, training and benchmarks need on top
#   setup.sh rasa      .venv-rasa  Rasa Open Source, on its own Python 3.10
#   setup.sh browser               Chromium for the browser tests
set -euo pipefail
cd "$(dirname "$0")/.."

TORCH=2.13.0 # by name, before the lock: a machine that has the CPU build takes it
say() { printf '%s\n' "$*"; }
fail() { printf '\nCannot go on: %s\n' "$*" >&2; exit 1; }

need_space() { # megabytes, what for
  local free
  free=$(df -Pm . | awk 'NR == 2 { print $4 }')
  [ "$free" -ge "$1" ] || fail "$2 needs about $1 MB of disk, and only $free MB are free here. Free some space, then run the same command again."
}

lock_hash() { cat "$@" | sha256sum | cut -c1-16; }

# Prints "  [ 12/113] name" while pip works; the whole log is kept and its end shown if pip fails.
pip_install() { # venv, log name, total, pip arguments...
  local venv=$1 name=$2 total=$3 log
  shift 3
  mkdir -p var/log
  log="var/log/setup-$name.log"
  if ! "$venv/bin/python" -m pip install --no-input --disable-pip-version-check --progress-bar off "$@" 2>&1 |
    tee "$log" |
    awk -v total="$total" -v tty="$([ -t 1 ] && echo 1 || echo 0)" '
      /^(Collecting|Requirement already satisfied:)/ {
        name = $1 == "Collecting" ? $2 : $4; sub(/[=<>(;].*/, "", name); n++
        if (tty) { printf "\r  [%3d/%3d] %-40s", n, total, name; fflush() } else if (n % 25 == 0) print "  [" n "/" total "]"
      }
      /^Installing collected/ { printf (tty ? "\r  %-52s" : "  %s\n"), "unpacking ..."; fflush() }
      END { if (tty) printf "\r%54s\r", "" }'; then
    tail -n 15 "$log" >&2
    fail "pip could not install the packages above (whole log: $log). Check the network, then run the same command again: what is there is kept."
  fi
}

find_python() { # versions wanted, best first
  local version candidate pyenv
  pyenv=$(pyenv prefix 2>/dev/null | cut -d: -f1) || true
  for version in "$@"; do
    for candidate in "python$version" ${pyenv:+"$pyenv/bin/python$version"} \
      "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$version"*/bin/python "$(uv python find "$version" 2>/dev/null || true)"; do
      if [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 &&
        [ "$("$candidate" -c 'import sys, ensurepip, venv; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$version" ]; then
        command -v "$candidate"
        return
      fi
    done
  done
  return 1
}

make_venv() { # folder, python
  if ! "$1/bin/python" -c 'import pip' >/dev/null 2>&1; then # absent, half made, or its Python has gone
    rm -rf "$1"
    "$2" -m venv "$1"
  fi
}

setup_app() {
  local stamp=.venv/.dalil-app want python
  want=$(lock_hash requirements/app.txt pyproject.toml)
  [ "$(cat "$stamp" 2>/dev/null)" = "$want" ] && return
  python=$(find_python 3.11 3.12 3.13) ||
    fail "Dalil's app needs Python 3.11, 3.12 or 3.13, and none was found on the PATH, among pyenv's versions or by uv. Install one (for example: pyenv install 3.11, or apt-get install python3 python3-venv), then run the same command again."
  need_space 2500 "The app's environment"
  say "App environment (.venv, $("$python" --version)): about two minutes the first time"
  make_venv .venv "$python"
  pip_install .venv torch 12 "torch==$TORCH"
  pip_install .venv app "$(grep -c -- '==' requirements/app.txt)" --no-deps --require-hashes -r requirements/app.txt
  pip_install .venv dalil 1 --no-deps --no-build-isolation --quiet --editable .
  printf '%s' "$want" >"$stamp"
}

setup_dev() {
  local stamp=.venv/.dalil-dev want
  setup_app
  want=$(lock_hash requirements/dev.txt)
  [ "$(cat "$stamp" 2>/dev/null)" = "$want" ] && return
  need_space 1000 "The development tools"
  say "Development tools (.venv): about a minute the first time"
  pip_install .venv dev "$(grep -c -- '==' requirements/dev.txt)" --no-deps --require-hashes -r requirements/dev.txt
  printf '%s' "$want" >"$stamp"
}

setup_rasa() {
  local stamp=.venv-rasa/.dalil-rasa want python
  want=$(lock_hash requirements/rasa.txt)
  [ "$(cat "$stamp" 2>/dev/null)" = "$want" ] && return
  python=$(find_python 3.10) ||
    fail "Rasa needs Python 3.10, and none was found on the PATH, among pyenv's versions or by uv. Get it with 'pyenv install 3.10' or 'uv python install 3.10', then run the same command again."
  need_space 4000 "Rasa's environment"
  say "Rasa environment (.venv-rasa, $("$python" --version)): about three minutes the first time"
  make_venv .venv-rasa "$python"
  pip_install .venv-rasa rasa "$(grep -c -- '==' requirements/rasa.txt)" --no-deps --require-hashes -r requirements/rasa.txt
  printf '%s' "$want" >"$stamp"
}

setup_browser() {
  command -v chromium >/dev/null 2>&1 && return
  if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    say "Chromium for the browser tests: about a minute the first time"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-core; } >var/log/setup-browser.log 2>&1 ||
      fail "Chromium could not be installed (log: var/log/setup-browser.log)."
  else
    fail "the browser tests need Chromium. Install it (for example: sudo apt-get install chromium fonts-noto-core), then run the same command again."
  fi
}

mkdir -p var/log
for part in "$@"; do
  case $part in
    app | dev | rasa | browser) "setup_$part" ;;
    *) fail "setup.sh knows app, dev, rasa and browser, not '$part'." ;;
  esac
done
