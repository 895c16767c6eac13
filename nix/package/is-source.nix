# Whether a path of this repository is needed to build the package; a filter of `builtins.path`.
root: path: _:
let
  names = [
    "artifacts.lock.schema.json"
    "manifests"
    "nix"
    "package.json"
    "scripts"
    "src"
    "tsconfig.build.json"
    "tsconfig.json"
  ];
  relative = builtins.substring (builtins.stringLength root + 1) (-1) path;
  top = builtins.head (builtins.split "/" relative);
in
builtins.elem top names
