/** Seconds between two looks. With `looksUntilHealed` and the start of flanneld, pods are reached again well within half a minute. */
const lookSeconds = 3;
/** How many looks in a row have to find the VTEP wrong: flanneld may just be making it. */
const looksUntilHealed = 2;
/** Longest pause after a restart that did not help, s: flanneld may be kept from working by something that a restart does not mend. */
const longestPause = 128;

/**
 * Watches one node's VTEP, for busybox' shell in the node's network and process namespaces. It reads INTERFACE, the link that VXLAN runs over,
 * from its environment.
 *
 * When tailscaled restarts, its link goes, and the kernel takes `flannel.1` away with it. flanneld lives on without noticing, the Node stays
 * Ready, and its pods are cut off. The same is true when the node gets another tailnet address while flanneld runs. Either way a flanneld that
 * starts again makes the VTEP anew, so it is told to end, and kubelet starts it.
 */
export function flannelGuardScript(): string {
  return `set -u
: "\${LOOK_SECONDS:=${lookSeconds}}"
known=
wrong=0
pause=$LOOK_SECONDS

link_of() { # number of a link, which a new one of the same name does not share
  ip -o link show dev "$1" 2>/dev/null | sed 's/:.*//'
}

address_of() {
  ip -o -4 addr show dev "$1" 2>/dev/null | sed -n 's|.* inet \\([0-9.]*\\)/.*|\\1|p'
}

look() { # sets \`reason\` where the VTEP is wrong
  reason=
  vtep=$(link_of flannel.1)
  below="$(link_of "$INTERFACE") $address"
  if [ -z "$vtep" ]; then
    reason="flannel.1 is gone"
  elif [ "\${known%% over *}" != "$vtep" ]; then
    known="$vtep over $below"
  elif [ "\${known#* over }" != "$below" ]; then
    reason="$INTERFACE is another one than flannel.1 was made over"
  fi
}

while :; do
  sleep "$LOOK_SECONDS"
  address=$(address_of "$INTERFACE")
  daemon=$(pidof flanneld) || daemon=
  # Without its link, flanneld could only fail; without flanneld, kubelet is at work.
  if [ -z "$address" ] || [ -z "$daemon" ]; then
    wrong=0
    continue
  fi
  look
  if [ -z "$reason" ]; then
    wrong=0
    pause=$LOOK_SECONDS
    continue
  fi
  wrong=$((wrong + 1))
  [ "$wrong" -ge ${looksUntilHealed} ] || continue
  echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) $reason: restarting flanneld"
  kill $daemon
  wrong=0
  known=
  sleep "$pause"
  [ "$pause" -ge ${longestPause} ] || pause=$((pause * 2))
done
`;
}
