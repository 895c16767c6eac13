# Generated from artifacts.lock.json by nix-artifacts. Do not edit; to write it again, run: artifacts generate
{
  name = "acme-cli";
  meta = {
    description = "ACME command line";
    homepage = "http://gitlab.test/platform/acme-cli";
  };
  gitlab = "http://gitlab.test";
  fetch = "proxy";
  install = {
    kind = "binary";
    name = "acme";
  };
  systems = {
    aarch64-darwin = {
      name = "acme-darwin-arm64";
      version = "1.2.0-unstable-2026-11-20";
      form = "file";
      hash = "sha256-3eSbiQDdXOgbMjN2bLWtfOmVffUCYU/vemdDrjy+9jk=";
      storePath = "/nix/store/fzzmwh3nsakflybfs5fryb6w6jay7ida-acme-darwin-arm64";
      proxyPath = "/fod/gitlab.test/42/77002/dde49b8900dd5ce81b3233766cb5ad7ce9957df502614fef7a6743ae3cbef639/acme-darwin-arm64";
      provenance = {
        project = "platform/acme-cli";
        ref = "main";
        commit = "3f1c0ffee0000000000000000000000000000001";
        pipeline = 9001;
        job = 77002;
        jobName = "build: [darwin, arm64]";
        file = "dist/acme-darwin-arm64";
        url = "http://gitlab.test/api/v4/projects/42/jobs/77002/artifacts/dist/acme-darwin-arm64";
        createdAt = "2026-11-20T08:00:02.000Z";
        expiresAt = "2026-12-20T08:00:00.000Z";
      };
    };
    x86_64-linux = {
      name = "acme-linux-amd64";
      version = "1.2.0-unstable-2026-11-20";
      form = "file";
      hash = "sha256-3eSbiQDdXOgbMjN2bLWtfOmVffUCYU/vemdDrjy+9jk=";
      storePath = "/nix/store/79vmgklinrfqwd8l1lhd2mjznwdmdfg2-acme-linux-amd64";
      proxyPath = "/fod/gitlab.test/42/77001/dde49b8900dd5ce81b3233766cb5ad7ce9957df502614fef7a6743ae3cbef639/acme-linux-amd64";
      provenance = {
        project = "platform/acme-cli";
        ref = "main";
        commit = "3f1c0ffee0000000000000000000000000000001";
        pipeline = 9001;
        job = 77001;
        jobName = "build: [linux, amd64]";
        file = "dist/acme-linux-amd64";
        url = "http://gitlab.test/api/v4/projects/42/jobs/77001/artifacts/dist/acme-linux-amd64";
        createdAt = "2026-11-20T08:00:01.000Z";
        expiresAt = "2026-12-20T08:00:00.000Z";
      };
    };
  };
}
