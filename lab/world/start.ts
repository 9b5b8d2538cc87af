import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Faults } from "./faults";
import { CertificateAuthority } from "./server/ca";
import { Proxy } from "./server/proxy";
import { answerRpc } from "./server/rpc";
import { installTools } from "./sim/install";
import { SimWorld } from "./sim/simWorld";
import type { RunningWorld, WorldOptions } from "./world";

/** Starts the simulated world in a folder, or goes on with the one that is there. */
export async function startWorld(options: WorldOptions): Promise<RunningWorld> {
  const log = options.log ?? (() => undefined);
  mkdirSync(options.dir, { recursive: true, mode: 0o700 });
  const ca = CertificateAuthority.open(options.dir);
  const binDir = installTools(options.dir);
  const world = new SimWorld({ ...options, log });
  const faults = new Faults(options.dir);
  const proxy = new Proxy(world, faults, ca, log);

  const server = createServer((request, response) => {
    void answerRpc(world, faults, request, response);
  });
  server.on("connect", (request, socket, head: Buffer) => {
    void proxy.connect(request, socket, head);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    caFile: ca.file,
    binDir,
    env: () => ({
      ...proxyVariables(url),
      NODE_EXTRA_CA_CERTS: ca.file,
      SSL_CERT_FILE: ca.file,
      LAB_WORLD: url,
      LAB_TALOSCTL: options.talosctl,
      LAB_DIR: options.dir,
    }),
    faults,
    summary: () => world.summary(),
    remains: () => world.remains(),
    close: async () => {
      proxy.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      await world.close();
    },
  };
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
