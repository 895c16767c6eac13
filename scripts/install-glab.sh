#!/bin/sh
# Puts glab, GitLab's own command line client, into .cache/glab/glab for the tests that run it against the simulator.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache="$here/../.cache/glab"
program="$cache/glab"

if "$program" version >/dev/null 2>&1; then
  exit 0
fi

sh "$here/unpack-debian.sh" trixie "$cache/unpacked" alone glab || {
  printf 'install-glab: any glab will do: place the program, or a link to it, at %s\n' "$program" >&2
  exit 1
}
mv "$cache/unpacked/usr/bin/glab" "$program"
rm -rf "$cache/unpacked"
"$program" version
