#!/usr/bin/env bash
# Sees to it that programs are there which tests run: the machine's own, or Debian's package where we may install it.
set -euo pipefail
missing=()
for name in "$@"; do
    case "$name" in
        chromium) known="chromium chromium-browser google-chrome" ;;
        *) known="$name" ;;
    esac
    # shellcheck disable=SC2086  # several names of one program
    command -v $known >/dev/null || missing+=("$name")
done
[ "${#missing[@]}" = 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
    echo "The tests need ${missing[*]}; install what is missing (Debian: apt install ${missing[*]})" >&2
    exit 1
fi
