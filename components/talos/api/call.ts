/** One call of a node's Talos API: unary gRPC with the cluster's client certificate. Serialised by Pulumi: see components/http/request.ts. */
import * as http2 from "http2";
import type * as tls from "tls";
import { backOffMs, isUnreachable, sleep } from "../../http/request";
import { pem } from "../../kubernetes/client";
import type { ClientConfiguration } from "../clientConfiguration";
import { connectTls } from "./connection";

/** A node's Talos API. */
export interface TalosNode {
  /** Tailnet address. */
  address: string;
  /** Client certificate for the Talos API. */
  client: ClientConfiguration;
}

export interface TalosCall {
  /** Method of machine.MachineService. */
  method: string;
  /** The request message. @default an empty one */
  message?: Uint8Array;
  /** How often the call is made at most; again only where no answer came or the node was not able to give one. @default 3 */
  attempts?: number;
  /** Longest time that connecting, and after it the answer, may take, ms. @default 10000 */
  timeoutMs?: number;
}

const codes = [
  "OK",
  "Canceled",
  "Unknown",
  "InvalidArgument",
  "DeadlineExceeded",
  "NotFound",
  "AlreadyExists",
  "PermissionDenied",
  "ResourceExhausted",
  "FailedPrecondition",
  "Aborted",
  "OutOfRange",
  "Unimplemented",
  "Internal",
  "Unavailable",
  "DataLoss",
  "Unauthenticated",
];

/** The code of a refusal by the Talos API, e.g. `AlreadyExists`; `""` for every other error. */
export function talosCode(error: unknown): string {
  return error instanceof Error && "talosCode" in error ? String(error.talosCode) : "";
}

/**
 * The response message of a call.
 *
 * @throws with `talosCode` where the node refuses, with `isUnreachable` where none answers.
 */
export async function callTalos(node: TalosNode, call: TalosCall): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await callOnce(node, call, call.timeoutMs ?? 10_000);
    } catch (error) {
      const again = isUnreachable(error) || talosCode(error) === "Unavailable";
      if (!again || attempt >= (call.attempts ?? 3)) throw error;
      await sleep(backOffMs(attempt, 500, 5000));
    }
  }
}

async function callOnce(node: TalosNode, call: TalosCall, timeoutMs: number): Promise<Uint8Array> {
  const { client } = node;
  const peer = {
    host: node.address,
    port: 50_000,
    ca: pem(client.caCertificate),
    cert: pem(client.clientCertificate),
    // Talos writes a label of its own over a plain PKCS #8 key, and OpenSSL does not know it.
    key: pem(client.clientKey).replaceAll("ED25519 PRIVATE KEY", "PRIVATE KEY"),
  };
  let socket: tls.TLSSocket | undefined;
  try {
    socket = await connectTls(peer, "h2", timeoutMs);
    return await exchange(socket, call, timeoutMs);
  } catch (error) {
    if (talosCode(error) !== "") throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw Object.assign(new Error(`${node.address}:50000: ${reason}`), { unreachable: true });
  } finally {
    socket?.destroy();
  }
}

function exchange(socket: tls.TLSSocket, call: TalosCall, timeoutMs: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const session = http2.connect("https://talos", { createConnection: () => socket });
    const stream = session.request({
      ":method": "POST",
      ":path": `/machine.MachineService/${call.method}`,
      "content-type": "application/grpc",
      te: "trailers",
    });
    const timer = setTimeout(() => {
      reject(new Error(`no answer to ${call.method} within ${timeoutMs / 1000} s`));
    }, timeoutMs);
    const chunks: Buffer[] = [];
    let status: http2.IncomingHttpHeaders = {};
    // A call that is refused at once has its status in the headers, every other one in the trailers.
    const read = (headers: http2.IncomingHttpHeaders): void => {
      status = { ...status, ...headers };
    };
    stream.on("response", read);
    stream.on("trailers", read);
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", reject);
    session.on("error", reject);
    stream.on("close", () => {
      clearTimeout(timer);
      session.destroy();
      const number = status["grpc-status"];
      if (number === "0") {
        resolve(unframed(Buffer.concat(chunks)));
      } else if (number === undefined) {
        reject(new Error(`the connection ended without an answer (HTTP ${String(status[":status"] ?? "none")})`));
      } else {
        const code = codes[Number(number)] ?? `code ${String(number)}`;
        const text = decodeURIComponent(String(status["grpc-message"] ?? ""));
        reject(Object.assign(new Error(`${code}: ${text}`), { talosCode: code }));
      }
    });
    stream.end(framed(call.message ?? new Uint8Array()));
  });
}

/** gRPC writes a byte for compression (none) and four for the length before a message. */
function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function unframed(frame: Buffer): Uint8Array {
  return frame.subarray(5, 5 + frame.readUInt32BE(1));
}
