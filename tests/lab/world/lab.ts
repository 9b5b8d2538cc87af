/** A world on loopback, and the three ways into it: RPC, the HTTPS proxy and ssh. */
import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import * as tls from "node:tls";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HttpsProxyAgent } from "https-proxy-agent";
import { startWorld } from "../../../lab/world";
import type { RunningWorld, WorldOptions } from "../../../lab/world";
import type { WorldState } from "../../../lab/world/sim/model";

export type Json = Record<string, unknown>;

export interface Answer {
  status: number;
  body: unknown;
}

export interface Call {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
  tls?: { ca?: string; cert?: string; key?: string };
}

const LAB_KEY = { authorization: `Basic ${Buffer.from("tskey-api-lab:").toString("base64")}` };

export class Lab {
  private constructor(
    readonly dir: string,
    readonly world: RunningWorld,
    private readonly options: Partial<WorldOptions>,
  ) {}

  /** `verdict` is what the stand-in for talosctl says of every machine config: nothing, when it is valid. */
  static async start(options: Partial<WorldOptions> & { verdict?: string } = {}): Promise<Lab> {
    const dir = mkdtempSync(join(tmpdir(), "lab-world-"));
    const talosctl = process.env.LAB_TALOSCTL ?? join(dir, "talosctl");
    const verdict = options.verdict === undefined ? "exit 0" : `echo '${options.verdict}' >&2; exit 1`;
    writeFileSync(join(dir, "talosctl"), `#!/bin/sh\n${verdict}\n`);
    chmodSync(join(dir, "talosctl"), 0o755);
    return Lab.open(dir, {
      talosctl: options.verdict === undefined ? talosctl : join(dir, "talosctl"),
      pace: options.pace,
    });
  }

  private static async open(dir: string, options: Partial<WorldOptions>): Promise<Lab> {
    const pace = { boot: 20, join: 20, kubernetes: 20, patience: 5000, ...options.pace };
    const world = await startWorld({ talosctl: "", ...options, dir: join(dir, "lab"), pace });
    return new Lab(dir, world, options);
  }

  /** Closes the world and starts it again from what it has written down. */
  async restart(): Promise<Lab> {
    await this.world.close();
    return Lab.open(this.dir, this.options);
  }

  async stop(): Promise<void> {
    await this.world.close();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** What the world has written down. */
  stored(): WorldState {
    return JSON.parse(readFileSync(join(this.dir, "lab", "world.json"), "utf8")) as WorldState;
  }

  /** One RPC; the error's message is thrown. */
  async rpc(method: string, params: Json): Promise<Json> {
    const answer = await send(
      http.request(`${this.world.url}/rpc/${method}`, { method: "POST" }),
      JSON.stringify(params),
    );
    const body = answer.body as { result?: Json; error?: { message: string } };
    if (body.error) throw new Error(body.error.message);
    return body.result ?? {};
  }

  /** A request through the proxy, as the program makes it. */
  https(url: string, call: Call = {}): Promise<Answer> {
    const agent = new HttpsProxyAgent(this.world.url);
    const ca = call.tls?.ca ?? readFileSync(this.world.caFile, "utf8");
    const text = call.body === undefined || typeof call.body === "string" ? call.body : JSON.stringify(call.body);
    // The agent forgets the host when it is an address, and would have the certificate name `localhost`.
    const checkServerIdentity = (_host: string, certificate: tls.PeerCertificate) =>
      tls.checkServerIdentity(new URL(url).hostname, certificate);
    const options = {
      method: call.method ?? "GET",
      agent,
      headers: call.headers,
      ...call.tls,
      ca,
      checkServerIdentity,
    };
    return send(https.request(url, options), text);
  }

  /** The Tailscale API with the lab's key. */
  async tailscale(method: string, path: string, body?: unknown): Promise<Json> {
    const answer = await this.https(`https://api.tailscale.com/api/v2/${path}`, { method, body, headers: LAB_KEY });
    if (answer.status >= 300) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as Json;
  }

  /** A script on a KVM host. */
  ssh(host: string, script: string): Promise<{ code: number; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
      const args = ["-o", "BatchMode=yes", "--", host, "sudo -n sh -s"];
      const child = execFile(
        join(this.world.binDir, "ssh"),
        args,
        { env: { ...process.env, ...this.world.env() } },
        (error, stdout, stderr) => {
          resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
        },
      );
      // A host that is refused reads nothing.
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(script);
    });
  }

  /** Asks until the answer is true. */
  async until(what: string, ask: () => boolean | Promise<boolean>): Promise<void> {
    const end = Date.now() + 10_000;
    while (!(await ask())) {
      if (Date.now() > end) throw new Error(`not so within 10 s: ${what}: ${JSON.stringify(this.world.summary())}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function send(request: http.ClientRequest, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request.on("error", reject);
    request.on("response", (response) => {
      let text = "";
      response.on("data", (part: Buffer) => (text += part.toString()));
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, body: parse(text) });
      });
    });
    request.end(body);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
