/**
  A folder with an `artifacts.config.ts` that holds nothing but the policy of a proxy, for the proxy to run in; null without a
  policy. The program itself reads it while the folder is built, so that a rule that is wrong fails the deployment and not the
  service.

  # Type

  ```
  { lib, pkgs, cfg } -> Derivation | null
  ```
*/
{
  lib,
  pkgs,
  cfg,
}:
let
  # JSON is TypeScript; each rule has a line of its own, which errors name.
  config = ''
    import { defineConfig } from "nix-artifacts";

    export default defineConfig({
      proxyPolicy: [
    ${lib.concatStringsSep "" (map (rule: "    ${builtins.toJSON rule},\n") cfg.policy)}  ],
    });
  '';
  canRun = pkgs.stdenv.buildPlatform.canExecute pkgs.stdenv.hostPlatform;
in
if cfg.policy == null then
  null
else
  pkgs.runCommand "nix-artifacts-policy" { inherit config; } (
    ''
      mkdir "$out"
      printf %s "$config" > "$out/artifacts.config.ts"
    ''
    + lib.optionalString canRun ''
      cd "$out"
      export HOME="$NIX_BUILD_TOP"
      echo '{ "version": 1, "artifacts": {} }' > "$HOME/artifacts.lock.json"
      ${cfg.package}/bin/artifacts proxy --check --listen systemd:builds --lock "$HOME/artifacts.lock.json" --cache "$HOME/cache"
    ''
  )
