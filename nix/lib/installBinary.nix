/**
  A package of one program: the file, installed as `bin/<program>`, byte for byte.

  # Inputs

  `pkgs`
  : The final package set.

  `program`
  : Name of the program in `bin/`.

  `runtime`
  : What the program needs to run, as `mkInstalled` takes it.

  `package`
  : Attributes of the derivation: `pname`, `version`, `src`, `meta`, `passthru`.

  # Type

  ```
  installBinary :: { pkgs :: AttrSet, program :: String, runtime :: AttrSet ?, package :: AttrSet } -> Derivation
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
  runtime ? { },
  package,
}:
import ./mkInstalled.nix {
  inherit pkgs package runtime;
  attributes = {
    inherit program;
    installPhase = ''
      runHook preInstall
      install -D -m 755 "$src" "$out/bin/$program"
      runHook postInstall
    '';
  };
}
