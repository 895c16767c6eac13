/**
  The key in `systems` that serves a system: the system itself, else `any`, else null.

  # Inputs

  `systems`
  : Variants of an artifact by Nix system.

  `system`
  : The Nix system that is wanted.

  # Type

  ```
  selectVariant :: { ${system} :: Variant } -> String -> String | Null
  ```

  # Examples

  ```nix
  selectVariant { x86_64-linux = { }; any = { }; } "x86_64-linux"
  => "x86_64-linux"
  selectVariant { x86_64-linux = { }; any = { }; } "aarch64-darwin"
  => "any"
  selectVariant { x86_64-linux = { }; } "aarch64-darwin"
  => null
  ```
*/
systems: system:
if systems ? ${system} then
  system
else if systems ? any then
  "any"
else
  null
