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

unpackPhase=${unpackPhase:-'
  runHook preUnpack
  if [ -n "${src:-}" ]; then
    cp -R "$src" source
    chmod -R u+w source
  fi
  runHook postUnpack
'}
installPhase=${installPhase:-'
  runHook preInstall
  mkdir -p "$out"
  runHook postInstall
'}

cd "$NIX_BUILD_TOP"
if [ -z "${dontUnpack:-}" ]; then
  eval "$unpackPhase"
fi
eval "$installPhase"
runHook postFixup

# Ends in a builtin: a shell that execs its last command can make Nix kill the builder when that closes its output.
exit 0
