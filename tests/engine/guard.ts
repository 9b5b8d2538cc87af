import { createServer, request as httpRequest } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { RunningWorld } from "../../lab/world";

/** A door between engine and world that lets through what it is told, and remembers what it turned away. */
export interface Guard {
  /** Puts an engine behind the door. */
  env: Record<string, string>;
  /** What was asked for and refused: `rpc gcp.create`, `connect 100.64.0.1:6443`. */
  refused: string[];
  close(): Promise<void>;
}

export async function startGuard(world: RunningWorld, allowed: RegExp): Promise<Guard> {
  const refused: string[] = [];
  const open = new Set<Duplex>();
  const passes = (what: string): boolean => {
    if (!allowed.test(what)) refused.push(what);
    return allowed.test(what);
  };
  const { hostname, port } = new URL(world.url);

  const server = createServer((request, response) => {
    if (!passes(`rpc ${(request.url ?? "").replace("/rpc/", "")}`)) {
      response.writeHead(403).end(JSON.stringify({ error: { message: "This may not be reached from here." } }));
      return;
    }
    const { method, url: path, headers } = request;
    const onward = httpRequest({ hostname, port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  server.on("connect", (request, socket: Duplex, head: Buffer) => {
    const target = request.url ?? "";
    open.add(socket);
    if (!passes(`connect ${target}`)) {
      socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
      return;
    }
    const onward: Socket = connect(Number(port), hostname, () => {
      onward.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
      onward.write(head);
      onward.pipe(socket);
      socket.pipe(onward);
    });
    open.add(onward);
    for (const end of [socket, onward]) end.on("error", () => end.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    env: { HTTPS_PROXY: url, https_proxy: url, HTTP_PROXY: url, http_proxy: url, LAB_WORLD: url },
    refused,
    close: async () => {
      for (const socket of open) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
