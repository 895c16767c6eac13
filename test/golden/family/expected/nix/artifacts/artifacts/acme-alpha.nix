# Generated from artifacts.lock.json by nix-artifacts. Do not edit; to write it again, run: artifacts generate
{
  name = "acme-alpha";
  meta = {
    homepage = "http://gitlab.test/platform/acme-cli";
  };
  gitlab = "http://gitlab.test";
  fetch = "require";
  install = {
    kind = "none";
  };
  systems = {
    x86_64-linux = {
      name = "acme-linux-amd64";
      version = "1.2.0-unstable-2026-11-20";
      form = "executable";
      hash = "sha256-CcvyEx31tr9RFqcNv3r/u92iie37h/RGFtWN21JLnZQ=";
      storePath = "/nix/store/04pqiswbgijmaky4y2fywkdj3r7fwwa9-acme-linux-amd64";
      proxyPath = "/fod/gitlab.test/42/77001/09cbf2131df5b6bf5116a70dbf7affbbdda289edfb87f44616d58ddb524b9d94/acme-linux-amd64";
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
