# Options that the proxy has on NixOS alone, where systemd hands it files and sockets.
{ lib, socketFile }:
let
  inherit (lib) mkOption types;
in
{
  tokenFile = mkOption {
    type = types.nullOr types.str;
    default = null;
    example = "/run/secrets/gitlab-token";
    description = ''
      File with a token (`read_api`), readable by root alone. systemd hands it to the service. A string, so that it is
      not copied into the store. Null where all callers bring their own.
    '';
  };

  tls = {
    certFile = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "/var/lib/acme/artifacts.example.com/fullchain.pem";
      description = ''
        The proxy's own certificate, for `certificates.listen` and for the addresses of `passthrough` and `idTokens.listen`
        that begin with `tls:`. A renewed one counts when the service starts again.
      '';
    };
    keyFile = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "/var/lib/acme/artifacts.example.com/key.pem";
      description = "Its key, readable by root alone. systemd hands it to the service.";
    };
  };

  certificates = {
    listen = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "0.0.0.0:7468" ];
      description = ''
        Addresses with TLS on which callers show a certificate of `clientCaFile`. Other machines may reach them, if the
        firewall lets them.
      '';
    };
    clientCaFile = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "/etc/nix-artifacts/clients.pem";
      description = "The authorities whose certificates callers show.";
    };
  };

  socketGroup = mkOption {
    type = types.nullOr types.str;
    default = null;
    example = "nixbld";
    description = ''
      Group that may connect to ${socketFile}. With `nixbld` these are the fixed-output builds of this machine, and
      sandboxes see the socket. It is for derivations of your own, with `curl --unix-socket`: Nix itself cannot use it,
      so that artifacts need `listen`.
    '';
  };
}
