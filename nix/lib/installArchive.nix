/**
  A package of a tar or zip archive: the whole tree in `libexec/<pname>`, byte for byte, and a link in `bin/` for each
  listed program. A program that is not there fails the build, which then says what is.

  Tar is unpacked with whatever compression it has, zip by its file name. A source that is a tree already is copied.

  # Inputs

  `pkgs`
  : The final package set.

  `file`
  : Path of the archive in the job's artifacts; null for the artifacts themselves, which are a zip.

  `form`
  : `unpacked` when `src` is the tree of the archive.

  `bin`
  : Paths of programs in the tree, after stripping.

  `stripComponents`
  : How many leading folders to remove from every path, as `tar --strip-components` does.

  `package`
  : Attributes of the derivation: `pname`, `version`, `src`, `meta`, `passthru`.

  # Type

  ```
  installArchive ::
    { pkgs :: AttrSet, file :: String | Null, form :: String ?, bin :: [ String ], stripComponents :: Int ?, package :: AttrSet } -> Derivation
  ```

  # Examples

  ```nix
  (installArchive {
    inherit pkgs;
    file = "dist/example.zip";
    bin = [ "bin/example" ];
    package = { pname = "example"; version = "1.2.3"; src = ./example.zip; };
  }).name
  => "example-1.2.3"
  ```
*/
{
  pkgs,
  file,
  form ? "file",
  bin,
  stripComponents ? 0,
  package,
}:
let
  hasExtension = pattern: file != null && builtins.match ".*\\.(${pattern})" file != null;
  unpackers = {
    tree = {
      nativeBuildInputs = [ ];
      command = ''cp -R "$src/." .'';
    };
    zip = {
      nativeBuildInputs = [ pkgs.buildPackages.unzip ];
      command = ''unzip -q "$src"'';
    };
    zstd = {
      nativeBuildInputs = [ pkgs.buildPackages.zstd ];
      command = ''tar --zstd -xf "$src"'';
    };
    tar = {
      nativeBuildInputs = [ ];
      command = ''tar -xf "$src"'';
    };
  };
  unpacker =
    if form == "unpacked" then
      unpackers.tree
    else if file == null || hasExtension "[zZ][iI][pP]" then
      unpackers.zip
    else if hasExtension "zst|tzst" then
      unpackers.zstd
    else
      unpackers.tar;
in
pkgs.stdenvNoCC.mkDerivation (
  package
  // import ./untouched.nix
  // {
    inherit (unpacker) nativeBuildInputs;
    inherit stripComponents;
    # Data stays out of the script. A path holds no new line.
    programs = builtins.concatStringsSep "\n" bin;

    installPhase = ''
      runHook preInstall

      mkdir -p "$out/bin" "$out/libexec/$pname"
      cd "$out/libexec/$pname"
      ${unpacker.command}
      chmod -R u+w .

      stripped=0
      while [ "$stripped" -lt "$stripComponents" ]; do
        mkdir ../.inner
        find . -mindepth 2 -maxdepth 2 -exec mv -t ../.inner {} +
        cd ..
        rm -rf "$pname"
        mv .inner "$pname"
        cd "$pname"
        stripped=$((stripped + 1))
      done

      while IFS= read -r program; do
        if [ ! -f "$program" ]; then
          echo "error: the archive of $pname has no program \"$program\" (stripComponents is $stripComponents). It has:"
          find . -type f -o -type l | sed 's|^\./|  |' | sort | sed -n '1,20p'
          echo "Correct \`install\` in the manifest of $pname, then run: artifacts lock $pname"
          exit 1
        fi
        chmod +x "$program"
        ln -s "../libexec/$pname/$program" "$out/bin/"
      done <<EOF
      $programs
      EOF

      runHook postInstall
    '';
  }
)
