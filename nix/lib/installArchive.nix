/**
  A package of a tar or zip archive, of a Debian package or of an AppImage: the whole tree in `libexec/<pname>`, byte for byte, a link in `bin/` for
  each listed program, manual pages and completions where shells and `man` look for them. What is listed and not there fails the
  build, which then says what is.

  Tar is unpacked with whatever compression it has, zip by its file name. A source that is a tree already is copied. Scripts of a
  Debian package are not run; its absolute links into itself are made to stay in the tree. An AppImage is a program with a file
  system behind it, which is read without running the program; the link to its `AppRun` is called like the main program.

  # Inputs

  `pkgs`
  : The final package set.

  `file`
  : Path of the archive in the job's artifacts; null for the artifacts themselves, which are a zip.

  `form`
  : `unpacked` when `src` is the tree of the archive.

  `kind`
  : `archive`, `deb` or `appimage`.

  `bin`
  : Paths of programs in the tree, after stripping. `*` and `?` stand for parts of a name.

  `stripComponents`
  : How many leading folders to remove from every path, as `tar --strip-components` does.

  `man`
  : Paths of manual pages.

  `completions`
  : Paths of the main program's completions: `bash`, `zsh`, `fish`.

  `runtime`
  : What the programs need to run, as `mkInstalled` takes it.

  `package`
  : Attributes of the derivation: `pname`, `version`, `src`, `meta`, `passthru`.

  # Type

  ```
  installArchive ::
    {
      pkgs :: AttrSet,
      file :: String | Null,
      form :: String ?,
      kind :: String ?,
      bin :: [ String ],
      stripComponents :: Int ?,
      man :: [ String ] ?,
      completions :: { ${shell} :: String } ?,
      runtime :: AttrSet ?,
      package :: AttrSet,
    } -> Derivation
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
  kind ? "archive",
  bin,
  stripComponents ? 0,
  man ? [ ],
  completions ? { },
  runtime ? { },
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
    deb = {
      nativeBuildInputs = [ pkgs.buildPackages.dpkg ];
      command = ''
        dpkg-deb --extract "$src" .
        find . -type l | while IFS= read -r link; do
          target=$(readlink "$link")
          case $target in
            /*) if [ -e ".$target" ]; then ln -sfn "$out/libexec/$pname$target" "$link"; fi ;;
          esac
        done
      '';
    };
    # Where the ELF ends is the end of its section headers: https://docs.appimage.org/reference/architecture.html
    appimage = {
      nativeBuildInputs = [ pkgs.buildPackages.squashfsTools ];
      command = ''
        number() { od -A n -t "u$2" -j "$1" -N "$2" "$src" | tr -d ' '; }
        if [ "$(head -c 4 "$src" | od -A n -t x1 | tr -d ' ')" != 7f454c46 ]; then
          echo "error: $src is no AppImage of type 2: it does not begin as an ELF program does"
          exit 1
        fi
        case $(number 4 1) in
          1) end=$(($(number 32 4) + $(number 46 2) * $(number 48 2))) ;;
          *) end=$(($(number 40 8) + $(number 58 2) * $(number 60 2))) ;;
        esac
        unsquashfs -no-progress -no-xattrs -offset "$end" -dest tree "$src" > ../.unsquashfs || {
          cat ../.unsquashfs
          echo "error: $src is no AppImage of type 2: no squashfs at byte $end, where its program ends"
          exit 1
        }
        rm ../.unsquashfs
        chmod -R u+w tree
        find tree -mindepth 1 -maxdepth 1 -exec mv -t . {} +
        rmdir tree
      '';
    };
  };
  unpacker =
    if form == "unpacked" then
      unpackers.tree
    else if kind != "archive" then
      unpackers.${kind}
    else if file == null || hasExtension "[zZ][iI][pP]" then
      unpackers.zip
    else if hasExtension "zst|tzst" then
      unpackers.zstd
    else
      unpackers.tar;
  # Data stays out of the script. A path holds no new line.
  lines = builtins.concatStringsSep "\n";
in
import ./mkInstalled.nix {
  inherit pkgs package runtime;
  attributes = {
    inherit (unpacker) nativeBuildInputs;
    inherit kind stripComponents;
    programs = lines bin;
    manPages = lines man;
    completionForBash = completions.bash or "";
    completionForZsh = completions.zsh or "";
    completionForFish = completions.fish or "";
    mainProgram = package.meta.mainProgram or "";

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

      absent() {
        echo "error: the archive of $pname has no $1 \"$2\" (stripComponents is $stripComponents). It has:"
        find . -type f -o -type l | sed 's|^\./|  |' | sort | sed -n '1,20p'
        echo "Correct \`install\` in the manifest of $pname, then run: artifacts lock $pname"
        exit 1
      }

      # Files that a path means, one a line: the file itself, else the pattern's. Without field splitting, for names with spaces.
      filesAt() {
        if [ -f "$1" ]; then
          printf '%s\n' "$1"
          return 0
        fi
        IFS=
        for match in $1; do
          if [ -f "$match" ]; then printf '%s\n' "$match"; fi
        done
        unset IFS
      }

      while IFS= read -r pattern; do
        matches=$(filesAt "$pattern")
        if [ -z "$matches" ]; then absent program "$pattern"; fi
        while IFS= read -r program; do
          chmod +x "$program"
          ln -s "../libexec/$pname/$program" "$out/bin/"
        done <<MATCHES
      $matches
      MATCHES
      done <<EOF
      $programs
      EOF

      if [ "$kind" = appimage ]; then mv "$out/bin/AppRun" "$out/bin/$mainProgram"; fi

      while IFS= read -r page; do
        if [ -z "$page" ]; then continue; fi
        if [ ! -f "$page" ]; then absent "manual page" "$page"; fi
        section=''${page%.gz}
        section=''${section##*.}
        install -D -m 644 "$page" "$out/share/man/man''${section%%[!0-9]*}/''${page##*/}"
      done <<EOF
      $manPages
      EOF

      completion() {
        if [ -z "$1" ]; then return 0; fi
        if [ ! -f "$1" ]; then absent completion "$1"; fi
        install -D -m 644 "$1" "$out/share/$2"
      }
      completion "$completionForBash" "bash-completion/completions/$mainProgram.bash"
      completion "$completionForZsh" "zsh/site-functions/_$mainProgram"
      completion "$completionForFish" "fish/vendor_completions.d/$mainProgram.fish"

      runHook postInstall
    '';
  };
}
