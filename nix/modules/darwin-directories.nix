# Lines for the activation of nix-darwin: directories of an account, by mode. They come after the accounts that the configuration
# declares and before its daemons.
{
  lib,
  user,
  directories,
}:
lib.mkBefore (
  lib.concatStringsSep "" (
    lib.mapAttrsToList (path: mode: ''
      install -d -m ${mode} -o ${lib.escapeShellArg user} ${lib.escapeShellArg path}
    '') directories
  )
)
