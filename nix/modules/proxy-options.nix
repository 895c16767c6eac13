# Options that the proxy has as a service, whoever runs it: the system or a user, on Linux or macOS.
{ lib, pkgs }:
let
  inherit (lib) mkEnableOption mkOption types;
in
{
  enable = mkEnableOption "the proxy that serves locked GitLab CI artifacts to Nix";

  package = import ./package-option.nix { inherit lib pkgs; };

  locks = mkOption {
    type = types.listOf (types.either types.path (types.strMatching "gitlab:[^@]+@.+"));
    example = [
      "/srv/toolchain/artifacts.lock.json"
      "gitlab:platform/toolchain@main"
    ];
    description = ''
      The locks to serve. A path of a flake's own source is part of the deployment; a path on the machine, which may be a
      pattern, is read again whenever a file changes. `gitlab:PROJECT@REF:PATH` is what a branch of a repository says, which is
      followed.
    '';
  };

  gitlab = mkOption {
    type = types.str;
    example = "gitlab.example.com";
    description = "The instance that the token is for. It is sent to no other, whatever a lock names.";
  };

  listen = mkOption {
    type = types.listOf types.str;
    default = [ "127.0.0.1:7467" ];
    description = ''
      Loopback addresses on which whoever can connect gets what is locked. The one that derivations carry is that of
      `proxy` in `artifacts.config.ts`.
    '';
  };

  passthrough = mkOption {
    type = types.listOf types.str;
    default = [ ];
    example = [ "127.0.0.1:7468" ];
    description = ''
      Loopback addresses on which callers bring their own GitLab token, in their netrc. On NixOS also others, that begin with
      `tls:`.
    '';
  };

  idTokens = {
    listen = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "127.0.0.1:7470" ];
      description = ''
        Loopback addresses on which CI jobs bring an ID token, and get what `policy` allows. On NixOS also others, that begin
        with `tls:`.
      '';
    };
    audiences = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "https://artifacts.example.com" ];
      description = "For whom ID tokens are meant: what `.gitlab-ci.yml` has in `aud`. One of these must fit.";
    };
  };

  policy = mkOption {
    type = types.nullOr (types.listOf (types.attrsOf types.anything));
    default = null;
    example = [
      {
        name = "platform is for all";
        effect = "allow";
        projects = [ "platform/*" ];
      }
    ];
    description = ''
      Who may have what: the rules of `proxyPolicy` in `artifacts.config.ts`. The first that fits decides, and what none
      allows is denied. They are checked while the configuration is built. Null: whoever gets in may have all that is locked.
    '';
  };

  adminListen = mkOption {
    type = types.listOf types.str;
    default = [ ];
    example = [ "127.0.0.1:7469" ];
    description = ''
      Where the status page and the metrics are: loopback addresses, or unix:PATH, which root alone may open on NixOS. They give
      out names of artifacts, never their bytes.
    '';
  };

  cacheSize = mkOption {
    type = types.str;
    default = "20G";
    description = "How much of what was downloaded is kept on disk.";
  };
}
