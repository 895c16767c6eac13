/**
  The command line, built from this source and from the npm packages in `package-lock.json`, each a fixed-output derivation
  with the integrity that stands there.

  # Inputs

  `registry`
  : Base URL of the npm registry to download from; the lock has no addresses. The store paths do not depend on it. Null: what
    is not in the store or in a substituter cannot be built, and says so.

  # Type

  ```
  { stdenvNoCC, lib, nodejs, runtimeShell, xz, registry :: String ? } -> Derivation
  ```
*/
{
  stdenvNoCC,
  lib,
  nodejs,
  runtimeShell,
  xz,
  registry ? null,
}:
let
  manifest = builtins.fromJSON (builtins.readFile ../../package.json);
  npm = import ./npm-packages.nix {
    lock = builtins.fromJSON (builtins.readFile ../../package-lock.json);
    platform = stdenvNoCC.hostPlatform;
    buildSystem = stdenvNoCC.buildPlatform.system;
    inherit registry;
  };

  unpack =
    { path, tarball, ... }:
    ''
      mkdir -p ${lib.escapeShellArg path}
      tar -xzf ${tarball} -C ${lib.escapeShellArg path} --strip-components=1 --no-same-owner --no-same-permissions
    '';
in
stdenvNoCC.mkDerivation {
  pname = manifest.name;
  inherit (manifest) version;

  src = builtins.path {
    name = "nix-artifacts-source";
    path = ../..;
    filter = import ./is-source.nix (toString ../..);
  };

  nativeBuildInputs = [ nodejs ];
  dontUnpack = true;

  installPhase = ''
    cp -r "$src" source
    chmod -R u+w source
    cd source
    ${lib.concatStringsSep "" (map unpack npm.build)}
    export HOME="$PWD"
    node node_modules/typescript/bin/tsc -p tsconfig.build.json
    node scripts/finish-build.js
    rm -rf node_modules

    home="$out/lib/nix-artifacts"
    mkdir -p "$home" "$out/bin"
    cp -r dist nix manifests package.json artifacts.lock.schema.json "$home"
    cd "$home"
    ${lib.concatStringsSep "" (map unpack npm.run)}
    # What the caller has comes first; xz is for `--compression xz`.
    printf '#!%s\nPATH="''${PATH:+$PATH:}%s" exec %s %s "$@"\n' \
      ${runtimeShell} ${lib.makeBinPath [ xz ]} ${nodejs}/bin/node "$home/dist/cli.js" > "$out/bin/artifacts"
    chmod 755 "$out/bin/artifacts"
  '';

  # Prebuilt addons of npm packages stay as they were signed and hashed.
  dontStrip = true;
  dontPatchELF = true;

  meta = {
    inherit (manifest) description;
    mainProgram = "artifacts";
    platforms = [
      "aarch64-darwin"
      "aarch64-linux"
      "x86_64-darwin"
      "x86_64-linux"
    ];
    license = lib.licenses.mit;
  };
}
