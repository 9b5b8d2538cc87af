/** A KVM host for tests: stub commands over a temporary directory, and the real `sh` to run scripts in. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const stubs: Record<string, string> = {
  "ovs-vsctl": `
    shift # --timeout
    case $1 in
      br-exists) [ -f "$STATE/bridges/$2" ] || exit 2 ;;
      br-get-external-id) cat "$STATE/bridges/$2" ;;
      --may-exist) mkdir -p "$STATE/bridges"; echo "$8" >"$STATE/bridges/$3" ;;
      --if-exists) rm -f "$STATE/bridges/$3" ;;
      *) exit 64 ;;
    esac`,
  systemctl: `
    verb=$1; shift
    for unit; do :; done
    case $verb in
      is-active) [ "$unit" = --quiet ] && exit 64
        if [ -f "$STATE/active/$unit" ]; then [ "$1" = --quiet ] || echo active
        else [ "$1" = --quiet ] || echo inactive; exit 3; fi ;;
      is-enabled) [ -f "$STATE/enabled/$unit" ] || exit 1 ;;
      enable) mkdir -p "$STATE/enabled"; : >"$STATE/enabled/$unit" ;;
      restart) [ ! -f "$STATE/broken" ] || { echo "Job for $unit failed." >&2; exit 1; }
        start=$(sed -n 's|^ExecStart=/bin/sh ||p' "$ROOT/etc/systemd/system/$unit")
        [ -z "$start" ] || sh "$ROOT$start"
        mkdir -p "$STATE/active"; : >"$STATE/active/$unit" ;;
      disable) stop=$(sed -n 's|^ExecStop=/bin/sh ||p' "$ROOT/etc/systemd/system/$unit")
        [ -z "$stop" ] || sh "$ROOT$stop"
        rm -f "$STATE/active/$unit" "$STATE/enabled/$unit" ;;
      daemon-reload) ;;
      status) echo "status of $unit" ;;
      *) exit 64 ;;
    esac`,
  ip: `case "$*" in "-4 -o addr show to "*) cat "$STATE/addresses" 2>/dev/null || true ;; esac`,
  nft: `case $1 in -f) mkdir -p "$STATE/nft"; sed -n 's/^table ip \\(.*\\) {$/\\1/p' "$ROOT$2" >"$STATE/nft/table" ;;
    delete) [ -f "$STATE/nft/table" ] || exit 1; rm "$STATE/nft/table" ;; esac`,
  virsh: "",
  sysctl: "",
  dnsmasq: "",
  iptables: `
    shift 2; verb=$1; shift; rule="$*"; touch "$STATE/iptables"
    case $verb in
      -C) grep -qxF "$rule" "$STATE/iptables" ;;
      -I) echo "$rule" >>"$STATE/iptables" ;;
      -D) grep -qxF "$rule" "$STATE/iptables" || exit 1
        grep -vxF "$rule" "$STATE/iptables" >"$STATE/iptables.new" || true; mv "$STATE/iptables.new" "$STATE/iptables" ;;
    esac`,
};

/**
 * The scripts add the directories of administration tools to PATH, where the machine that the tests run on may have the very tools that a host
 * is to lack.
 */
const shell = `[ "\${1:-}" = -s ] || exec /bin/sh "$@"
sed 's|:/usr/local/sbin:/usr/sbin:/sbin"|"|' | /bin/sh -s`;

/** What any host has. */
const tools =
  "awk cat chmod cmp cp cut date dirname env grep head id ls mkdir mv rm rmdir sed sha256sum sleep sort tail touch tr wc".split(
    " ",
  );

export interface TestHost {
  /** Stands for `/` of the host. */
  root: string;
  run: (script: string) => { code: number | null; stdout: string; stderr: string };
  /** Command lines since the last call that changed something or could have. */
  commands: () => string[];
  /** Every file below the root, with its content. */
  files: () => Record<string, string>;
  /** A file of the stubs' own state, or undefined. */
  state: (path: string) => string | undefined;
  setState: (path: string, content: string) => void;
  /** Takes a command off the host. */
  uninstall: (command: string) => void;
  env: Record<string, string>;
  close: () => void;
}

export function testHost(): TestHost {
  const base = mkdtempSync(join(tmpdir(), "edge-host-"));
  const [root, state, bin, log] = [join(base, "root"), join(base, "state"), join(base, "bin"), join(base, "log")];
  for (const directory of [root, state, bin]) mkdirSync(directory);
  for (const [name, body] of Object.entries(stubs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >>"$LOG"\n${body}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  writeFileSync(join(bin, "sh"), `#!/bin/sh\n${shell}\n`);
  chmodSync(join(bin, "sh"), 0o755);
  for (const name of tools) {
    const found = ["/usr/bin", "/bin"].map((folder) => join(folder, name)).find((path) => existsSync(path));
    if (found !== undefined) symlinkSync(found, join(bin, name));
  }
  const env = { PATH: bin, ROOT: root, STATE: state, LOG: log };
  return {
    root,
    env,
    run: (script) => {
      const ended = spawnSync("sh", ["-s"], { input: script, env, encoding: "utf8" });
      return { code: ended.status, stdout: ended.stdout, stderr: ended.stderr };
    },
    commands: () => {
      const said = existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];
      rmSync(log, { force: true });
      return said.filter((line) => !/ (is-active|is-enabled|br-exists|br-get-external-id|-4 -o) /.test(line));
    },
    files: () =>
      Object.fromEntries(
        readdirSync(root, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name))
          .map((path) => [path.slice(root.length), readFileSync(path, "utf8")]),
      ),
    state: (path) => (existsSync(join(state, path)) ? readFileSync(join(state, path), "utf8") : undefined),
    setState: (path, content) => {
      mkdirSync(join(state, path, ".."), { recursive: true });
      writeFileSync(join(state, path), content);
    },
    uninstall: (command) => {
      rmSync(join(bin, command));
    },
    close: () => {
      rmSync(base, { recursive: true });
    },
  };
}
