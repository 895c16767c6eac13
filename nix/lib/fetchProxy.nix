/**
  A fixed-output derivation that downloads from the artifacts proxy when the bytes are in no store or cache.

  It is raw: no nixpkgs, no stdenv, the same derivation for every system. The output path depends on `name`, `hash` and
  `executable`, never on `url`.

  # Inputs

  `name`
  : Name in the Nix store.

  `hash`
  : SRI sha256: of the file, or of its NAR when `executable`.

  `url`
  : Where the proxy serves it. Ends up in the world-readable derivation, so it must hold no secret.

  `executable`
  : Whether the file gets the executable bit.

  # Type

  ```
  fetchProxy :: { name :: String, hash :: String, url :: String, executable :: Bool ? } -> Derivation
  ```

  # Examples

  ```nix
  (fetchProxy {
    name = "art.bin";
    hash = "sha256-UbwPwfGRBPpuic5Qvpqh9XwzRsHKUatJ9fAOFM6PgHY=";
    url = "http://127.0.0.1:7467/fod/…";
  }).outPath
  => "/nix/store/6f2l1dh2b1qbp7ssqfixjqn2dp39ca83-art.bin"
  ```
*/
{
  name,
  hash,
  url,
  executable ? false,
}:
derivation {
  inherit name url executable;
  system = "builtin";
  builder = "builtin:fetchurl";
  outputHash = hash;
  # Both change no output path: Nix 2.8 needs the mode, and asks `hashed-mirrors` only when the algorithm stands here.
  outputHashMode = if executable then "recursive" else "flat";
  outputHashAlgo = "sha256";
  preferLocalBuild = true;
}
