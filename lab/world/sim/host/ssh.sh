#!/bin/sh
# Stand-in for ssh in the lab: knows the hosts under .lab, and hands the command to the world's own way into one. Installed as `ssh` with the
# lab folder filled in.
lab=@LAB@
user=root
while [ $# -gt 0 ]; do
  case "$1" in
    -V)
      echo "OpenSSH_9.2 (lab)" >&2
      exit 0
      ;;
    -l)
      user=$2
      shift 2
      ;;
    -[BbcDEeFIiJLmOopQRSWw])
      shift 2
      ;;
    --)
      shift
      break
      ;;
    -*) shift ;;
    *) break ;;
  esac
done
destination=${1:-}
[ $# -eq 0 ] || shift
destination=${destination#ssh://}
case "$destination" in *@*) user=${destination%%@*} ;; esac
host=${destination##*@}
host=${host%%:*}
[ "${1:-}" != -- ] || shift

case "$host" in
  *[!a-z0-9.-]* | .* | "") known="" ;;
  *.lab) known=1 ;;
  *) known="" ;;
esac
if [ -z "$known" ]; then
  echo "ssh: Could not resolve hostname $host: Name or service not known" >&2
  exit 255
fi

# A fault that is laid out for this login (lab/world/faults.ts): the connection breaks before the command runs, or after.
fault=""
if [ -f "$lab/ssh-faults/always" ]; then fault=$(cat "$lab/ssh-faults/always"); fi
for laid in "$lab"/ssh-faults/once-*; do
  mine="$lab/ssh-faults/.taken-$$"
  mv "$laid" "$mine" 2>/dev/null || continue
  fault=$(cat "$mine")
  rm -f "$mine"
  break
done
if [ "$fault" = before ]; then
  echo "kex_exchange_identification: read: Connection reset by peer" >&2
  exit 255
fi

# As on a real host, words are joined and a shell reads them again.
if [ $# -gt 0 ]; then set -- sh -c "$*"; else set -- sh -s; fi
set -- "$lab/enter-host" "$host" "$user" "$@"
[ "$fault" = after ] || exec "$@"
"$@" || true
echo "client_loop: send disconnect: Broken pipe" >&2
exit 255
