#!/bin/sh
# Puts newer versions of Nix than the machine's own beside it, for the tests that run on each: .cache/nix/<version>/bin/nix and
# its links. Debian has one version in each suite. That of a release stays; sid's moves, and anything from 2.34 on is taken.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache="$(cd "$here/.." && pwd)/.cache/nix"

install_nix() {
  floor=$1 suite=$2 root="$cache/$1"
  if ! is_since "$floor" "$root/bin/nix"; then
    unpack_nix "$suite" "$root"
  fi
  if ! is_since "$floor" "$root/bin/nix"; then
    printf 'install-nixes: Nix %s or newer is needed; %s has %s\n' "$floor" "$suite" "$("$root/bin/nix" --version)" >&2
    exit 1
  fi
}

# Whether the program runs, and is of that version or newer.
is_since() {
  said=$("$2" --version 2>/dev/null) && [ "$(printf '%s\n' "$1" "${said##* }" | sort -V | head -n 1)" = "$1" ]
}

unpack_nix() {
  suite=$1 root=$2
  sh "$here/unpack-debian.sh" "$suite" "$root/debian" complete nix-bin
  rm -rf "$root/bin" "$root/lib"
  mkdir "$root/bin" "$root/lib"
  mv "$root"/debian/usr/bin/nix* "$root/bin"
  mv "$root"/debian/usr/lib/*/*.so* "$root/lib"
  rm -rf "$root/debian"
  bind_libraries "$root"
}

# Every program of Nix is one binary under several names. It is to run with the loader and the libraries that it came with, and
# to be what it finds when it looks for itself.
bind_libraries() {
  for loader in "$1"/lib/ld-linux-*.so.*; do
    patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$1/lib" "$1/bin/nix"
  done
}

install_nix 2.26 trixie
install_nix 2.34 sid
