/**
  nix-darwin: `services.nix-artifacts.proxy`, a daemon of launchd. launchd knows no credentials, so the token is a file that the
  daemon's own account may read.
*/
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkIf mkOption types;
  cfg = config.services.nix-artifacts.proxy;
  nix = import ./proxy-nix-settings.nix { inherit lib cfg; };
  policy = import ./proxy-policy.nix { inherit lib pkgs cfg; };
in
{
  options.services.nix-artifacts.proxy =
    import ./proxy-options.nix { inherit lib pkgs; }
    // nix.options
    // {
      tokenFile = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "/etc/nix-artifacts/token";
        description = "File with a token (`read_api`), readable by `user` alone. Null where all callers bring their own.";
      };

      user = mkOption {
        type = types.str;
        example = "_nix-artifacts";
        description = "The account that runs the proxy. It must exist, and needs no rights.";
      };

      cacheDirectory = mkOption {
        type = types.str;
        default = "/var/db/nix-artifacts";
        description = "Where downloads are kept.";
      };
    };

  config = mkIf cfg.enable {
    assertions = import ./proxy-assertions.nix lib cfg;

    nix.settings = nix.settings;

    system.activationScripts.launchd.text = import ./darwin-directories.nix {
      inherit lib;
      inherit (cfg) user;
      directories.${cfg.cacheDirectory} = "0700";
    };

    launchd.daemons.nix-artifacts-proxy = {
      # As a `command`, nix-darwin has launchd wait until the volume with the store is mounted.
      command = lib.escapeShellArgs (
        import ./proxy-arguments.nix lib cfg
        ++ [
          "--cache"
          cfg.cacheDirectory
        ]
        ++ lib.optionals (cfg.tokenFile != null) [
          "--token-file"
          cfg.tokenFile
        ]
      );
      serviceConfig = {
        EnvironmentVariables.GITLAB_HOST = cfg.gitlab;
        UserName = cfg.user;
        KeepAlive = true;
        RunAtLoad = true;
        ProcessType = "Background";
        StandardErrorPath = "/var/log/nix-artifacts-proxy.log";
      }
      // lib.optionalAttrs (policy != null) { WorkingDirectory = "${policy}"; };
    };
  };
}
