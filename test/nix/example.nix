# The artifact that the examples in the documentation comments of nix/lib speak of.
{
  name = "example";
  meta.description = "An example";
  gitlab = "https://gitlab.example.com";
  fetch = "proxy";
  install.kind = "none";
  systems.any = {
    name = "art.bin";
    version = "1.2.3";
    form = "file";
    hash = "sha256-UbwPwfGRBPpuic5Qvpqh9XwzRsHKUatJ9fAOFM6PgHY=";
    storePath = "/nix/store/6f2l1dh2b1qbp7ssqfixjqn2dp39ca83-art.bin";
    proxyPath = "/fod/gitlab.example.com/1/2/51bc0fc1/art.bin";
    provenance = {
      project = "platform/example";
      url = "https://gitlab.example.com/api/v4/projects/1/jobs/2/artifacts/art.bin";
      job = 2;
      jobName = "build";
    };
  };
}
