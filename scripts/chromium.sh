#!/usr/bin/env bash
# Sees to it that there is a Chromium for the browser tests: the machine's, or Debian's package where we may install it.
set -euo pipefail
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null
else
    echo "The browser tests need Chromium; install it (Debian: apt install chromium)" >&2
    exit 1
fi
