import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { findOrBuild } from "./binaries";
import type { GoBuild } from "./build";
import { cachedPrograms } from "./cache";
import type { Console } from "./console";
import versions from "./versions.json";

const run = promisify(execFile);

/** Programs and images that machines of the lab of namespaces run. */
export interface NetnsTools {
  /** The stand-in for a Talos machine. */
  machine: string;
  /** Folder of Kubernetes, etcd, CoreDNS, Flannel, headscale and Tailscale. */
  binaries: string;
  /** Folder of container images. */
  images: string;
}

const kubernetesVersion = versions.kubernetes;
const [, major = "", minor = ""] = /^v(\d+)\.(\d+)\./.exec(kubernetesVersion) ?? [];
const kubernetes = (name: string): string => `k8s.io/kubernetes/cmd/${name}`;

/** Each is named after what it is made of, so that a changed pin is another build. */
function builds(): { cluster: GoBuild; tailnet: GoBuild; machine: GoBuild } {
  const cluster = join(__dirname, "go", "cluster");
  const tailnet = join(__dirname, "go", "tailnet");
  const machine = join(__dirname, "..", "machine");
  return {
    cluster: {
      name: "cluster",
      title: "Kubernetes, etcd, CoreDNS and Flannel",
      version: `${kubernetesVersion}-${digestOf(cluster)}`,
      module: cluster,
      programs: {
        ...Object.fromEntries(
          ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl"].map(
            (name) => [name, kubernetes(name)],
          ),
        ),
        etcd: "./etcd",
        etcdutl: "go.etcd.io/etcd/etcdutl/v3",
        coredns: "./coredns",
        flanneld: "./flanneld",
      },
      stamps: {
        "k8s.io/component-base/version.gitVersion": kubernetesVersion,
        "k8s.io/component-base/version.gitMajor": major,
        "k8s.io/component-base/version.gitMinor": minor,
        "k8s.io/client-go/pkg/version.gitVersion": kubernetesVersion,
      },
      isUnoptimised: true,
    },
    tailnet: {
      name: "tailnet",
      title: "headscale and Tailscale",
      version: digestOf(tailnet),
      module: tailnet,
      programs: {
        headscale: "github.com/juanfont/headscale/cmd/headscale",
        tailscale: "tailscale.com/cmd/tailscale",
        tailscaled: "tailscale.com/cmd/tailscaled",
      },
      stamps: {},
    },
    machine: {
      name: "machine",
      title: "the Talos machine's stand-in",
      version: digestOf(machine),
      module: machine,
      programs: { machine: "talos-cloud-edge/lab/machine", wget: "talos-cloud-edge/lab/machine/cmd/wget" },
      stamps: { "github.com/siderolabs/talos/pkg/machinery/version.Tag": versions.talosctl },
    },
  };
}

/** Builds what isn't there. */
export async function findNetnsTools(console: Console, env: NodeJS.ProcessEnv = process.env): Promise<NetnsTools> {
  const { cluster, tailnet, machine } = builds();
  const folders = {
    tailnet: await findOrBuild(tailnet, console, env),
    machine: await findOrBuild(machine, console, env),
    cluster: await findOrBuild(cluster, console, env),
  };
  const program = join(folders.machine, "machine");
  const version = digest([cluster.version, tailnet.version, machine.version]);
  const binaries = made(cachedPrograms("netns", version, env), (folder) => {
    // Links that can be followed from inside a machine, which sees this folder alone.
    for (const from of Object.values(folders)) {
      for (const name of readdirSync(from)) linkSync(join(from, name), join(folder, name));
    }
    return Promise.resolve();
  });
  const images = made(cachedPrograms("netns-images", version, env), async (folder) => {
    console.line("Making the container images of the lab.");
    await run(program, ["images", "--binaries", await binaries, "--out", folder]);
  });
  return { machine: program, binaries: await binaries, images: await images };
}

/** The folder, filled at its first use: complete or not there. Who comes second finds it there, or fills it once more for nothing. */
async function made(folder: string, fill: (draft: string) => Promise<void>): Promise<string> {
  if (existsSync(folder)) return folder;
  const draft = `${folder}.${process.pid}`;
  try {
    mkdirSync(draft, { recursive: true });
    await fill(draft);
    if (!existsSync(folder)) renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}

/** Of all files: what is no Go may be embedded. */
function digestOf(module: string): string {
  const entries = readdirSync(module, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  return digest(files.flatMap((file) => [relative(module, file), readFileSync(file, "utf8")]));
}

function digest(parts: string[]): string {
  return createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 12);
}
