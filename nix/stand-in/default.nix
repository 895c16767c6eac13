/**
  A stand-in for nixpkgs, large enough to build packages of artifacts offline with the tools of the machine. For tests and for
  `artifacts demo`; nothing that is generated refers to it.

  # Inputs

  `system`
  : The Nix system to build on.

  `crossSystem`
  : The Nix system to build for.

  `overlays`
  : Overlays, as nixpkgs takes them.

  `config`
  : `allowUnfree`, as nixpkgs takes it.

  # Type

  ```
  { system :: String ?, crossSystem :: String ?, overlays :: [ Overlay ] ?, config :: AttrSet ?, ... } -> AttrSet
  ```
*/
{
  system ? builtins.currentSystem,
  crossSystem ? system,
  overlays ? [ ],
  config ? { },
  ...
}:
let
  base =
    let
      platformOf = system: {
        inherit system;
        isAarch64 = builtins.match "aarch64-.*" system != null;
        isDarwin = builtins.match ".*-darwin" system != null;
        isMusl = false;
        canExecute = other: other.system == system;
        isLinux = builtins.match ".*-linux" system != null;
      };
      stdenvNoCC = {
        hostPlatform = platformOf crossSystem;
        buildPlatform = platformOf system;
        mkDerivation = import ./mkDerivation.nix {
          inherit system;
          allowUnfree = config.allowUnfree or false;
        };
      };
      fromTheMachine =
        name: programs:
        stdenvNoCC.mkDerivation {
          name = "${name}-of-the-machine";
          inherit programs;
          installPhase = ''
            mkdir -p "$out/bin"
            for program in $programs; do ln -s "/usr/bin/$program" "$out/bin/"; done
          '';
        };
      # The tools are in `/usr/bin`; a package of one has links to its programs.
      machine = builtins.mapAttrs fromTheMachine {
        bzip2 = [ "bzip2" ];
        coreutils = [
          "cat"
          "chmod"
          "head"
          "mkdir"
        ];
        curl = [ "curl" ];
        dpkg = [ "dpkg-deb" ];
        gnutar = [ "tar" ];
        gzip = [ "gzip" ];
        squashfsTools = [ "unsquashfs" ];
        unzip = [ "unzip" ];
        xz = [ "xz" ];
        zstd = [ "zstd" ];
      };
    in
    machine
    // {
      lib = import ./lib.nix;
      inherit stdenvNoCC;
      stdenv = stdenvNoCC;
      buildPackages = final;
      runCommand =
        name: attributes: installPhase:
        stdenvNoCC.mkDerivation (attributes // { inherit name installPhase; });
      makeWrapper = stdenvNoCC.mkDerivation {
        name = "make-wrapper";
        installPhase = ''install -D -m 755 ${./wrap-program.sh} "$out/bin/wrapProgram"'';
      };
      darwin = {
        cctools = fromTheMachine "cctools" [ "codesign_allocate" ] // {
          targetPrefix = "";
        };
        sigtool = stdenvNoCC.mkDerivation {
          name = "sigtool";
          installPhase = ''
            install -D -m 755 ${./sigtool.sh} "$out/bin/sigtool"
            install -D -m 755 ${./codesign.sh} "$out/bin/codesign"
          '';
        };
      };
      autoPatchelfHook = stdenvNoCC.mkDerivation {
        name = "auto-patchelf-hook";
        installPhase = ''install -D ${./auto-patchelf.sh} "$out/nix-support/setup-hook"'';
      };
      # A package with libraries, which Debian has in a folder of the platform.
      openssl = stdenvNoCC.mkDerivation {
        name = "openssl-of-the-machine";
        installPhase = ''
          mkdir -p "$out/lib"
          ln -s /usr/lib/*/libssl.so.* /usr/lib/*/libcrypto.so.* "$out/lib/"
        '';
      };
      callPackage = import ./callPackage.nix final;
      mkShellNoCC = attrs: stdenvNoCC.mkDerivation ({ name = "shell"; } // attrs);
      runtimeShell = "/bin/sh";
      # In `/usr/bin` or `/usr/local/bin`, as it was installed.
      nodejs = stdenvNoCC.mkDerivation {
        name = "nodejs-of-the-machine";
        installPhase = ''
          mkdir -p "$out/bin"
          ln -s "$(PATH="/usr/local/bin:$PATH" command -v node)" "$out/bin/node"
        '';
      };
      nixfmt = fromTheMachine "nixfmt" [ "nixfmt" ];
      nixfmt-tree = stdenvNoCC.mkDerivation {
        name = "nixfmt-of-nobody";
        installPhase = ''mkdir "$out"'';
      };
      cacert = stdenvNoCC.mkDerivation {
        name = "certificates-of-the-machine";
        installPhase = ''
          mkdir -p "$out/etc/ssl/certs"
          touch "$out/etc/ssl/certs/ca-bundle.crt"
        '';
      };
    };

  final = builtins.foldl' (prev: overlay: prev // overlay final prev) base overlays;
in
final
