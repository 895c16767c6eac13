# An assertion for each file with a secret, `null` if there is none: the store is for everybody to read.
lib: options: files:
lib.mapAttrsToList (name: file: {
  assertion = file == null || !lib.hasPrefix "${builtins.storeDir}/" file;
  message = "${options}.${name} is in the Nix store, where everybody can read it. Name a file outside.";
}) files
