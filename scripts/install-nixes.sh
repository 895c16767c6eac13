#!/bin/sh
# Puts newer versions of Nix than the machine's own beside it, for the tests that run on each: .cache/nix/<version>/bin/nix and
# its links. Debian has one version in each suite. That of a release stays; sid's moves, and anything from 2.34 on is taken.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache="$(cd "$here/.." && pwd)/.cache/nix"

install_nix() {
  floor=$1 suite=$2 root="$cache/$1"
  if "$root/bin/nix" --version >/dev/null 2>&1; then
    return
  fi
  sh "$here/unpack-debian.sh" "$suite" "$root/debian" complete nix-bin
  rm -rf "$root/bin" "$root/lib"
  mkdir "$root/bin" "$root/lib"
  mv "$root"/debian/usr/bin/nix* "$root/bin"
  mv "$root"/debian/usr/lib/*/*.so* "$root/lib"
  rm -rf "$root/debian"
  bind_libraries "$root"
  require_version "$floor" "$("$root/bin/nix" --version)"
}

# Every program of Nix is one binary under several names. It is to run with the loader and the libraries that it came with, and
# to be what it finds when it looks for itself.
bind_libraries() {
  for loader in "$1"/lib/ld-linux-*.so.*; do
    patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$1/lib" "$1/bin/nix"
  done
}

require_version() {
  found=${2##* }
  if [ "$(printf '%s\n' "$1" "$found" | sort -V | head -n 1)" != "$1" ]; then
    printf 'install-nixes: Nix %s or newer is needed; the suite has %s\n' "$1" "$found" >&2
    exit 1
  fi
}

install_nix 2.26 trixie
install_nix 2.34 sid
