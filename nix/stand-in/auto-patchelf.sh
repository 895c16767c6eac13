# A setup hook, as `autoPatchelfHook` of nixpkgs is one: programs get the loader of the machine, and what is linked with a library
# of `buildInputs` the path to it. What is static, or no ELF at all, keeps its bytes.
postFixupHooks="${postFixupHooks:-} autoPatchelf"

autoPatchelf() {
  loader=$(patchelf --print-interpreter /bin/sh)
  find "$out" -type f | while IFS= read -r file; do
    needed=$(patchelf --print-needed "$file" 2>/dev/null) || continue
    if [ -z "$needed" ]; then continue; fi
    if patchelf --print-interpreter "$file" >/dev/null 2>&1; then
      patchelf --set-interpreter "$loader" "$file"
    fi
    patchelf --set-rpath "$(foldersOf $needed)" "$file"
  done
}

# The folders of libraries, with colons between them.
foldersOf() {
  for input in $buildInputs; do
    for library; do
      if [ -e "$input/lib/$library" ]; then
        echo "$input/lib"
        break
      fi
    done
  done | paste -s -d :
}
