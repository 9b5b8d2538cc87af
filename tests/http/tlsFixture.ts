/** A TLS server that asks for a client certificate, reached by its 100.64/10 address through an HTTP proxy: what a Kubernetes API looks like from CI. */
import * as http from "node:http";
import * as https from "node:https";
import * as net from "node:net";
import { TLSSocket } from "node:tls";
import { issueCertificate } from "../../lab/world/server/certificates";

export interface TlsFixture {
  /** The server's address, as it stands in URLs. */
  host: string;
  /** The proxy's URL. */
  proxy: string;
  tls: { ca: string; cert: string; key: string };
  /** What the proxy was asked to connect to. */
  targets: string[];
  /** Names in the client certificates that the server saw. */
  clients: string[];
  close(): Promise<void>;
}

export interface TlsFixtureOptions {
  /** Address in the server's certificate. @default that of the URL */
  certificateAddress?: string;
  answer: (request: http.IncomingMessage) => { status: number; body: unknown };
  /** Status that the proxy refuses every connection with. @default it connects */
  refuseWith?: number;
}

export async function tlsFixture(options: TlsFixtureOptions): Promise<TlsFixture> {
  const address = "100.64.0.1";
  const authority = issueCertificate({ commonName: "test-ca", use: "ca", days: 1 });
  const names = [options.certificateAddress ?? address];
  const server = issueCertificate({ commonName: "server", names, use: "server", days: 1 }, authority);
  const client = issueCertificate({ commonName: "admin", use: "client", days: 1 }, authority);
  const ca = authority.cert;
  const targets: string[] = [];
  const clients: string[] = [];

  const api = https.createServer(
    {
      ca,
      ...server,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (request, response) => {
      if (request.socket instanceof TLSSocket) {
        clients.push(request.socket.getPeerCertificate().subject.CN);
      }
      const { status, body } = options.answer(request);
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    },
  );
  await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
  const apiPort = (api.address() as net.AddressInfo).port;

  const sockets = new Set<net.Socket>();
  const proxy = http.createServer();
  proxy.on("connect", (request: http.IncomingMessage, socket: net.Socket) => {
    targets.push(request.url ?? "");
    if (options.refuseWith !== undefined) {
      socket.end(`HTTP/1.1 ${options.refuseWith} Refused\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const upstream = net.connect(apiPort, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    for (const one of [socket, upstream]) {
      sockets.add(one);
      one.on("error", () => one.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));

  return {
    host: `https://${address}:6443`,
    proxy: `http://127.0.0.1:${(proxy.address() as net.AddressInfo).port}`,
    tls: { ca, ...client },
    targets,
    clients,
    close: async () => {
      for (const socket of sockets) {
        socket.destroy();
      }
      for (const one of [api, proxy]) {
        await new Promise((resolve) => one.close(resolve));
      }
    },
  };
}
