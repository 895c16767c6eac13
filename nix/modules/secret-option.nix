# An option that names a file with a secret. A string, because a path of the configuration would be copied into the store.
{ lib, reader }:
text:
lib.mkOption {
  type = lib.types.nullOr lib.types.str;
  default = null;
  description = "${text} Readable by ${reader} alone; a string, so that it is not copied into the store.";
}
