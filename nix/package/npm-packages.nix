/**
  The npm packages that a lock has for a platform, in the order of their paths, so that a package stands before those inside it:
  `run` is what the program needs, `build` what compiles it as well.

  # Type

  ```
  { lock :: AttrSet, platform :: Platform, buildSystem :: String, registry :: String | Null } -> { run, build :: [ { path, tarball } ] }
  ```
*/
{
  lock,
  platform,
  buildSystem,
  registry,
}:
let
  inherit (builtins)
    attrNames
    elem
    filter
    head
    match
    ;

  # npm's words for a system: `process.platform` and `process.arch` of Node.
  os = if platform.isDarwin then "darwin" else "linux";
  cpu = if platform.isAarch64 then "arm64" else "x64";
  libc = if platform.isMusl then "musl" else "glibc";

  fits =
    entry:
    elem os (entry.os or [ os ])
    && elem cpu (entry.cpu or [ cpu ])
    && elem libc (entry.libc or [ libc ]);
  compiles =
    path: match "node_modules/(@typescript/.*|@types/.*|typescript|undici-types)" path != null;

  packages =
    wanted:
    map package (
      filter (path: path != "" && wanted path && fits lock.packages.${path}) (attrNames lock.packages)
    );
  isRun = path: !(lock.packages.${path}.dev or false);

  package = path: {
    inherit path;
    tarball = tarball path lock.packages.${path};
  };

  # The file's name and address are npm's own: `<registry>/<name>/-/<name without scope>-<version>.tgz`.
  tarball =
    path: entry:
    let
      name = entry.name or (head (match ".*node_modules/(.*)" path));
      file = "${baseNameOf name}-${entry.version}.tgz";
    in
    import ./fetch-tarball.nix {
      name = file;
      hash = entry.integrity;
      system = buildSystem;
      url = if registry == null then null else "${registry}/${name}/-/${file}";
    };
in
{
  run = packages isRun;
  build = packages (path: isRun path || compiles path);
}
