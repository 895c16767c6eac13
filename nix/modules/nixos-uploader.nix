/**
  NixOS: `services.nix-artifacts.uploader`: Nix's hook notes what this machine builds, and a hardened service sends it to a
  binary cache. The signing key is a systemd credential; neither builds nor their users ever see it.
*/
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkIf;
  cfg = config.services.nix-artifacts.uploader;
  user = "nix-artifacts-uploader";
  spool = "/var/spool/nix-artifacts";

  quote = import ./systemd-quote.nix;
  # Not part of a command line: `$` stands for itself.
  quotePath = path: builtins.toJSON (builtins.replaceStrings [ "%" ] [ "%%" ] path);
  directory = lib.removePrefix "file://" cfg.to;
  isDirectory = lib.hasPrefix "/" directory;

  arguments =
    map quote [
      "${cfg.package}/bin/artifacts"
      "uploader"
      "--spool"
      spool
      "--to"
      cfg.to
    ]
    ++ lib.optionals (cfg.signingKeyFile != null) [
      "--signing-key"
      "%d/signing-key"
    ]
    ++ lib.optionals (cfg.netrcFile != null) [
      "--netrc-file"
      "%d/netrc"
    ];

  secret = import ./secret-option.nix {
    inherit lib;
    reader = "root";
  };
in
{
  options.services.nix-artifacts.uploader =
    import ./uploader-options.nix { inherit lib pkgs secret; }
    // {
      environmentFile = secret "AWS_ACCESS_KEY_ID=… and AWS_SECRET_ACCESS_KEY=…, where no role of the machine says it.";
    };

  config = mkIf cfg.enable {
    assertions = import ./outside-the-store.nix lib "services.nix-artifacts.uploader" {
      inherit (cfg) signingKeyFile netrcFile environmentFile;
    };

    # Root's daemon runs it after each build; it leaves a note and never fails a build.
    nix.settings.post-build-hook = "${cfg.package}/lib/nix-artifacts/nix/post-build-hook.sh";

    users.users.${user} = {
      isSystemUser = true;
      group = user;
    };
    users.groups.${user} = { };

    # Everybody may look at the queue; the uploader and root's hook write.
    systemd.tmpfiles.rules = [ "d ${spool} 0755 ${user} ${user} -" ];

    systemd.services.nix-artifacts-uploader = {
      description = "Uploads what Nix built";
      wantedBy = [ "multi-user.target" ];
      wants = [ "network-online.target" ];
      after = [
        "network-online.target"
        "nix-daemon.socket"
      ];
      path = [ config.nix.package ];
      environment.HOME = "/var/lib/nix-artifacts";

      serviceConfig = import ./systemd-hardening.nix // {
        ExecStart = lib.concatStringsSep " " arguments;
        Restart = "always";
        RestartSec = 5;

        User = user;
        LoadCredential =
          lib.optionals (cfg.signingKeyFile != null) [ "signing-key:${cfg.signingKeyFile}" ]
          ++ lib.optionals (cfg.netrcFile != null) [ "netrc:${cfg.netrcFile}" ];
        EnvironmentFile = lib.optionals (cfg.environmentFile != null) [ cfg.environmentFile ];
        StateDirectory = "nix-artifacts";
        StateDirectoryMode = "0700";
        ReadWritePaths = map quotePath ([ spool ] ++ lib.optionals isDirectory [ directory ]);
        # What it writes is for others to read: the report of the queue, and a cache in a directory.
        UMask = "0022";
        MemoryMax = "512M";
        # Nix asks for its limits when it starts.
        SystemCallFilter = [
          "@system-service"
          "~@privileged"
        ];
      };
    };
  };
}
