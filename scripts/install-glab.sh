#!/bin/sh
# Puts glab, GitLab's own command line client, into .cache/glab/glab for the tests that run it against the simulator.
# The package comes from Debian trixie through the mirror that this machine's apt already uses, with apt directories of
# its own: nothing is installed, and the machine's own package lists stay as they are.
set -eu

cache="$(cd "$(dirname "$0")/.." && pwd)/.cache/glab"
program="$cache/glab"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

fail() {
  printf 'install-glab: %s\n' "$1" >&2
  printf 'install-glab: any glab will do: place the program, or a link to it, at %s\n' "$program" >&2
  exit 1
}

if "$program" version >/dev/null 2>&1; then
  exit 0
fi

for tool in apt-get dpkg-deb; do
  command -v "$tool" >/dev/null || fail "needs $tool, so a Debian machine"
done
[ -r "$keyring" ] || fail "needs $keyring (package debian-archive-keyring)"

mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | sort -u | head -n 1)
[ -n "$mirror" ] || fail "apt knows no Debian mirror; run apt-get update first"

mkdir -p "$cache"
work=$(mktemp -d "$cache/install.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
printf 'deb [signed-by=%s] %s trixie main\n' "$keyring" "$mirror" >"$work/trixie.list"

apt() {
  (cd "$work" && apt-get -q \
    -o "Dir::Etc::sourcelist=$work/trixie.list" -o Dir::Etc::sourceparts=- \
    -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" \
    -o APT::Sandbox::User= "$@") >"$work/log" 2>&1 ||
    { cat "$work/log" >&2; fail "apt-get $1 failed"; }
}

apt update
apt download glab
dpkg-deb -x "$work"/glab_*.deb "$work/unpacked"
mv "$work/unpacked/usr/bin/glab" "$program"
"$program" version
