/**
 * The HTTP CONNECT proxy that is "the Internet" of the lab. It ends TLS itself for the sites the world has, so that programs use the
 * real URLs, and refuses every other destination, so that nothing can reach a real account.
 */
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createSecureContext, TLSSocket } from "node:tls";
import type { SecureContext } from "node:tls";
import type { Faults } from "../faults";
import { kindOfRequest, Refused } from "../faults";
import type { GrpcSite, Site, Tunnel, World } from "../world";
import type { CertificateAuthority } from "./ca";
import { signatureMistake } from "./certificates";
import { serveGrpc } from "./grpc";
import { leavesUnanswered, readBody } from "./rpc";

interface Destination {
  site: Site;
  host: string;
  port: number;
}

const ESTABLISHED = "HTTP/1.1 200 Connection Established\r\n\r\n";

const destinations = new WeakMap<object, Destination>();

export class Proxy {
  private readonly http: Server;
  private readonly contexts = new Map<string, SecureContext>();
  private readonly open = new Set<Duplex>();

  constructor(
    private readonly world: World,
    private readonly faults: Faults,
    private readonly ca: CertificateAuthority,
    private readonly log: (line: string) => void,
  ) {
    this.http = createServer((request, response) => {
      void this.answer(request, response);
    });
  }

  /** Handles one CONNECT request: `host:port` in the request line, then TLS on the same connection. */
  async connect(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    this.open.add(socket);
    socket.on("close", () => this.open.delete(socket));
    socket.on("error", () => socket.destroy());
    const target = request.url ?? "";
    const { host, port } = splitAuthority(target);
    let site: Site | GrpcSite | undefined;
    try {
      const found = await this.world.site(host, port);
      if (found && "open" in found) {
        await passThrough(found, socket, head);
        return;
      }
      site = found;
    } catch (error) {
      this.log(`proxy: ${target}: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (!site) {
      refuse(socket, target, host);
      this.log(`proxy: refused ${target}`);
      return;
    }
    socket.write(ESTABLISHED);
    if (head.length > 0) socket.unshift(head);
    const secure = new TLSSocket(socket, {
      isServer: true,
      secureContext: this.contextOf(host, site),
      requestCert: site.clientCa !== undefined,
      // Who shows no good certificate gets the API's own 401, not a broken connection.
      rejectUnauthorized: false,
      ALPNProtocols: ["call" in site ? "h2" : "http/1.1"],
    });
    secure.on("error", () => socket.destroy());
    if ("call" in site) {
      serveGrpc(site, secure, this.faults);
      return;
    }
    destinations.set(secure, { site, host, port });
    this.http.emit("connection", secure);
  }

  close(): void {
    for (const socket of this.open) socket.destroy();
    this.http.closeAllConnections();
  }

  private contextOf(host: string, site: Site | GrpcSite): SecureContext {
    const pair = site.certificate ?? this.ca.certificateOf(host);
    let context = this.contexts.get(pair.cert);
    if (!context) {
      context = createSecureContext({ cert: pair.cert, key: pair.key, ...(site.clientCa && { ca: site.clientCa }) });
      this.contexts.set(pair.cert, context);
    }
    return context;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const destination = destinations.get(request.socket);
      if (!destination) throw new Error("connection without a site");
      const { site, host, port } = destination;
      const url = new URL(request.url ?? "/", "https://site");
      const asked = {
        method: request.method ?? "GET",
        path: decodeURIComponent(url.pathname),
        query: url.searchParams,
        headers: plainHeaders(request),
        body: await readBody(request),
        clientAuthorized: isAuthorized(request.socket, site),
      };
      const answer = await this.faults.around(kindOfRequest(asked.method, host, port, asked.path), () =>
        site.handle(asked),
      );
      const isText = typeof answer.body === "string";
      const text = answer.body === undefined ? "" : isText ? (answer.body as string) : JSON.stringify(answer.body);
      response.writeHead(answer.status, {
        "content-type": isText ? "text/plain" : "application/json",
        "content-length": Buffer.byteLength(text),
        ...answer.headers,
      });
      response.end(request.method === "HEAD" ? undefined : text);
    } catch (error) {
      if (leavesUnanswered(error, request)) return;
      const reason = error instanceof Error ? error.message : String(error);
      if (error instanceof Refused) {
        const wait = error.retryAfter === undefined ? {} : { "retry-after": error.retryAfter };
        response.writeHead(error.status, { "content-type": "application/json", ...wait });
        response.end(JSON.stringify({ message: reason }));
        return;
      }
      this.log(`proxy: ${request.url ?? ""}: ${reason}`);
      if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain" });
      response.end(reason);
    }
  }
}

/**
 * Whether the client showed a certificate of the site's CA. The handshake has proved that it holds the key; who signed the certificate is
 * looked at here, since a socket that is not of a tls.Server does not tell.
 */
function isAuthorized(socket: Socket, site: Site): boolean {
  const shown = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  return shown !== undefined && site.clientCa !== undefined && signatureMistake(shown, site.clientCa) === undefined;
}

async function passThrough(tunnel: Tunnel, socket: Duplex, head: Buffer): Promise<void> {
  const far = await tunnel.open();
  far.on("error", () => socket.destroy());
  far.on("close", () => socket.destroy());
  socket.on("close", () => far.destroy());
  socket.write(ESTABLISHED);
  if (head.length > 0) far.write(head);
  socket.pipe(far).pipe(socket);
}

/** A tailnet address that nobody answers at is a machine that is not up: that is a gateway's error, and worth another try. */
function refuse(socket: Duplex, target: string, host: string): void {
  const status = /^100\.\d+\.\d+\.\d+$/.test(host) ? "502 Bad Gateway" : "403 Forbidden";
  const reason = `The lab has no ${target}: only what it plays can be reached.\n`;
  socket.end(`HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${reason.length}\r\n\r\n${reason}`);
}

function splitAuthority(authority: string): { host: string; port: number } {
  const colon = authority.lastIndexOf(":");
  return { host: authority.slice(0, colon).toLowerCase(), port: Number(authority.slice(colon + 1)) };
}

function plainHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return headers;
}
