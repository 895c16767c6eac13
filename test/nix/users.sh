#!/bin/sh
# Makes the users that the tests on a real, multi-user Nix need: build users nixbld1..10 and `nix-untrusted`, who is nobody
# special. Needs root; does nothing when they are there.
set -eu

getent group nixbld >/dev/null || groupadd --system nixbld

for number in 1 2 3 4 5 6 7 8 9 10; do
  id "nixbld$number" >/dev/null 2>&1 ||
    useradd --system --gid nixbld --groups nixbld --no-create-home --home-dir /nonexistent \
      --shell /usr/sbin/nologin --comment "Nix build user $number" "nixbld$number"
done

id nix-untrusted >/dev/null 2>&1 ||
  useradd --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin \
    --comment "Untrusted user of Nix in tests" nix-untrusted
