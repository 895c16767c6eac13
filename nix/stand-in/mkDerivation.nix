/**
  `stdenvNoCC.mkDerivation` as far as packages of artifacts need it: `finalAttrs`, `overrideAttrs`, `passthru`, `meta`, the
  install phase with its hooks, `postFixup`, `nativeBuildInputs`, `finalPackage`, and the refusal of what is unfree. Nothing is
  unpacked. Tools are those of the machine, so the sandbox must hold `/usr`, `/lib` and `/lib64`.

  # Type

  ```
  mkDerivation :: { system :: String, allowUnfree :: Bool } -> (AttrSet | (AttrSet -> AttrSet)) -> Derivation
  ```
*/
{ system, allowUnfree }:
attrsOrFunction:
let
  notInTheEnvironment = [
    "meta"
    "passthru"
  ];

  build =
    recipe:
    let
      attrs = recipe package;
      passthru = attrs.passthru or { };
      raw = derivation (
        builtins.removeAttrs attrs notInTheEnvironment
        // {
          inherit system;
          name = attrs.name or "${attrs.pname}-${attrs.version}";
          builder = "/bin/sh";
          args = [ ./builder.sh ];
          nativeBuildInputs = attrs.nativeBuildInputs or [ ];
        }
      );
      isRefused = !allowUnfree && !(attrs.meta.license.free or true);
      refusing = value: if isRefused then throw "Package ‘${raw.name}’ has an unfree license" else value;
      package =
        raw
        // attrs
        // passthru
        // {
          inherit (raw) name;
          drvPath = refusing raw.drvPath;
          outPath = refusing raw.outPath;
          out = package;
          inherit passthru;
          meta = attrs.meta or { };
          finalPackage = package;
          overrideAttrs = change: build (final: recipe final // asOverlay change final (recipe final));
        };
    in
    package;

  # `overrideAttrs` takes attributes, a function of the old ones, or one of the final and the old ones.
  asOverlay =
    change: final: old:
    if !builtins.isFunction change then
      change
    else if builtins.isFunction (change old) then
      change final old
    else
      change old;
in
build (if builtins.isFunction attrsOrFunction then attrsOrFunction else _: attrsOrFunction)
