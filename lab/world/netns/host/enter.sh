#!/bin/sh
# Runs a command on a KVM host of the lab: in the host's network namespace, and in a root folder of the host's own, which has the programs of
# this machine, the host's own tools before them, and its own /etc, /run and /var. Usage: enter-host HOST USER COMMAND ...
# Installed with the lab filled in. The mounts live in a namespace of their own and end with the command.
set -eu
lab=@LAB@ prefix=@PREFIX@ node=@NODE@
host=$1 user=$2
shift 2
root="$lab/hosts/$host"
space="/run/netns/$prefix$host"

if [ -z "${LAB_INSIDE:-}" ]; then
  if [ ! -e "$space" ] && ! "$node" "$lab/host-tools/call-world" netns.host "{\"host\":\"$host\"}" >/dev/null; then
    echo "ssh: connect to host $host port 22: No route to host" >&2
    exit 255
  fi
  LAB_INSIDE=1 exec unshare --mount --propagation private -- sh "$0" "$host" "$user" "$@"
fi

for part in usr bin sbin lib lib32 lib64 libx32; do
  if [ -h "/$part" ]; then
    [ -h "$root/$part" ] || ln -s "$(readlink "/$part")" "$root/$part"
  elif [ -d "/$part" ]; then
    mkdir -p "$root/$part"
    mount --bind "/$part" "$root/$part"
  fi
done
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
mount --bind "$lab/host-tools" "$root/lab/tools"
mount --bind "$node" "$root/lab/node"
# The host reaches the world's libvirt from outside of its own network.
mount --bind /proc/self/ns/net "$root/lab/outside"
nsenter --net="$space" -- mount -t sysfs -o ro lab "$root/sys" 2>/dev/null || mount --rbind /sys "$root/sys"
exec nsenter --net="$space" -- chroot "$root" /usr/bin/env -i LAB_HOST="$host" LAB_WORLD="${LAB_WORLD:-}" HOME=/root USER="$user" LOGNAME="$user" \
  PATH=/lab/tools:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
