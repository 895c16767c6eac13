#!/bin/sh
# Nix's hook after each build (nix.conf: `post-build-hook`): notes in a spool what was built, for `artifacts uploader`.
#
#     post-build-hook.sh [SPOOL]      default: $ARTIFACTS_SPOOL, else /var/spool/nix-artifacts
#
# The build waits for it and fails when it fails. So it starts no program, waits for nobody, and always ends with 0.
#
# An entry is a file of its own, called <derivation>.<pid>, that holds OUT_PATHS and the end of the line. Whatever happens to the text, the
# name is written at once and is enough: it says which derivation's outputs are meant (Nix 2.8.0 leaves OUT_PATHS empty). `set -C` never
# writes into a file that is there, nor through a link.
trap 'exit 0' 0 1 2 13 15
umask 022
set -C -f
spool=${1:-${ARTIFACTS_SPOOL:-/var/spool/nix-artifacts}}
derivation=${DRV_PATH##*/}
for again in '' .1 .2; do
  entry=$spool/${derivation:-built}.$$$again
  { printf '%s\n' "$OUT_PATHS" >"$entry"; } 2>/dev/null && exit 0
done
# A full disk may still have taken the name.
if [ ! -f "$entry" ]; then
  echo "artifacts: cannot write to $spool; not queued for upload: ${OUT_PATHS:-$DRV_PATH}" >&2
fi
