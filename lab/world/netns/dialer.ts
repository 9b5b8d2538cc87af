/** Opens connections from inside a network namespace: a helper there does it, and is reached by a unix socket. */
import { existsSync, rmSync } from "node:fs";
import { request } from "node:http";
import type { Duplex } from "node:stream";
import { Daemon } from "./daemon";
import type { NetnsLab } from "./lab";
import type { Namespace } from "./net/namespace";

const answerMs = 20_000;

export class Dialer {
  private readonly daemon: Daemon;
  private readonly socket: string;

  /** @param machine - Path of the program that has the helper, as `dial`. */
  constructor(lab: NetnsLab, namespace: Namespace, machine: string) {
    const name = `dial-${namespace.name.slice(lab.prefix.length)}`;
    this.socket = lab.socket(name);
    this.daemon = new Daemon(lab, { name, namespace, command: [machine, "dial", "--listen", this.socket] });
  }

  async start(): Promise<void> {
    if (this.daemon.id() === undefined) rmSync(this.socket, { force: true });
    await this.daemon.start();
    await this.daemon.until("it listens", () => existsSync(this.socket));
  }

  /** A connection to `host:port`; rejects where nobody answers. */
  async dial(host: string, port: number): Promise<Duplex> {
    await this.start();
    return new Promise((resolve, reject) => {
      const asked = request({
        socketPath: this.socket,
        method: "CONNECT",
        path: `${host}:${port}`,
        timeout: answerMs,
      });
      asked.on("connect", (response, socket, head: Buffer) => {
        if (response.statusCode !== 200) {
          socket.destroy();
          reject(new Error(`${host}:${port} does not answer`));
          return;
        }
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      });
      asked.on("timeout", () => asked.destroy(new Error(`${host}:${port}: no answer within ${answerMs / 1000} s`)));
      asked.on("error", reject);
      asked.end();
    });
  }
}
