#!/bin/sh
# Runs pytest on embedded servers, or on DATABASE_URL and REDIS_URL when they are set. With EPMO_CI_DATABASE_URL and
# EPMO_CI_REDIS_URL the tests marked `served` run once more on those, in a database of their own.
# `test.sh --served` runs only that second part. Everything else is handed on to pytest.
set -eu
cd "$(dirname "$0")/.."
pytest=".venv/bin/python -m pytest"

served() {
    : "${EPMO_CI_DATABASE_URL:?must be set for the tests marked served}"
    : "${EPMO_CI_REDIS_URL:?must be set for the tests marked served}"
    DATABASE_URL=$EPMO_CI_DATABASE_URL REDIS_URL=$EPMO_CI_REDIS_URL $pytest -m served "$@"
}

if [ "${1:-}" = --served ]; then
    shift
    served "$@"
    exit
fi
$pytest "$@"
case " $* " in
*" -m "*) exit 0 ;; # a choice was made: run that choice only
esac
if [ -n "${EPMO_CI_DATABASE_URL:-}" ] && [ -n "${EPMO_CI_REDIS_URL:-}" ]; then
    served
fi
