import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Faults } from "./faults";
import { CertificateAuthority } from "./server/ca";
import { NetnsWorld } from "./netns/netnsWorld";
import { Proxy } from "./server/proxy";
import { answerRpc } from "./server/rpc";
import { installSsh, installTools } from "./sim/install";
import { SimWorld } from "./sim/simWorld";
import type { RunningWorld, World, WorldOptions } from "./world";

/** Starts the world in a folder, or goes on with the one that is there. */
export async function startWorld(options: WorldOptions): Promise<RunningWorld> {
  const log = options.log ?? (() => undefined);
  mkdirSync(options.dir, { recursive: true, mode: 0o700 });
  const ca = CertificateAuthority.open(options.dir);
  const faults = new Faults(options.dir);

  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = {
    ...proxyVariables(url),
    NODE_EXTRA_CA_CERTS: ca.file,
    SSL_CERT_FILE: ca.file,
    LAB_WORLD: url,
    LAB_TALOSCTL: options.talosctl,
    LAB_DIR: options.dir,
  };
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => {
        resolve();
      });
      server.closeAllConnections();
    });
  const world = await open(options, { ca, env, log }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const proxy = new Proxy(world, faults, ca, log);
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    void answerRpc(world, faults, request, response);
  });
  server.on("connect", (request, socket, head: Buffer) => {
    void proxy.connect(request, socket, head);
  });

  return {
    url,
    caFile: ca.file,
    binDir: options.netns ? installSsh(options.dir) : installTools(options.dir),
    env: () => env,
    faults,
    summary: () => world.summary(),
    remains: () => world.remains(),
    refresh: () => world.refresh(),
    close: async () => {
      proxy.close();
      await stop();
      await world.close();
    },
    end: () => world.end(),
  };
}

interface Surroundings {
  ca: CertificateAuthority;
  env: Record<string, string>;
  log: (line: string) => void;
}

async function open(options: WorldOptions, surroundings: Surroundings): Promise<World> {
  const { netns: tools, ...rest } = options;
  if (tools) return NetnsWorld.open({ ...rest, ...surroundings, tools });
  return new SimWorld({ ...rest, log: surroundings.log });
}

/** Both spellings: programs differ in which of them they read. Plain HTTP goes nowhere either. */
function proxyVariables(url: string): Record<string, string> {
  const direct = "127.0.0.1,localhost";
  return {
    HTTPS_PROXY: url,
    https_proxy: url,
    HTTP_PROXY: url,
    http_proxy: url,
    NO_PROXY: direct,
    no_proxy: direct,
  };
}
