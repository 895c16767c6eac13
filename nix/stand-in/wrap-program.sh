#!/bin/sh
# wrapProgram PROGRAM [--set-default NAME VALUE]...: what the hook `makeWrapper` of nixpkgs does for these arguments.
set -eu

program=$1
shift
hidden=${program%/*}/.${program##*/}-wrapped
mv "$program" "$hidden"

{
  echo "#!/bin/sh"
  while [ $# -gt 0 ]; do
    quoted=$(printf '%s' "$3" | sed "s/'/'\\\\''/g")
    printf '[ -n "${%s+set}" ] || export %s=%s\n' "$2" "$2" "'$quoted'"
    shift 3
  done
  printf 'exec "%s" "$@"\n' "$hidden"
} > "$program"
chmod 755 "$program"
