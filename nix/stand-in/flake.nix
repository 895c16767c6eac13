{
  description = "A stand-in for nixpkgs, for tests and demonstrations without network";

  outputs = _: { lib = import ./lib.nix; };
}
