/**
  A function of named arguments that fails with the names it knows when it is called with others, or without those it needs.

  # Inputs

  `name`
  : What the function is called, for the message.

  `function`
  : A function, which may also be one that takes no named arguments.

  # Type

  ```
  checkedFunction :: { name :: String, function :: a -> b } -> a -> b
  ```

  # Examples

  ```nix
  checkedFunction { name = "add"; function = { a, b ? 1 }: a + b; } { a = 2; }
  => 3
  checkedFunction { name = "add"; function = { a, b ? 1 }: a + b; } { a = 2; c = 3; }
  => <error>
  ```
*/
{ name, function }:
let
  known = builtins.functionArgs function;
  shown = argument: if known.${argument} then "${argument} (optional)" else argument;
  takes = "it takes " + builtins.concatStringsSep ", " (map shown (builtins.attrNames known));

  checked =
    arguments:
    let
      unknown = builtins.attrNames (builtins.removeAttrs arguments (builtins.attrNames known));
      missing = builtins.filter (argument: !known.${argument} && !arguments ? ${argument}) (
        builtins.attrNames known
      );
    in
    if !builtins.isAttrs arguments then
      throw "${name}: expected an attribute set; ${takes}"
    else if unknown != [ ] then
      throw "${name}: there is no argument `${builtins.head unknown}`; ${takes}"
    else if missing != [ ] then
      throw "${name}: the argument `${builtins.head missing}` is missing; ${takes}"
    else
      function arguments;
in
if known == { } then function else checked
