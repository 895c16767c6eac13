#!/bin/bash
# A real S3 server on loopback: a Ceph monitor, one storage daemon in memory, and its gateway.
#   ceph.sh start DIR PORT    DIR is made; it must be short (unix sockets). The monitor takes PORT+1 and +2, storage from PORT+10.
#   ceph.sh stop DIR
# Data is gone after stop. Debian packages: ceph-mon ceph-osd radosgw.
set -euo pipefail

main() {
  case "$1" in
    start) start "$2" "$3" ;;
    stop) stop "$2" ;;
  esac
}

start() {
  dir=$1 port=$2
  mkdir -p "$dir"/{mon,osd,run,rgw}
  fsid=$(cat /proc/sys/kernel/random/uuid) osd=$(cat /proc/sys/kernel/random/uuid)
  write_configuration > "$dir/ceph.conf"
  conf=(-c "$dir/ceph.conf")

  monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$((port + 1)),v1:127.0.0.1:$((port + 2))]" \
    "$dir/monmap" > /dev/null
  ceph-mon "${conf[@]}" -i a --mkfs --monmap "$dir/monmap" 2> "$dir/mkfs.log"
  run_daemon mon ceph-mon "${conf[@]}" -i a -f
  wait_for timeout 5 ceph "${conf[@]}" -s

  ceph "${conf[@]}" osd new "$osd" > /dev/null
  ceph-osd "${conf[@]}" -i 0 --mkfs --osd-uuid "$osd" 2>> "$dir/mkfs.log"
  run_daemon osd ceph-osd "${conf[@]}" -i 0 -f
  wait_for osd_is_up

  run_daemon rgw radosgw "${conf[@]}" -n client.rgw.t -f
  wait_for bash -c "exec 3<> /dev/tcp/127.0.0.1/$port"
  add_user writer AKWRITER000000000000 writer-secret-0000000000000000000000000
  add_user other AKOTHER0000000000000 other-secret-00000000000000000000000000
  add_user small AKSMALL0000000000000 small-secret-00000000000000000000000000
  admin quota set --quota-scope=user --uid=small --max-objects=20
  admin quota enable --quota-scope=user --uid=small
}

# `ms mon client mode`: without it the gateway asks for keys for ever, since there is no authentication inside the cluster.
write_configuration() {
  cat << EOF
[global]
fsid = $fsid
mon host = [v2:127.0.0.1:$((port + 1)),v1:127.0.0.1:$((port + 2))]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
ms bind port min = $((port + 10))
ms bind port max = $((port + 60))
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
mon allow pool size one = true
mon max pg per osd = 2000
mon data avail crit = 1
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
log file =
log to stderr = true
err to stderr = true
mon cluster log to file = false
run dir = $dir/run
admin socket = $dir/run/\$name.\$pid.asok
pid file =
[mon]
mon data = $dir/mon
[osd]
osd data = $dir/osd
osd objectstore = memstore
memstore device bytes = 1073741824
osd class load list = *
osd class default list = *
[client]
rgw data = $dir/rgw
rgw frontends = beast endpoint=127.0.0.1:$port
EOF
}

run_daemon() {
  name=$1
  shift
  setsid "$@" > "$dir/$name.log" 2>&1 &
  echo $! > "$dir/$name.pid"
}

wait_for() {
  until=$((SECONDS + 100))
  while [ $SECONDS -lt $until ]; do
    "$@" > /dev/null 2>&1 && return
    sleep 0.1
  done
  echo "not up: $*" >&2
  tail -n 5 "$dir"/*.log >&2
  stop "$dir"
  exit 1
}

osd_is_up() {
  timeout 5 ceph "${conf[@]}" osd stat 2> /dev/null | grep -q '1 up'
}

add_user() {
  admin user create --uid="$1" --display-name="$1" --access-key="$2" --secret-key="$3"
}

admin() {
  timeout 60 radosgw-admin "${conf[@]}" -n client.rgw.t "$@" > /dev/null 2>> "$dir/admin.log"
}

# Nothing is to be kept, so nobody is asked to tidy up.
stop() {
  for file in "$1"/*.pid; do
    [ -e "$file" ] && kill -KILL "$(cat "$file")" 2> /dev/null || true
  done
  rm -rf "$1"
}

main "$@"
