{
  description = "Private GitLab CI artifacts as Nix derivations";

  # No inputs: whoever uses this flake brings their own nixpkgs.
  outputs = _: {
    lib = import ./nix/lib;

    templates.default = {
      path = ./nix/templates/consumer;
      description = "Packages from locked GitLab CI artifacts";
    };
  };
}
