# Generated from artifacts.lock.json by nix-artifacts. Do not edit; to write it again, run: artifacts generate
{
  name = "acme";
  meta = {
    homepage = "http://gitlab.test/platform/acme-cli";
  };
  gitlab = "http://gitlab.test";
  fetch = "proxy";
  install = {
    kind = "archive";
    bin = [
      "dist/acme-darwin-arm64"
      "dist/*-amd64"
    ];
    man = [
      "man/acme.1"
    ];
    completions = {
      bash = "completions/acme.bash";
    };
    libraries = [
      "openssl"
      "stdenv.cc.cc.lib"
    ];
    environment = {
      ACME_HOME = "/var/lib/acme";
    };
  };
  license = "unfree";
  systems = {
    any = {
      name = "acme.zip";
      version = "1.2.0-unstable-2026-11-20";
      form = "file";
      hash = "sha256-OYQfUii8/JZ/RHXYRJQQKz8thRlPOcar594oWm0zWsA=";
      storePath = "/nix/store/f8vx78dd83jdgnjqw7lfd1y8wb0k80bq-acme.zip";
      proxyPath = "/fod/gitlab.test/42/77002/39841f5228bcfc967f4475d84494102b3f2d85194f39c6abe7de285a6d335ac0/acme.zip";
      provenance = {
        project = "platform/acme-cli";
        ref = "main";
        commit = "3f1c0ffee0000000000000000000000000000001";
        pipeline = 9001;
        job = 77002;
        jobName = "build: [darwin, arm64]";
        file = null;
        url = "http://gitlab.test/api/v4/projects/42/jobs/77002/artifacts";
        createdAt = "2026-11-20T08:00:02.000Z";
        expiresAt = "2026-12-20T08:00:00.000Z";
      };
    };
  };
}
