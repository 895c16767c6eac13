#!/bin/sh
# `codesign --sign - FILE` of macOS; elsewhere a last line in place of a signature, and the same refusal of a second one.
if [ -x /usr/bin/codesign ]; then exec /usr/bin/codesign "$@"; fi
if [ "$(tail -n 1 "$3")" = signed ]; then
  echo "$3: is already signed" >&2
  exit 1
fi
printf '\nsigned\n' >> "$3"
