/** How many bytes every peer serves for the check of full-sized packets. */
export const largeFileBytes = 65_536;

/**
 * The connectivity check of one node, for busybox' shell. It reads from its environment: NODE_NAME; PEERS, the nodes and their pod
 * addresses (`a=10.244.0.0/24 b=10.244.1.0/24`); PEERS_NAME, the DNS name that lists the peers' pods; SERVICE_IP and SERVICE_NAME; EGRESS_HOST;
 * WAIT_SECONDS, how long all peers may take to appear. Every failing pair is one line in the log and in the termination message, which is
 * what `pulumi up` shows.
 */
export function checkScript(): string {
  return `set -u
: "\${TERMINATION_LOG:=/dev/termination-log}"
findings=
passed=0
known=

found() { # what failed, as one line
  findings="$findings$1
"
}

ok() {
  passed=$((passed + 1))
  echo "ok: $1"
}

last_line() { # the reason out of a tool's messages, without the tool's name
  line=$(printf '%s\\n' "$1" | sed '/^$/d' | tail -n 1 | sed 's/^[a-z]*: //')
  echo "\${line:-no answer}"
}

number() { # an IPv4 address as a number
  saved=$IFS
  IFS=.
  set -- $1
  IFS=$saved
  echo $((($1 << 24) + ($2 << 16) + ($3 << 8) + $4))
}

node_of() { # the node whose pod addresses contain this one
  for peer in $PEERS; do
    cidr=\${peer#*=}
    shift_by=$((32 - \${cidr#*/}))
    if [ $(($(number "$1") >> shift_by)) -eq $(($(number "\${cidr%/*}") >> shift_by)) ]; then
      echo "\${peer%%=*}"
      return
    fi
  done
}

resolve() { # the IPv4 addresses of a name; the server's own address comes before the first "Name:"
  nslookup -type=a "$1" 2>&1 | sed -n '/^Name:/,$s/^Address[ 0-9]*:[[:space:]]*\\([0-9.]*\\).*$/\\1/p'
}

address_of() { # the pod address found for a node; the latest counts
  for entry in $known; do
    if [ "\${entry%%=*}" = "$1" ]; then
      echo "\${entry#*=}"
      return
    fi
  done
}

look_for_peers() { # an answer of DNS may be cut short, so what was found adds up
  for address in $(resolve "$PEERS_NAME"); do
    node=$(node_of "$address")
    if [ -n "$node" ]; then
      known="$node=$address $known"
    fi
  done
  missing=
  for peer in $PEERS; do
    if [ "\${peer%%=*}" != "$NODE_NAME" ] && [ -z "$(address_of "\${peer%%=*}")" ]; then
      missing="$missing \${peer%%=*}"
    fi
  done
}

deadline=$(($(date +%s) + WAIT_SECONDS))
look_for_peers
while [ -n "$missing" ] && [ "$(date +%s)" -lt "$deadline" ]; do
  echo "waiting for the pods of$missing"
  sleep 2
  look_for_peers
done

for peer in $PEERS; do
  node=\${peer%%=*}
  [ "$node" = "$NODE_NAME" ] && continue
  pair="$NODE_NAME -> $node"
  address=$(address_of "$node")
  if [ -z "$address" ]; then
    found "$pair: no pod of it behind $PEERS_NAME within $WAIT_SECONDS s"
    continue
  fi
  if ! ping -c 3 -W 3 "$address" >/dev/null 2>&1; then
    found "$pair: ping $address: no answer"
    continue
  fi
  ok "$pair: ping $address"
  # Small packets pass where the MTU is wrong; a file of many full packets does not.
  size=$(($(wget -q -T 10 -O - "http://$address:8080/large" 2>/dev/null | wc -c)))
  if [ "$size" -eq ${largeFileBytes} ]; then
    ok "$pair: fetch from $address"
  else
    found "$pair: fetch from $address: $size of ${largeFileBytes} bytes"
  fi
done

fetch() { # what for, URL, text that must be in it
  if ! answer=$(wget -q -T 10 -O - "$2" 2>&1); then
    found "$NODE_NAME -> $1: fetch $2: $(last_line "$answer")"
    return
  fi
  case $answer in
    *"$3"*) ok "$NODE_NAME -> $1: fetch $2" ;;
    *) found "$NODE_NAME -> $1: fetch $2: unexpected answer" ;;
  esac
}

check_name() { # what for, name
  if [ -n "$(resolve "$2")" ]; then
    ok "$NODE_NAME -> $1: resolve $2"
  else
    found "$NODE_NAME -> $1: resolve $2: $(last_line "$(nslookup -type=a "$2" 2>&1)")"
    return 1
  fi
}

fetch "Service by ClusterIP" "http://$SERVICE_IP:8080/test.txt" "hello from "
if check_name "Service by name" "$SERVICE_NAME"; then
  fetch "Service by name" "http://$SERVICE_NAME:8080/test.txt" "hello from "
fi
if check_name "Internet" "$EGRESS_HOST"; then
  fetch "Internet" "http://$EGRESS_HOST/" ""
fi

if [ -n "$findings" ]; then
  printf '%s' "$findings"
  # Kubernetes takes 4096 bytes.
  printf '%s' "$findings" | head -c 4000 >"$TERMINATION_LOG"
  exit 1
fi
echo "all $passed checks passed"
`;
}
