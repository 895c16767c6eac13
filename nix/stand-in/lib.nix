# The part of nixpkgs' `lib` that generated overlays, our modules, our package and the consumer template use.
import ./modules.nix
// rec {
  inherit (builtins) concatStringsSep;
  optionals = condition: list: if condition then list else [ ];
  optional = condition: value: optionals condition [ value ];
  optionalAttrs = condition: set: if condition then set else { };
  optionalString = condition: text: if condition then text else "";
  hasPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;
  removePrefix =
    prefix: text:
    if hasPrefix prefix text then builtins.substring (builtins.stringLength prefix) (-1) text else text;

  sourceTypes.binaryNativeCode = {
    shortName = "binaryNativeCode";
    isSource = false;
  };

  genAttrs =
    names: value:
    builtins.listToAttrs (
      map (name: {
        inherit name;
        value = value name;
      }) names
    );

  composeManyExtensions =
    overlays: final: prev:
    builtins.foldl' (changes: overlay: changes // overlay final (prev // changes)) { } overlays;

  mapAttrsToList = function: set: map (name: function name set.${name}) (builtins.attrNames set);
  mapAttrs' = function: set: builtins.listToAttrs (mapAttrsToList function set);

  licenses.mit.spdxId = "MIT";
  licenses.unfree = {
    shortName = "unfree";
    free = false;
  };
  getLicenseFromSpdxId = id: { spdxId = id; };

  splitString =
    separator: text:
    builtins.filter builtins.isString (
      builtins.split (builtins.replaceStrings [ "." ] [ "\\." ] separator) text
    );

  attrByPath =
    path: default: set:
    if path == [ ] then
      set
    else if set ? ${builtins.head path} then
      attrByPath (builtins.tail path) default set.${builtins.head path}
    else
      default;

  escapeShellArg = argument: "'${builtins.replaceStrings [ "'" ] [ "'\\''" ] (toString argument)}'";
  escapeShellArgs = arguments: concatStringsSep " " (map escapeShellArg arguments);

  getExe = package: "${package}/bin/${package.meta.mainProgram}";

  makeOverridable =
    function: arguments:
    function arguments
    // {
      override =
        change:
        makeOverridable function (
          arguments // (if builtins.isFunction change then change arguments else change)
        );
    };

  makeBinPath = packages: builtins.concatStringsSep ":" (map (package: "${package}/bin") packages);

  filterAttrs =
    keep: set:
    builtins.removeAttrs set (builtins.filter (name: !keep name set.${name}) (builtins.attrNames set));

  meta.availableOn =
    platform: package:
    !(package ? meta.platforms) || builtins.elem platform.system package.meta.platforms;
}
