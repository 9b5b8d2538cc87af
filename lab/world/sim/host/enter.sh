#!/bin/sh
# Runs a command on a host of the simulation, which is a folder, with the tools of a KVM host. Usage: enter-host HOST USER COMMAND ...
# Installed with the lab folder filled in.
lab=@LAB@
node=@NODE@
host=$1 user=$2
shift 2
root="$lab/hosts/$host"
mkdir -p "$root/etc" "$root/run/lab" "$root/var/lib" "$root/root"
cd "$root/root" || exit 255
exec env -i ROOT="$root" LAB_HOST="$host" LAB_WORLD="${LAB_WORLD:-}" LAB_NODE="$node" HOME="$root/root" USER="$user" LOGNAME="$user" PATH="$lab/host-tools:/usr/bin:/bin" "$@"
