import * as net from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { backOffMs, isUnreachable, requestJson, retryAfterMs } from "../../components/http/request";
import { type FakeServer, fakeServer, type Reply } from "./fakeServer";
import { type TlsFixture, tlsFixture } from "./tlsFixture";

const retry = { firstDelayMs: 5, maxDelayMs: 50 };

let server: FakeServer | undefined;
let fixture: TlsFixture | undefined;

beforeEach(() => {
  for (const variable of ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]) {
    vi.stubEnv(variable, "");
  }
  vi.stubEnv("NO_PROXY", "127.0.0.1");
  vi.stubEnv("no_proxy", "127.0.0.1");
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server?.close();
  await fixture?.close();
  server = undefined;
  fixture = undefined;
});

async function failure(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) {
    throw new Error("it did not fail");
  }
  return error;
}

describe("requestJson", () => {
  it("sends JSON and parses the answer", async () => {
    server = await fakeServer(() => ({ status: 201, body: { id: "1" } }));
    const answer = await requestJson({
      method: "POST",
      url: `${server.url}/a?b=c`,
      headers: { authorization: "Bearer x" },
      body: { name: "n" },
    });
    expect(answer).toEqual({ status: 201, body: { id: "1" } });
    expect(server.received[0]).toMatchObject({
      method: "POST",
      path: "/a?b=c",
      body: '{"name":"n"}',
      headers: { authorization: "Bearer x", "content-type": "application/json", accept: "application/json" },
    });
  });

  it.each<[string, string, (Reply | undefined)[], number, number]>([
    ["repeats on 503", "GET", [{ status: 503 }, { status: 502 }, { status: 200 }], 200, 3],
    ["repeats a cut connection", "GET", [undefined, { status: 200 }], 200, 2],
    [
      "repeats on 429 whatever the method",
      "POST",
      [{ status: 429, headers: { "retry-after": "0" } }, { status: 200 }],
      200,
      2,
    ],
    ["does not repeat a POST on 500", "POST", [{ status: 500 }, { status: 200 }], 500, 1],
    ["does not repeat on 404", "GET", [{ status: 404 }, { status: 200 }], 404, 1],
    ["gives the last answer when it was enough", "DELETE", Array<Reply>(9).fill({ status: 500 }), 500, 4],
    [
      "does not wait longer than it may",
      "GET",
      [{ status: 429, headers: { "retry-after": "3600" } }, { status: 200 }],
      429,
      1,
    ],
  ])("%s", async (_case, method, replies, status, sent) => {
    const left = [...replies];
    server = await fakeServer(() => left.shift());
    const answer = await requestJson({ method, url: server.url, retry: { ...retry, attempts: 4 } });
    expect(answer.status).toBe(status);
    expect(server.received).toHaveLength(sent);
  });

  it("does not repeat a POST whose connection was cut: it may have been heard", async () => {
    server = await fakeServer(() => undefined);
    const error = await failure(requestJson({ method: "POST", url: `${server.url}/x`, body: {}, retry }));
    expect(error.message).toBe(`POST ${server.url}/x: the connection broke before an answer came`);
    expect(server.received).toHaveLength(1);
  });

  it("ends an attempt that takes too long", async () => {
    const silent = net.createServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const port = (silent.address() as net.AddressInfo).port;
    const error = await failure(
      requestJson({ method: "GET", url: `http://127.0.0.1:${port}/`, timeoutMs: 80, retry: { attempts: 1 } }),
    );
    silent.close();
    expect(error.message).toBe(`GET http://127.0.0.1:${port}/: no answer within 0.08 s`);
    expect(isUnreachable(error)).toBe(true);
  });

  it("never says a secret", async () => {
    const error = await failure(
      requestJson({
        method: "PUT",
        url: "http://user:hunter2@127.0.0.1:1/path?token=hunter2",
        headers: { authorization: "Bearer hunter2" },
        body: { key: "hunter2" },
        retry: { attempts: 2, firstDelayMs: 1 },
      }),
    );
    expect(error.message).toBe("PUT http://127.0.0.1:1/path: the connection was refused");
    expect(JSON.stringify(error) + String(error.stack)).not.toContain("hunter2");
    expect(isUnreachable(error)).toBe(true);
  });
});

describe("TLS through a proxy", () => {
  it("reaches an address in the tailnet with a client certificate", async () => {
    fixture = await tlsFixture({ answer: (request) => ({ status: 200, body: { path: request.url } }) });
    vi.stubEnv("HTTPS_PROXY", fixture.proxy);
    const answer = await requestJson({ method: "GET", url: `${fixture.host}/version`, tls: fixture.tls });
    expect(answer).toEqual({ status: 200, body: { path: "/version" } });
    expect(fixture.targets).toEqual(["100.64.0.1:6443"]);
    expect(fixture.clients).toEqual(["admin"]);
  });

  it("refuses a server whose certificate is for another address, once", async () => {
    fixture = await tlsFixture({ certificateAddress: "100.64.0.2", answer: () => ({ status: 200, body: {} }) });
    vi.stubEnv("HTTPS_PROXY", fixture.proxy);
    const error = await failure(requestJson({ method: "GET", url: fixture.host, tls: fixture.tls, retry }));
    expect(error.message).toContain("IP: 100.64.0.1 is not in the cert's list: 100.64.0.2");
    expect(fixture.targets).toHaveLength(1);
  });

  it("refuses a server of another authority", async () => {
    fixture = await tlsFixture({ answer: () => ({ status: 200, body: {} }) });
    vi.stubEnv("HTTPS_PROXY", fixture.proxy);
    const error = await failure(requestJson({ method: "GET", url: fixture.host, retry }));
    expect(error.message).toMatch(/^GET https:\/\/100\.64\.0\.1:6443\/: .*certificate/);
  });

  it.each([
    [403, 1],
    [503, 3],
  ])("says when the proxy itself answers %i, after %i attempts", async (refuseWith, attempts) => {
    fixture = await tlsFixture({ refuseWith, answer: () => ({ status: 200, body: {} }) });
    vi.stubEnv("HTTPS_PROXY", fixture.proxy);
    const error = await failure(
      requestJson({ method: "GET", url: fixture.host, tls: fixture.tls, retry: { ...retry, attempts: 3 } }),
    );
    expect(error.message).toBe(
      `GET https://100.64.0.1:6443/: the proxy ${new URL(fixture.proxy).host} answered ${refuseWith}`,
    );
    expect(fixture.targets).toHaveLength(attempts);
  });
});

describe("delays", () => {
  it("double, with jitter over their upper half, up to a bound", () => {
    const spread = (attempt: number): number[] => Array.from({ length: 200 }, () => backOffMs(attempt, 100, 1000));
    for (const [attempt, full] of [
      [1, 100],
      [2, 200],
      [4, 800],
      [5, 1000],
      [30, 1000],
    ] as const) {
      const delays = spread(attempt);
      expect(Math.min(...delays)).toBeGreaterThanOrEqual(full / 2);
      expect(Math.max(...delays)).toBeLessThanOrEqual(full);
      expect(new Set(delays).size).toBeGreaterThan(1);
    }
  });

  it.each([
    [undefined, undefined],
    ["", undefined],
    ["soon", undefined],
    ["3", 3000],
    ["Thu, 01 Jan 1970 00:00:10 GMT", 9000],
    ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
  ])("take Retry-After %j as %j ms", (header, expected) => {
    expect(retryAfterMs(header, 1000)).toBe(expected);
  });
});
