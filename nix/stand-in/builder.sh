# What stdenv's setup script does, as far as packages of artifacts need it. Plain POSIX shell.
set -eu

PATH=/usr/bin:/bin
for input in $nativeBuildInputs; do
  PATH="$input/bin:$PATH"
  if [ -e "$input/nix-support/setup-hook" ]; then . "$input/nix-support/setup-hook"; fi
done
export PATH
umask 022

# What the recipe says, then what the hooks of its inputs do.
runHook() {
  eval "hook=\${$1:-} hooks=\${$1Hooks:-}"
  eval "$hook"
  for function in $hooks; do "$function"; done
}

cd "$NIX_BUILD_TOP"
eval "$installPhase"
runHook postFixup

# Ends in a builtin: a shell that execs its last command can make Nix kill the builder when that closes its output.
exit 0
