/**
  The derivation of a package whose files are installed as they came, with what its programs need to run.

  On Apple silicon a program without a signature is killed when it starts: those that have none get one of nobody ("ad hoc"). Those
  that are signed keep their bytes.

  `passthru.tests.version` runs the main program with `--version`; `passthru.updateScript` locks the newest artifact.

  # Inputs

  `pkgs`
  : The final package set.

  `package`
  : Attributes of the derivation: `pname`, `version`, `src`, `meta`, `passthru`.

  `runtime`
  : `libraries`, attribute paths of packages that programs are linked with: on Linux programs are patched to find them; without it
    they are left alone. `environment`, variables for programs whose caller has not set them.

  `attributes`
  : What is special: at least `installPhase`.

  # Type

  ```
  mkInstalled ::
    {
      pkgs :: AttrSet,
      package :: AttrSet,
      runtime :: { libraries :: [ String ] ?, environment :: { ${name} :: String } ? },
      attributes :: AttrSet,
    } -> Derivation
  ```

  # Examples

  ```nix
  (mkInstalled {
    inherit pkgs;
    package = { pname = "example"; version = "1.2.3"; src = ./art; meta.mainProgram = "art"; };
    runtime.environment.ART_HOME = "/var/art";
    attributes.installPhase = "install -D $src $out/bin/art";
  }).updateScript
  => [ "artifacts" "lock" "example" ]
  (mkInstalled {
    inherit pkgs;
    package = { pname = "example"; version = "1.2.3"; src = ./art; };
    runtime.libraries = [ "opensll" ];
    attributes.installPhase = "";
  }).outPath
  => <error>
  ```
*/
{
  pkgs,
  package,
  runtime,
  attributes,
}:
let
  inherit (pkgs) lib;

  environment = runtime.environment or { };
  isWrapped = environment != { };
  isPatched = runtime ? libraries && pkgs.stdenv.hostPlatform.isLinux;
  isSigned = pkgs.stdenv.hostPlatform.isDarwin && pkgs.stdenv.hostPlatform.isAarch64;
  inherit (pkgs.buildPackages.darwin) cctools sigtool;

  wrapperArguments = lib.escapeShellArgs (
    builtins.concatMap (name: [
      "--set-default"
      name
      environment.${name}
    ]) (builtins.attrNames environment)
  );

  # Without `--force`, `codesign` refuses what is signed, by whomever.
  signing = ''
    find "$out" -type f | while IFS= read -r file; do
      if sigtool --file "$file" check-requires-signature; then
        said=$(codesign --sign - "$file" 2>&1) || case $said in
          *"already signed"*) ;;
          *)
            echo "error: $file cannot be signed: $said"
            exit 1
            ;;
        esac
      fi
    done
  '';

  libraryAt =
    path:
    lib.attrByPath (lib.splitString "." path) (throw ''
      nixpkgs has no package "${path}", which `libraries` in the manifest of ${package.pname} names.
      Correct it, then run: artifacts lock ${package.pname}'') pkgs;
in
pkgs.stdenvNoCC.mkDerivation (
  final:
  package
  // import ./untouched.nix
  // attributes
  // lib.optionalAttrs isSigned {
    CODESIGN_ALLOCATE = "${cctools}/bin/${cctools.targetPrefix}codesign_allocate";
  }
  // {
    nativeBuildInputs =
      (attributes.nativeBuildInputs or [ ])
      ++ lib.optional isWrapped pkgs.buildPackages.makeWrapper
      ++ lib.optional isPatched pkgs.buildPackages.autoPatchelfHook
      ++ lib.optional isSigned sigtool;
    buildInputs = lib.optionals isPatched (map libraryAt runtime.libraries);

    installPhase =
      attributes.installPhase
      + lib.optionalString isSigned signing
      + lib.optionalString isWrapped ''
        for program in "$out"/bin/*; do
          wrapProgram "$program" ${wrapperArguments}
        done
      '';

    passthru = package.passthru or { } // {
      updateScript = [
        "artifacts"
        "lock"
        package.pname
      ];
      tests.version = pkgs.runCommand "${package.pname}-version" { } ''
        ${lib.getExe final.finalPackage} --version > "$out"
      '';
    };
  }
)
