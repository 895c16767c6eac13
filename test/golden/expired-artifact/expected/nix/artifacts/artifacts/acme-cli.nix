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
      name = "acme";
      version = "1.2.0-unstable-2026-11-20";
      form = "file";
      hash = "sha256-y6BrVzb69n5UsHtWHq6UOV53TFF6fZEKVDaeEmPM+9Q=";
      proxyPath = "/fod/gitlab.test/42/77004/cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4/acme";
      provenance = {
        project = "platform/acme-cli";
        ref = "main";
        commit = "3f1c0ffee0000000000000000000000000000001";
        pipeline = 9001;
        job = 77004;
        jobName = "nightly";
        file = "acme";
        url = "http://gitlab.test/api/v4/projects/42/jobs/77004/artifacts/acme";
        createdAt = "2026-10-01T08:00:03.000Z";
        expiresAt = "2026-11-01T08:00:00.000Z";
      };
    };
    x86_64-linux = {
      name = "acme";
      version = "1.2.0-unstable-2026-11-20";
      form = "file";
      hash = "sha256-y6BrVzb69n5UsHtWHq6UOV53TFF6fZEKVDaeEmPM+9Q=";
      proxyPath = "/fod/gitlab.test/42/77004/cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4/acme";
      provenance = {
        project = "platform/acme-cli";
        ref = "main";
        commit = "3f1c0ffee0000000000000000000000000000001";
        pipeline = 9001;
        job = 77004;
        jobName = "nightly";
        file = "acme";
        url = "http://gitlab.test/api/v4/projects/42/jobs/77004/artifacts/acme";
        createdAt = "2026-10-01T08:00:03.000Z";
        expiresAt = "2026-11-01T08:00:00.000Z";
      };
    };
  };
}
