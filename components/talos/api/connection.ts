/** A TLS connection to a node, through the HTTPS proxy where the environment names one. Serialised by Pulumi: see components/http/request.ts. */
import * as http from "http";
import * as https from "https";
import type * as net from "net";
import proxyFromEnv from "proxy-from-env";
import * as tls from "tls";

export interface TlsPeer {
  /** Address, which the server's certificate must name. */
  host: string;
  port: number;
  /** Certificate authority of the server, PEM. */
  ca: string;
  /** Client certificate, PEM. */
  cert: string;
  /** Key of the client certificate, PEM. */
  key: string;
}

export async function connectTls(peer: TlsPeer, protocol: string, timeoutMs: number): Promise<tls.TLSSocket> {
  const proxy = proxyFromEnv.getProxyForUrl(`https://${peer.host}:${peer.port}`);
  const tunnel = proxy === "" ? undefined : await throughProxy(new URL(proxy), peer, timeoutMs);
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      ...(tunnel === undefined ? { host: peer.host, port: peer.port } : { socket: tunnel }),
      ca: peer.ca,
      cert: peer.cert,
      key: peer.key,
      ALPNProtocols: [protocol],
      // Through a proxy the TLS layer does not know the host.
      checkServerIdentity: (_name, certificate) => tls.checkServerIdentity(peer.host, certificate),
    });
    const timer = setTimeout(() => {
      socket.destroy(new Error(`no connection within ${timeoutMs / 1000} s`));
    }, timeoutMs);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    socket.once("error", fail);
    socket.once("close", () => {
      fail(new Error("the connection was closed"));
    });
    socket.once("secureConnect", () => {
      clearTimeout(timer);
      resolve(socket);
    });
  });
}

function throughProxy(proxy: URL, peer: TlsPeer, timeoutMs: number): Promise<net.Socket> {
  const login = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return new Promise((resolve, reject) => {
    const request = (proxy.protocol === "https:" ? https : http).request({
      host: proxy.hostname,
      port: proxy.port,
      method: "CONNECT",
      path: `${peer.host}:${peer.port}`,
      headers: {
        host: `${peer.host}:${peer.port}`,
        ...(login === ":" ? {} : { "proxy-authorization": `Basic ${Buffer.from(login).toString("base64")}` }),
      },
      agent: false,
      timeout: timeoutMs,
    });
    request.once("connect", (response, socket: net.Socket) => {
      if (response.statusCode === 200) {
        resolve(socket);
      } else {
        socket.destroy();
        reject(new Error(`the proxy ${proxy.host} answered ${response.statusCode ?? 0}`));
      }
    });
    request.once("timeout", () => request.destroy(new Error(`the proxy ${proxy.host} does not answer`)));
    request.once("error", reject);
    request.end();
  });
}
