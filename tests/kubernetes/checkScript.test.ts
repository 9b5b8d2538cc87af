import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkScript, largeFileBytes } from "../../components/kubernetes/checkScript";

/** The outside of the script: each tool answers from files of the test. */
const tools: Record<string, string> = {
  nslookup: `
    name=$2
    count=$(cat "$WORLD/lookups" 2>/dev/null || echo 0); echo $((count + 1)) > "$WORLD/lookups"
    printf 'Server:\\t\\t10.96.0.10\\nAddress:\\t10.96.0.10:53\\n\\n'
    after=$(cat "$WORLD/dns/$name.after" 2>/dev/null || echo 0)
    if [ ! -f "$WORLD/dns/$name" ] || [ "$count" -lt "$after" ]; then
      echo "** server can't find $name: NXDOMAIN"; exit 1
    fi
    for address in $(cat "$WORLD/dns/$name"); do printf 'Name:\\t%s\\nAddress: %s\\n' "$name" "$address"; done`,
  ping: 'for last in "$@"; do :; done; grep -qx "$last" "$WORLD/ping"',
  wget: `
    for last in "$@"; do :; done
    file="$WORLD/http/$(printf %s "$last" | tr '/:' '__')"
    [ -f "$file" ] && exec cat "$file"
    echo "wget: can't connect to remote host: Connection refused" >&2; exit 1`,
  sleep: 'echo $(($(cat "$WORLD/clock") + $1)) > "$WORLD/clock"',
  date: 'cat "$WORLD/clock"',
};

let world = "";

function serve(url: string, content: string): void {
  writeFileSync(path.join(world, "http", url.replace(/[/:]/g, "_")), content);
}

function resolveTo(name: string, addresses: string[], afterLookups = 0): void {
  writeFileSync(path.join(world, "dns", name), addresses.join("\n"));
  writeFileSync(path.join(world, "dns", `${name}.after`), String(afterLookups));
}

function pingable(addresses: string[]): void {
  writeFileSync(path.join(world, "ping"), addresses.map((address) => `${address}\n`).join(""));
}

interface Run {
  status: number | null;
  lines: string[];
  message: string;
}

function run(environment: Record<string, string> = {}): Run {
  const log = path.join(world, "termination-log");
  const done = spawnSync("sh", ["-c", checkScript()], {
    encoding: "utf8",
    env: {
      PATH: `${path.join(world, "bin")}:${process.env.PATH ?? ""}`,
      WORLD: world,
      TERMINATION_LOG: log,
      NODE_NAME: "talos-edge-1",
      PEERS: "setup02-cluster-master-1=10.244.0.0/24 setup02-cluster-worker-1=10.244.1.0/24 talos-edge-1=10.244.2.0/24",
      PEERS_NAME: "peers",
      SERVICE_IP: "10.96.7.7",
      SERVICE_NAME: "service",
      EGRESS_HOST: "example.com",
      WAIT_SECONDS: "20",
      ...environment,
    },
  });
  expect(done.stderr).toBe("");
  let message = "";
  try {
    message = readFileSync(log, "utf8");
  } catch {
    // A run without findings writes none.
  }
  return { status: done.status, lines: done.stdout.trimEnd().split("\n"), message };
}

const findings = (result: Run): string[] => result.lines.filter((line) => !/^(ok: |waiting )/.test(line));

