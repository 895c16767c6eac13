/**
  nix-darwin: `services.nix-artifacts.uploader`: Nix's hook notes what this machine builds, and a daemon of launchd sends it to a
  binary cache. launchd knows no credentials, so key and passwords are files that the daemon's own account may read.
*/
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkIf mkOption types;
  cfg = config.services.nix-artifacts.uploader;
  spool = "/var/spool/nix-artifacts";
  home = "/var/db/nix-artifacts-uploader";

  secret = import ./secret-option.nix {
    inherit lib;
    reader = "`user`";
  };
in
{
  options.services.nix-artifacts.uploader =
    import ./uploader-options.nix { inherit lib pkgs secret; }
    // {
      user = mkOption {
        type = types.str;
        example = "_nix-artifacts-uploader";
        description = "The account that runs the uploader. It must exist, needs no rights, and no job may become it.";
      };

      awsCredentialsFile = secret "Keys for a cache in S3, in the format of the AWS tools (`~/.aws/credentials`).";
    };

  config = mkIf cfg.enable {
    assertions = import ./outside-the-store.nix lib "services.nix-artifacts.uploader" {
      inherit (cfg) signingKeyFile netrcFile awsCredentialsFile;
    };

    # Root's daemon runs it after each build; it leaves a note and never fails a build.
    nix.settings.post-build-hook = "${cfg.package}/lib/nix-artifacts/nix/post-build-hook.sh";

    system.activationScripts.launchd.text = import ./darwin-directories.nix {
      inherit lib;
      inherit (cfg) user;
      directories = {
        # Everybody may look at the queue; the uploader and root's hook write.
        ${spool} = "0755";
        ${home} = "0700";
      };
    };

    launchd.daemons.nix-artifacts-uploader = {
      path = [ config.nix.package ];
      # As a `command`, nix-darwin has launchd wait until the volume with the store is mounted.
      command = lib.escapeShellArgs (
        [
          "${cfg.package}/bin/artifacts"
          "uploader"
          "--spool"
          spool
          "--to"
          cfg.to
        ]
        ++ lib.optionals (cfg.signingKeyFile != null) [
          "--signing-key"
          cfg.signingKeyFile
        ]
        ++ lib.optionals (cfg.netrcFile != null) [
          "--netrc-file"
          cfg.netrcFile
        ]
      );
      serviceConfig = {
        EnvironmentVariables = {
          HOME = home;
        }
        // lib.optionalAttrs (cfg.awsCredentialsFile != null) {
          AWS_SHARED_CREDENTIALS_FILE = cfg.awsCredentialsFile;
        };
        UserName = cfg.user;
        KeepAlive = true;
        RunAtLoad = true;
        ProcessType = "Background";
        StandardErrorPath = "/var/log/nix-artifacts-uploader.log";
      };
    };
  };
}
