/** Unary gRPC over HTTP/2, as much of it as a client of a real server can tell. */
import { createServer } from "node:http2";
import type { ServerHttp2Stream } from "node:http2";
import { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { ConnectionCut, type Faults, kindOfGrpc, Refused, Silence } from "../faults";
import { GrpcRefusal } from "../world";
import type { GrpcSite } from "../world";
import { signatureMistake } from "./certificates";

const UNKNOWN = 2;
const RESOURCE_EXHAUSTED = 8;
const UNAVAILABLE = 14;
const HEADERS = { ":status": 200, "content-type": "application/grpc" };

/** Serves the site on a connection whose TLS is on its way. */
export function serveGrpc(site: GrpcSite, socket: TLSSocket, faults: Faults): void {
  const server = createServer();
  server.on("stream", (stream: ServerHttp2Stream, headers) => {
    stream.on("error", () => stream.destroy());
    void answer(site, stream, headers[":path"] ?? "", faults);
  });
  socket.once("secure", () => {
    const shown = socket.getPeerX509Certificate();
    // A Go server sends an alert after the handshake; Node can only end the connection.
    if (!shown || signatureMistake(shown, site.clientCa) !== undefined) socket.destroy();
    // Given the socket itself, http2 takes over its handle, which stays silent on a connection that came by CONNECT.
    else server.emit("connection", Duplex.from({ readable: socket, writable: socket }));
  });
}

async function answer(site: GrpcSite, stream: ServerHttp2Stream, path: string, faults: Faults): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  try {
    const request = Buffer.concat(chunks).subarray(5);
    const message = await faults.around(kindOfGrpc(path), () => site.call(path, request));
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    stream.respond(HEADERS, { waitForTrailers: true });
    stream.on("wantTrailers", () => {
      stream.sendTrailers({ "grpc-status": "0" });
    });
    stream.end(Buffer.concat([head, message]));
  } catch (error) {
    if (error instanceof Silence) return;
    if (error instanceof ConnectionCut) {
      stream.session?.destroy();
      return;
    }
    const reason = error instanceof Error ? error.message : String(error);
    const code = error instanceof GrpcRefusal ? error.code : error instanceof Refused ? codeOf(error) : UNKNOWN;
    const status = { "grpc-status": String(code), "grpc-message": encodeURIComponent(reason) };
    if (!stream.destroyed) stream.respond({ ...HEADERS, ...status }, { endStream: true });
  }
}

function codeOf({ status }: Refused): number {
  return status === 429 ? RESOURCE_EXHAUSTED : UNAVAILABLE;
}
