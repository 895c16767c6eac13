/**
  A package of one program: the file, installed as `bin/<program>`, byte for byte.

  # Inputs

  `pkgs`
  : The final package set.

  `program`
  : Name of the program in `bin/`.

  `package`
  : Attributes of the derivation: `pname`, `version`, `src`, `meta`, `passthru`.

  # Type

  ```
  installBinary :: { pkgs :: AttrSet, program :: String, package :: AttrSet } -> Derivation
  ```

  # Examples

  ```nix
  (installBinary {
    inherit pkgs;
    program = "art";
    package = { pname = "example"; version = "1.2.3"; src = ./art; };
  }).name
  => "example-1.2.3"
  ```
*/
{
  pkgs,
  program,
  package,
}:
pkgs.stdenvNoCC.mkDerivation (
  package
  // import ./untouched.nix
  // {
    inherit program;
    installPhase = ''
      runHook preInstall
      install -D -m 755 "$src" "$out/bin/$program"
      runHook postInstall
    '';
  }
)
