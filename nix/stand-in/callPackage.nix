# `callPackage`: a function gets from the package set the arguments that it names.
set: fileOrFunction: arguments:
let
  call = if builtins.isFunction fileOrFunction then fileOrFunction else import fileOrFunction;
in
set.lib.makeOverridable call (builtins.intersectAttrs (builtins.functionArgs call) set // arguments)
