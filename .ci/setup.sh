# Makes .venv beside the project and installs the project into it; sourced by ./run and ./test.
#
#   prepare FOLDER runtime|dev
#
# Nothing is done, and no network is needed, when nothing has changed since the last time: what
# was installed is remembered in .venv/installed-*. All output goes to standard error.

prepare() {
    venv=$1/.venv
    if [ -f "$venv/installed-$2" ] && [ "$(cat "$venv/installed-$2")" = "$(stamp "$1")" ]; then
        return 0
    fi
    # A virtual environment names its own folder and its Python in many places: one that was moved,
    # half made, or whose Python is gone, is made afresh.
    if [ -e "$venv" ] && ! usable "$venv" "$1"; then
        echo "setup: $venv cannot be used any more; making it again" >&2
        rm -rf "$venv"
    fi
    if [ ! -e "$venv" ]; then
        python=$(find_python) || return 1
        echo "setup: making $venv with $("$python" --version)" >&2
        "$python" -m venv "$venv" >&2 </dev/null || { rm -rf "$venv"; return 1; }
        echo "$1" > "$venv/made-in"
    fi
    echo "setup: installing; this needs the network, once" >&2
    rm -f "$venv"/installed-*
    case $2 in dev) extra='[dev]' ;; *) extra= ;; esac
    (cd "$1" && "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
        -e client -e tools -e ".$extra") >&2 </dev/null || {
        echo "setup: pip could not install the project (see above)" >&2
        return 1
    }
    stamp "$1" > "$venv/installed-runtime"    # dev has everything that runtime has
    stamp "$1" > "$venv/installed-$2"
}

stamp() { # FOLDER: what is to be installed, where and into which Python
    (cd "$1" && cat pyproject.toml client/pyproject.toml tools/pyproject.toml | cksum)
    echo "$1" && "$1/.venv/bin/python" --version 2>/dev/null
}

is_python() { # PROGRAM: runs, and is new enough
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 </dev/null
}

usable() { # VENV FOLDER
    is_python "$1/bin/python" && "$1/bin/python" -c 'import pip' >/dev/null 2>&1 </dev/null &&
        { [ ! -f "$1/made-in" ] || [ "$(cat "$1/made-in")" = "$2" ]; }
}

find_python() {
    for candidate in python3.11 python3.12 python3.13 python3.14 python3; do
        is_python "$candidate" || continue
        if "$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1 </dev/null; then
            command -v "$candidate"
            return 0
        fi
        incomplete=$candidate
    done
    if [ -n "${incomplete:-}" ]; then
        echo "setup: $incomplete cannot make virtual environments. On Debian or Ubuntu, as root:" >&2
        echo "    apt-get install python3-venv" >&2
    else
        echo "setup: Hikari needs Python 3.11 or newer, and found none on the PATH" >&2
    fi
    return 1
}
