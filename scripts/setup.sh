#!/bin/sh
# Makes .venv from hash-pinned requirements: `setup.sh base` to run ePMO, `setup.sh test` to develop and test it.
# Does nothing when .venv already holds what is wanted.
set -eu
cd "$(dirname "$0")/.."
want=${1:-base}
python=${PYTHON:-python3}

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

stamp() {
    cat requirements/uv.txt "requirements/$1.txt" scripts/setup.sh | cksum
}

is_current() {
    [ -x .venv/bin/python ] && [ "$(cat ".venv/$1.stamp" 2>/dev/null)" = "$(stamp "$1")" ] && .venv/bin/python -c "" 2>/dev/null
}

# What tests need holds what running needs.
if is_current test || { [ "$want" = base ] && is_current base; }; then
    exit 0
fi
# Once set up for tests, it stays so.
[ -f .venv/test.stamp ] && want=test

command -v "$python" >/dev/null || fail "Python 3.11 or newer is needed. On Debian: apt-get install python3 python3-venv"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 3.11 or newer is needed; $python is $("$python" -V 2>&1). Choose another: make PYTHON=python3.12 setup"
if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "$python cannot make virtual environments. On Debian: apt-get install python3-venv"
    rm -rf .venv
    echo "Making .venv ..." >&2
    "$python" -m venv .venv || fail "$python could not make .venv. On Debian: apt-get install python3-venv"
fi

rm -f .venv/base.stamp .venv/test.stamp
echo "Installing what is pinned in requirements/$want.txt ..." >&2
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
UV_LINK_MODE=${UV_LINK_MODE:-copy} .venv/bin/uv pip sync --quiet --require-hashes --python .venv/bin/python "requirements/$want.txt"
# celery, pytest and granian find the packages of this checkout from any folder.
pwd > "$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/epmo.pth"
stamp "$want" > ".venv/$want.stamp"
