/**
  A fixed-output derivation that downloads nothing: the bytes are in the store, or come from a binary cache, or the build
  fails with `message`.

  Unlike `requireFile` of nixpkgs it may be substituted and needs no stdenv, so the message is the first thing that happens.
  The output path is that of `fetchProxy` with the same name, hash and `form`.

  # Inputs

  `name`
  : Name in the Nix store.

  `hash`
  : SRI sha256: of the file for form `file`, else of the NAR.

  `message`
  : What to tell a person when the bytes are missing. Nix shows the last ten lines, so it should have fewer.

  `system`
  : The system to fail on, which is the one that builds.

  `form`
  : `file`, `executable` for a file with the executable bit, or `unpacked` for a tree.

  # Type

  ```
  fetchRequire :: { name :: String, hash :: String, message :: String, system :: String, form :: String ? } -> Derivation
  ```

  # Examples

  ```nix
  (fetchRequire {
    name = "art.bin";
    hash = "sha256-UbwPwfGRBPpuic5Qvpqh9XwzRsHKUatJ9fAOFM6PgHY=";
    message = "Run: artifacts fetch art";
    system = "x86_64-linux";
  }).outPath
  => "/nix/store/6f2l1dh2b1qbp7ssqfixjqn2dp39ca83-art.bin"
  ```
*/
{
  name,
  hash,
  message,
  system,
  form ? "file",
}:
derivation {
  inherit name system message;
  builder = "/bin/sh";
  # The sandbox may hold nothing but a shell. The message is an environment variable and never part of the script.
  args = [
    "-c"
    "printf '%s\\n' \"$message\"; exit 1"
  ];
  outputHash = hash;
  outputHashMode = if form == "file" then "flat" else "recursive";
  outputHashAlgo = "sha256";
  preferLocalBuild = true;
}
