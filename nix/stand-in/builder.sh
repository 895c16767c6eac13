# What stdenv's setup script does, as far as packages of artifacts need it. Plain POSIX shell.
set -eu

PATH=/usr/bin:/bin
for input in $nativeBuildInputs; do
  PATH="$input/bin:$PATH"
done
export PATH
umask 022

runHook() {
  eval "hook=\${$1:-}"
  eval "$hook"
}

cd "$NIX_BUILD_TOP"
eval "$installPhase"
runHook postFixup

# Ends in a builtin: a shell that execs its last command can make Nix kill the builder when that closes its output.
exit 0
