# Generated from artifacts.lock.json by nix-artifacts. Do not edit; to write it again, run: artifacts generate
{
  proxy = "http://127.0.0.1:7467";
  artifacts = ./artifacts;
  provenance = ./provenance;
  files = {
    acme = "acme.json";
  };
  groups = {
    developers = [
      "acme"
    ];
    tools = [
      "acme"
    ];
  };
}
