/**
  Attributes of a derivation whose files are installed as they came: nothing is unpacked or built, and fixing up changes no
  byte. The fixup phase itself still runs, so that `autoPatchelfHook` can be added with `overrideAttrs`.

  # Type

  ```
  untouched :: AttrSet
  ```

  # Examples

  ```nix
  untouched.dontUnpack
  => true
  ```
*/
{
  dontUnpack = true;
  dontConfigure = true;
  dontBuild = true;
  dontStrip = true;
  dontPatchELF = true;
  dontPatchShebangs = true;
  dontPruneLibtoolFiles = true;
  dontRewriteSymlinks = true;
  darwinDontCodeSign = true;
}
