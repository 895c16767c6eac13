# The part of nixpkgs' `lib` that generated overlays and the consumer template use.
{
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

  makeBinPath = packages: builtins.concatStringsSep ":" (map (package: "${package}/bin") packages);

  filterAttrs =
    keep: set:
    builtins.removeAttrs set (builtins.filter (name: !keep name set.${name}) (builtins.attrNames set));

  meta.availableOn =
    platform: package:
    !(package ? meta.platforms) || builtins.elem platform.system package.meta.platforms;
}