beforeEach(() => {
  world = mkdtempSync(path.join(tmpdir(), "check-script-"));
  for (const folder of ["bin", "dns", "http"]) {
    mkdirSync(path.join(world, folder));
  }
  for (const [name, body] of Object.entries(tools)) {
    writeFileSync(path.join(world, "bin", name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }
  writeFileSync(path.join(world, "clock"), "1000\n");
  resolveTo("peers", ["10.244.0.3", "10.244.1.5", "10.244.2.9"]);
  resolveTo("service", ["10.96.7.7"]);
  resolveTo("example.com", ["93.184.215.14"]);
  pingable(["10.244.0.3", "10.244.1.5"]);
  serve("http://10.244.0.3:8080/large", "\0".repeat(largeFileBytes));
  serve("http://10.244.1.5:8080/large", "\0".repeat(largeFileBytes));
  serve("http://10.96.7.7:8080/test.txt", "hello from talos-edge-1\n");
  serve("http://service:8080/test.txt", "hello from setup02-cluster-worker-1\n");
  serve("http://example.com/", "<html>");
});

afterEach(() => {
  rmSync(world, { recursive: true });
});

describe("the check script, run by a real shell", () => {
  it("passes where everything answers", () => {
    const result = run();
    expect(result.status).toBe(0);
    expect(result.message).toBe("");
    expect(result.lines).toEqual([
      "ok: talos-edge-1 -> setup02-cluster-master-1: ping 10.244.0.3",
      "ok: talos-edge-1 -> setup02-cluster-master-1: fetch from 10.244.0.3",
      "ok: talos-edge-1 -> setup02-cluster-worker-1: ping 10.244.1.5",
      "ok: talos-edge-1 -> setup02-cluster-worker-1: fetch from 10.244.1.5",
      "ok: talos-edge-1 -> Service by ClusterIP: fetch http://10.96.7.7:8080/test.txt",
      "ok: talos-edge-1 -> Service by name: resolve service",
      "ok: talos-edge-1 -> Service by name: fetch http://service:8080/test.txt",
      "ok: talos-edge-1 -> Internet: resolve example.com",
      "ok: talos-edge-1 -> Internet: fetch http://example.com/",
      "all 9 checks passed",
    ]);
  });

  it.each<[string, () => void, string[]]>([
    [
      "a peer that does not answer",
      () => {
        pingable(["10.244.0.3"]);
      },
      ["talos-edge-1 -> setup02-cluster-worker-1: ping 10.244.1.5: no answer"],
    ],
    [
      "a peer behind too small an MTU",
      () => {
        serve("http://10.244.1.5:8080/large", "\0".repeat(1180));
      },
      ["talos-edge-1 -> setup02-cluster-worker-1: fetch from 10.244.1.5: 1180 of 65536 bytes"],
    ],
    [
      "a peer without a pod",
      () => {
        resolveTo("peers", ["10.244.0.3", "10.244.2.9"]);
      },
      ["talos-edge-1 -> setup02-cluster-worker-1: no pod of it behind peers within 20 s"],
    ],
    [
      "a Service that kube-proxy does not serve",
      () => {
        rmSync(path.join(world, "http", "http___10.96.7.7_8080_test.txt"));
      },
      [
        "talos-edge-1 -> Service by ClusterIP: fetch http://10.96.7.7:8080/test.txt: can't connect to remote host: Connection refused",
      ],
    ],
    [
      "a Service that answers with something else",
      () => {
        serve("http://service:8080/test.txt", "<html>captive portal");
      },
      ["talos-edge-1 -> Service by name: fetch http://service:8080/test.txt: unexpected answer"],
    ],
    [
      "no way out and no outside names",
      () => {
        rmSync(path.join(world, "dns", "example.com"));
      },
      ["talos-edge-1 -> Internet: resolve example.com: ** server can't find example.com: NXDOMAIN"],
    ],
    [
      "no DNS at all",
      () => {
        rmSync(path.join(world, "dns"), { recursive: true });
      },
      [
        "talos-edge-1 -> setup02-cluster-master-1: no pod of it behind peers within 20 s",
        "talos-edge-1 -> setup02-cluster-worker-1: no pod of it behind peers within 20 s",
        "talos-edge-1 -> Service by name: resolve service: ** server can't find service: NXDOMAIN",
        "talos-edge-1 -> Internet: resolve example.com: ** server can't find example.com: NXDOMAIN",
      ],
    ],
  ])("names pair and reason: %s", (_case, breakIt, expected) => {
    breakIt();
    const result = run();
    expect(result.status).toBe(1);
    expect(findings(result)).toEqual(expected);
    expect(result.message).toBe(`${expected.join("\n")}\n`);
  });

  it("waits for peers that come later", () => {
    resolveTo("peers", ["10.244.0.3", "10.244.1.5"], 3);
    const result = run();
    expect(result.status).toBe(0);
    expect(result.lines.slice(0, 3)).toEqual(
      Array<string>(3).fill("waiting for the pods of setup02-cluster-master-1 setup02-cluster-worker-1"),
    );
  });

  it("keeps what fits of the findings when there are very many", () => {
    resolveTo("peers", []);
    const peers = Array.from({ length: 120 }, (_, index) => `node-${index}=10.244.${index}.0/24`).join(" ");
    const result = run({ PEERS: peers });
    expect(result.status).toBe(1);
    expect(result.message).toHaveLength(4000);
    expect(findings(result)).toHaveLength(120);
  });

  it("tells pod addresses of unlike sizes apart", () => {
    const result = run({ PEERS: "setup02-cluster-master-1=10.244.0.0/25 setup02-cluster-worker-1=10.244.1.4/30" });
    expect(result.status).toBe(0);
    expect(result.lines[0]).toBe("ok: talos-edge-1 -> setup02-cluster-master-1: ping 10.244.0.3");
    expect(result.lines[2]).toBe("ok: talos-edge-1 -> setup02-cluster-worker-1: ping 10.244.1.5");
  });

  it("is a script that a POSIX shell takes", () => {
    expect(() => execFileSync("sh", ["-n", "-c", checkScript()])).not.toThrow();
  });
});
