/** Open vSwitch of one KVM host: its own database and switch, with the userspace datapath. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "../command";
import { Daemon } from "../daemon";
import type { NetnsLab } from "../lab";

const SOCKET = "/run/openvswitch/db.sock";
const DATABASE = "/etc/openvswitch/conf.db";
const SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema";
/** The program itself, without the host's tool of the same name. */
const OVS_VSCTL = "/usr/bin/ovs-vsctl";

export class OpenVswitch {
  private readonly database: Daemon;
  private readonly switch: Daemon;

  /** @param enter - Begins every command that runs on the host. */
  constructor(
    lab: NetnsLab,
    host: string,
    private readonly root: string,
    private readonly enter: [string, ...string[]],
  ) {
    this.database = new Daemon(lab, {
      name: `${host}-ovsdb-server`,
      command: [
        ...enter,
        "ovsdb-server",
        `--remote=punix:${SOCKET}`,
        "--pidfile=/run/openvswitch/ovsdb-server.pid",
        DATABASE,
      ],
    });
    this.switch = new Daemon(lab, {
      name: `${host}-ovs-vswitchd`,
      command: [...enter, "ovs-vswitchd", "--pidfile=/run/openvswitch/ovs-vswitchd.pid", `unix:${SOCKET}`],
    });
  }

  /** Starts what does not run. Bridges that the database knows come back by themselves. */
  async start(): Promise<void> {
    if (!existsSync(join(this.root, DATABASE))) {
      await this.run("mkdir", "-p", "/etc/openvswitch");
      await this.run("ovsdb-tool", "create", DATABASE, SCHEMA);
    }
    if (await this.database.start()) {
      await this.database.until("its socket is there", () => existsSync(join(this.root, SOCKET)));
      await this.run(OVS_VSCTL, "--timeout=30", "--no-wait", "init");
    }
    if (!(await this.switch.start())) return;
    // A change is answered when the switch has carried it out, and with it all that the database knew before.
    await this.run(OVS_VSCTL, "--timeout=30", "set", "Open_vSwitch", ".", `external-ids:lab-start=${Date.now()}`);
  }

  bridges(): Promise<string[]> {
    return this.run(OVS_VSCTL, "--timeout=30", "list-br").then((text) =>
      text.split("\n").filter((name) => name !== ""),
    );
  }

  async addPort(bridge: string, port: string): Promise<void> {
    await this.run(OVS_VSCTL, "--timeout=30", "--may-exist", "add-port", bridge, port);
  }

  async removePort(port: string): Promise<void> {
    await this.run(OVS_VSCTL, "--timeout=30", "--if-exists", "del-port", port);
  }

  private run(...command: string[]): Promise<string> {
    const [file, ...args] = this.enter;
    return run(file, [...args, ...command]);
  }
}
