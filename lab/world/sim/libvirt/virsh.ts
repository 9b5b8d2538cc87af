/** virsh(1) on a host, over the world's libvirt: the commands that the program's scripts give. */
import { remove, textAt } from "../../json";
import { WorldError } from "../../world";
import type { Host } from "../host/hostState";
import { powerOff } from "../machine/power";
import type { LibvirtObject } from "../model";
import type { Sim } from "../sim";
import { named, objectKey, objectsOf, TOKEN } from "./names";
import type { Token } from "./names";

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** What a command prints, or what it was about where it prints nothing; throws what libvirt refuses. */
type Command = (on: { sim: Sim; host: Host; options: Map<string, string> }, name: string) => string | LibvirtObject;

const KINDS: Record<string, { token: Token; missing: string }> = {
  domain: { token: TOKEN.domain, missing: "failed to get domain" },
  network: { token: TOKEN.network, missing: "failed to get network" },
  pool: { token: TOKEN.pool, missing: "failed to get pool" },
};

/** Options that a value follows; the others are flags. */
const WITH_VALUE = ["--connect", "--pool"];

const COMMANDS: Record<string, Command> = {
  desc: ({ sim, host }, name) =>
    textAt(find(sim, host, "domain", name).inputs, "description") ?? `No description for domain: ${name}`,
  domstate: ({ sim, host }, name) => (isOn(sim, find(sim, host, "domain", name)) ? "running" : "shut off"),
  destroy: ({ sim, host }, name) => {
    const domain = find(sim, host, "domain", name);
    if (!isOn(sim, domain)) throw new WorldError("Requested operation is not valid: domain is not running");
    powerOff(sim, domain.id);
    return domain;
  },
  undefine: ({ sim, host, options }, name) => {
    const domain = find(sim, host, "domain", name);
    if (textAt(domain.inputs, "os", "firmware") === "efi" && !options.has("--nvram")) {
      throw new WorldError("Requested operation is not valid: cannot undefine domain with nvram");
    }
    // A domain that runs is only forgotten once it stops.
    return isOn(sim, domain) ? domain : removed(sim, host, domain);
  },
  "net-dumpxml": ({ sim, host }, name) => {
    const bridge = textAt(find(sim, host, "network", name).inputs, "bridge", "name") ?? "";
    return `<network>\n  <name>${name}</name>\n  <forward mode='bridge'/>\n  <bridge name='${bridge}'/>\n</network>`;
  },
  "net-destroy": ({ sim, host }, name) => find(sim, host, "network", name),
  "net-undefine": ({ sim, host }, name) => removed(sim, host, find(sim, host, "network", name)),
  "pool-dumpxml": ({ sim, host }, name) => {
    const path = textAt(find(sim, host, "pool", name).inputs, "target", "path") ?? "";
    return `<pool>\n  <name>${name}</name>\n  <target>\n    <path>${path}</path>\n  </target>\n</pool>`;
  },
  "pool-refresh": ({ sim, host }, name) => find(sim, host, "pool", name),
  "pool-start": ({ sim, host }, name) => {
    find(sim, host, "pool", name);
    throw new WorldError(`operation failed: pool '${name}' is already active`);
  },
  "pool-destroy": ({ sim, host }, name) => find(sim, host, "pool", name),
  "pool-delete": ({ sim, host }, name) => find(sim, host, "pool", name),
  // Its volumes stay on the disk, and a pool of the same name and path finds them again.
  "pool-undefine": ({ sim, host }, name) => removed(sim, host, find(sim, host, "pool", name)),
  "vol-list": ({ sim, host }, name) => {
    find(sim, host, "pool", name);
    return volumesOf(sim, host, name)
      .map((volume) => ` ${textAt(volume.inputs, "name") ?? ""}   ${volume.id}`)
      .join("\n");
  },
  "vol-info": ({ sim, host, options }, name) => findVolume(sim, host, options, name),
  "vol-delete": ({ sim, host, options }, name) => removed(sim, host, findVolume(sim, host, options, name)),
};

export function virsh(sim: Sim, host: Host, words: string[]): Ended {
  const options = new Map<string, string>();
  const plain: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (WITH_VALUE.includes(word)) options.set(word, words[++at] ?? "");
    else if (word.startsWith("-")) options.set(word, "");
    else plain.push(word);
  }
  const [command = "", name = ""] = plain;
  const run = COMMANDS[command];
  if (!run) return { code: 1, stdout: "", stderr: `error: unknown command: '${command}'\n` };
  try {
    const said = run({ sim, host, options }, name);
    return { code: 0, stdout: typeof said === "string" && said !== "" ? `${said}\n` : "", stderr: "" };
  } catch (error) {
    if (!(error instanceof WorldError)) throw error;
    return { code: 1, stdout: "", stderr: `error: ${error.message}\n` };
  }
}

function find(sim: Sim, host: Host, kind: string, name: string): LibvirtObject {
  const { token = TOKEN.domain, missing = "" } = KINDS[kind] ?? {};
  const found = named(sim, host, token, name);
  if (!found) throw new WorldError(`${missing} '${name}'`);
  return found;
}

function findVolume(sim: Sim, host: Host, options: Map<string, string>, name: string): LibvirtObject {
  const pool = options.get("--pool") ?? "";
  const found = volumesOf(sim, host, pool).find((volume) => textAt(volume.inputs, "name") === name);
  if (!found) throw new WorldError(`failed to get vol '${name}'`);
  return found;
}

const volumesOf = (sim: Sim, host: Host, pool: string): LibvirtObject[] =>
  objectsOf(sim, host, TOKEN.volume).filter((volume) => textAt(volume.inputs, "pool") === pool);

function removed(sim: Sim, host: Host, object: LibvirtObject): LibvirtObject {
  remove(sim.state.libvirt.objects, objectKey(host, object.token, object.id));
  sim.changed();
  return object;
}

const isOn = (sim: Sim, domain: LibvirtObject): boolean => sim.state.machines[domain.id] !== undefined;
