# The option that names our command line; manuals show how its default is made instead of a store path.
{ lib, pkgs }:
lib.mkOption {
  type = lib.types.package;
  default = pkgs.callPackage ../package { };
  defaultText = lib.literalExpression "pkgs.callPackage nix/package { }";
  description = "The package with the program `artifacts`.";
}
