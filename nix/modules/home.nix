/**
  home-manager: `services.nix-artifacts.proxy`, run by and for one user, with that user's own login. The daemon takes no settings
  from users: derivations that carry the proxy's address work at once, the rest with `nix copy --from`.
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
  arguments =
    import ./proxy-arguments.nix lib cfg
    ++ lib.optionals (cfg.tokenFile != null) [
      "--token-file"
      cfg.tokenFile
    ];
  quote = import ./systemd-quote.nix;
  policy = import ./proxy-policy.nix { inherit lib pkgs cfg; };
  place = lib.optionalAttrs (policy != null) { WorkingDirectory = "${policy}"; };
in
{
  options.services.nix-artifacts.proxy = import ./proxy-options.nix { inherit lib pkgs; } // {
    tokenFile = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "File with a token. Null: the one of `artifacts auth login`, glab or netrc.";
    };
  };

  config = mkIf cfg.enable {
    assertions = import ./proxy-assertions.nix lib cfg;

    home.packages = [ cfg.package ];

    systemd.user.services.nix-artifacts-proxy = mkIf pkgs.stdenv.hostPlatform.isLinux {
      Unit.Description = "Locked GitLab CI artifacts for Nix";
      Install.WantedBy = [ "default.target" ];
      Service = {
        ExecStart = lib.concatStringsSep " " (map quote arguments);
        Environment = [ (quote "GITLAB_HOST=${cfg.gitlab}") ];
        Restart = "on-failure";
        RestartSec = 5;
        NoNewPrivileges = true;
        LockPersonality = true;
        RestrictNamespaces = true;
        RestrictSUIDSGID = true;
        SystemCallArchitectures = "native";
        UMask = "0077";
      }
      // place;
    };

    launchd.agents.nix-artifacts-proxy = mkIf pkgs.stdenv.hostPlatform.isDarwin {
      enable = true;
      config = {
        ProgramArguments = arguments;
        EnvironmentVariables.GITLAB_HOST = cfg.gitlab;
        KeepAlive = true;
        RunAtLoad = true;
        ProcessType = "Background";
      }
      // place;
    };
  };
}
