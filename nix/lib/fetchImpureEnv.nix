/**
  A fixed-output derivation that downloads from GitLab itself, with a header from the environment variable
  `NIX_ARTIFACTS_HEADERS` of the build.

  Nix takes the variable from its setting `impure-env`, or else from the environment of its daemon; it is in no derivation and in
  no store path. The output path is that of `fetchProxy` with the same name, hash and `form`.

  The variable holds `<origin>=<header>:<value>`, separated by commas, with `%20` for a space. A header is sent to its origin
  and to no other, so that neither a redirect nor a changed `url` can take it elsewhere.

  # Inputs

  `name`
  : Name in the Nix store.

  `hash`
  : SRI sha256: of the file for form `file`, else of the NAR.

  `url`
  : Where GitLab serves it.

  `message`
  : What to tell a person when the download fails.

  `system`
  : The system that builds.

  `tools`
  : Programs to download with, for that system: `path`, the folders of curl, for form `executable` also of coreutils, and for
    `unpacked` also of tar and unzip with what they decompress with; `certificates`, a bundle of authorities, or null for the one
    that curl was built with.

  `form`
  : `file`, `executable` for a file with the executable bit, or `unpacked` for the tree of an archive.

  # Type

  ```
  fetchImpureEnv ::
    {
      name :: String,
      hash :: String,
      url :: String,
      message :: String,
      system :: String,
      tools :: { path :: String, certificates :: String | Null },
      form :: String ?,
    } -> Derivation
  ```

  # Examples

  ```nix
  (fetchImpureEnv {
    name = "art.bin";
    hash = "sha256-UbwPwfGRBPpuic5Qvpqh9XwzRsHKUatJ9fAOFM6PgHY=";
    url = "https://gitlab.example.com/api/v4/projects/1/jobs/2/artifacts/art.bin";
    message = "Run: artifacts fetch art";
    system = "x86_64-linux";
    tools = { path = "/usr/bin"; certificates = null; };
  }).outPath
  => "/nix/store/6f2l1dh2b1qbp7ssqfixjqn2dp39ca83-art.bin"
  ```
*/
{
  name,
  hash,
  url,
  message,
  system,
  tools,
  form ? "file",
}:
let
  # Into `$out`, from the file `download`.
  place = {
    file = ''download "$out"'';
    executable = ''
      download "$out"
      chmod +x "$out"
    '';
    unpacked = ''
      download download
      mkdir "$out"
      case $(head -c 2 download) in
        PK) unzip -q download -d "$out" ;;
        *) tar -xf download -C "$out" --no-same-owner --no-same-permissions ;;
      esac
    '';
  };
in
derivation {
  inherit
    name
    url
    message
    system
    ;
  PATH = tools.path;
  certificates = if tools.certificates == null then "" else tools.certificates;
  builder = "/bin/sh";
  args = [
    "-c"
    ''
      set -euf
      umask 022

      # The header for the origin of a URL, from the variable.
      headerFor() {
        IFS=,
        for entry in ''${NIX_ARTIFACTS_HEADERS:-}; do
          header=''${entry#*=}
          case $header in *%20*) header="''${header%%%20*} ''${header#*%20}" ;; esac
          case $1 in "''${entry%%=*}"/*) printf '%s\n' "$header" ;; esac
        done
        unset IFS
      }

      # curl would take the header along to where GitLab redirects it, so each hop is a request of its own. The header comes
      # through a pipe: arguments can be read by every user of the machine.
      download() {
        for hop in 1 2 3 4 5 6; do
          url=$(headerFor "$url" | curl --disable --globoff --silent --show-error --fail --proto '=https,http' \
            --connect-timeout 30 --speed-limit 1 --speed-time 300 --retry 3 \
            --header @- --output "$1" --write-out '%{redirect_url}' "$url") || fail
          [ -n "$url" ] || return 0
        done
        fail
      }

      fail() {
        printf '%s\n' "$message"
        exit 1
      }

      if [ -f "''${NIX_SSL_CERT_FILE:-}" ]; then
        certificates=$NIX_SSL_CERT_FILE
      fi
      if [ -n "$certificates" ]; then
        export CURL_CA_BUNDLE="$certificates"
      fi

      ${place.${form}}
      # Ends in a builtin: a shell that execs its last command can make Nix kill the builder when that closes its output.
      exit 0
    ''
  ];
  impureEnvVars = [
    "NIX_ARTIFACTS_HEADERS"
    "NIX_SSL_CERT_FILE"
    "http_proxy"
    "https_proxy"
    "no_proxy"
    "HTTPS_PROXY"
    "NO_PROXY"
  ];
  outputHash = hash;
  outputHashMode = if form == "file" then "flat" else "recursive";
  outputHashAlgo = "sha256";
  preferLocalBuild = true;
}
