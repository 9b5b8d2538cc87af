import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isReservedTailnetAddress, publicAddress, tailnetAddress } from "../../../lab/world/sim/addresses";
import * as c from "./cluster";
import { Lab } from "./lab";

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.start();
});
afterAll(async () => {
  await lab.stop();
});

describe("the lab's Internet", () => {
  it.each([
    ["https://api.github.com/", 403],
    ["https://www.googleapis.com/", 403],
    ["https://127.0.0.1/", 403],
    ["https://100.64.0.9:6443/version", 502],
  ])("refuses %s with %d", async (url, status) => {
    expect(await lab.https(url)).toMatchObject({
      status,
      body: expect.stringContaining("only what it plays") as string,
    });
  });

  it("gives environment for a process inside of it", () => {
    expect(lab.world.env()).toMatchObject({
      HTTPS_PROXY: lab.world.url,
      NO_PROXY: "127.0.0.1,localhost",
      NODE_EXTRA_CA_CERTS: lab.world.caFile,
      SSL_CERT_FILE: lab.world.caFile,
      LAB_WORLD: lab.world.url,
    });
    expect(readFileSync(lab.world.caFile, "utf8")).toContain("BEGIN CERTIFICATE");
    expect(statSync(join(lab.dir, "lab", "ca.key")).mode & 0o777).toBe(0o600);
  });

  it("answers unknown calls with an error", async () => {
    await expect(lab.rpc("gcp.explode", { token: "gcp:compute/network:Network" })).rejects.toThrow(
      "no such call: gcp.explode",
    );
    await expect(lab.rpc("azure.create", {})).rejects.toThrow("no such call: azure.create");
  });
});

describe("the Image Factory", () => {
  it.each([
    [[], c.PLAIN_SCHEMATIC],
    [["siderolabs/tailscale"], c.SCHEMATIC],
    [
      ["siderolabs/qemu-guest-agent", "siderolabs/tailscale"],
      "7d4c31cbd96db9f90c874990697c523482b2bae27fb4631d5583dcd9c281b1ff",
    ],
  ])("gives %o the id that the real one gives", async (extensions, id) => {
    expect(await c.registerSchematic(lab, extensions)).toBe(id);
  });

  it("refuses a schematic with unknown fields", async () => {
    const answer = await lab.https("https://factory.talos.dev/schematics", {
      method: "POST",
      body: "customisation: {}",
    });
    expect(answer).toMatchObject({
      status: 400,
      body: expect.stringContaining("field customisation not found") as string,
    });
  });

  it("serves images of registered schematics only", async () => {
    await c.registerSchematic(lab);
    const url = `https://factory.talos.dev/image/${c.SCHEMATIC}/v1.12.4/metal-amd64.iso`;
    const image = await lab.https(url);
    expect(image.status).toBe(200);
    expect(await lab.https(url)).toEqual(image);
    expect(await lab.https(url, { method: "HEAD" })).toEqual({ status: 200, body: "" });
    expect((await lab.https(url.replace(c.SCHEMATIC, "0".repeat(64)))).status).toBe(404);
    expect((await lab.https(url.replace("v1.12.4", "v9.9.9"))).status).toBe(404);
    expect((await lab.https(url.replace("metal", "amiga"))).status).toBe(404);
  });
});

describe("addresses", () => {
  it("gives every tailnet address once, inside 100.64.0.0/10", () => {
    const drawn = Array.from({ length: 5000 }, (_, n) => tailnetAddress(n));
    expect(new Set(drawn).size).toBe(5000);
    expect(drawn.every((address) => /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./.test(address))).toBe(true);
    expect(["100.100.0.53", "100.115.93.1", "100.64.0.1"].map(isReservedTailnetAddress)).toEqual([true, true, false]);
  });

  it("ends when the public ones are used up", () => {
    expect([publicAddress(0), publicAddress(250), publicAddress(500)]).toEqual([
      "203.0.113.4",
      "198.51.100.4",
      undefined,
    ]);
  });
});
