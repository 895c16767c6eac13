#!/bin/sh
# unpack-debian.sh SUITE DIRECTORY alone|complete PACKAGE: unpacks a package of another suite of Debian, alone or complete with
# what it depends on, into a new directory. It comes through the mirror that this machine's apt already uses (or the one in
# DEBIAN_MIRROR), with apt directories of its own: nothing is installed, and the machine's own package lists stay as they are.
set -eu

suite=$1 directory=$2 extent=$3 package=$4
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

fail() {
  printf 'unpack-debian: %s\n' "$1" >&2
  exit 1
}

for tool in apt-get dpkg-deb; do
  command -v "$tool" >/dev/null || fail "needs $tool, so a Debian machine"
done
[ -r "$keyring" ] || fail "needs $keyring (package debian-archive-keyring)"

mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | sort -u | head -n 1)}
[ -n "$mirror" ] || fail "apt knows no Debian mirror; run apt-get update first, or set DEBIAN_MIRROR"

mkdir -p "$(dirname "$directory")"
work=$(mktemp -d "$directory.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial"
: >"$work/status"
printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$mirror" "$suite" >"$work/suite.list"

apt() {
  (cd "$work/cache/archives" && apt-get -q -y --no-install-recommends \
    -o "Dir::Etc::sourcelist=$work/suite.list" -o Dir::Etc::sourceparts=- \
    -o "Dir::State=$work/state" -o "Dir::State::status=$work/status" -o "Dir::Cache=$work/cache" \
    -o Acquire::Languages=none -o APT::Sandbox::User= "$@") >"$work/log" 2>&1 ||
    { cat "$work/log" >&2; fail "apt-get $1 failed"; }
}

apt update
case $extent in
  alone) apt download "$package" ;;
  # With no package installed as far as apt knows, all that is needed is fetched.
  complete) apt install --download-only "$package" ;;
  *) fail "takes alone or complete, not $extent" ;;
esac

mkdir "$work/unpacked"
for archive in "$work"/cache/archives/*.deb; do
  dpkg-deb -x "$archive" "$work/unpacked"
done
chmod 755 "$work/unpacked"
rm -rf "$directory"
mv "$work/unpacked" "$directory"
