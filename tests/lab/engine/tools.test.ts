import { describe, expect, it } from "vitest";
import { isUsableVersion } from "../../../lab/engine/binaries";
import { cachedPrograms } from "../../../lab/engine/cache";
import { duration } from "../../../lab/engine/console";
import { engineEnv } from "../../../lab/engine/engineEnv";
import { LabFolder } from "../../../lab/engine/labFolder";

describe("an installed pulumi", () => {
  it.each([
    ["v3.248.0", true],
    ["v3.260.1", true],
    ["3.249.0", true],
    ["v3.247.9", false],
    ["v2.300.0", false],
    ["v4.0.0", false],
    ["", false],
  ])("of version %j is used: %s", (version, used) => {
    expect(isUsableVersion(version)).toBe(used);
  });
});

describe("cachedPrograms", () => {
  it.each([
    [{ TALOS_CLOUD_EDGE_CACHE: "/own", XDG_CACHE_HOME: "/xdg" }, "/own/pulumi-v3.250.0"],
    [{ XDG_CACHE_HOME: "/xdg" }, "/xdg/talos-cloud-edge/pulumi-v3.250.0"],
  ])("%j gives %s", (env, path) => {
    expect(cachedPrograms("pulumi", "v3.250.0", env)).toBe(path);
  });
});

describe("engineEnv", () => {
  const surroundings = {
    folder: new LabFolder("/lab"),
    world: { HTTPS_PROXY: "http://127.0.0.1:1" },
    path: ["/shims"],
  };

  it("keeps nothing that leads to a real account", () => {
    const base = {
      PATH: "/usr/bin",
      HOME: "/home/me",
      PULUMI_ACCESS_TOKEN: "pul-1",
      GOOGLE_APPLICATION_CREDENTIALS: "/key.json",
      TAILSCALE_API_KEY: "tskey-api-1",
      KUBECONFIG: "/kube",
      https_proxy: "http://office",
    };
    const env = engineEnv(base, surroundings);
    expect(env).not.toHaveProperty("PULUMI_ACCESS_TOKEN");
    expect(env).not.toHaveProperty("GOOGLE_APPLICATION_CREDENTIALS");
    expect(env).not.toHaveProperty("TAILSCALE_API_KEY");
    expect(env).not.toHaveProperty("KUBECONFIG");
    expect(env).not.toHaveProperty("https_proxy");
    expect(env).toMatchObject({ HOME: "/home/me", PATH: "/shims:/usr/bin", HTTPS_PROXY: "http://127.0.0.1:1" });
  });

  it("keeps installed provider plugins out", () => {
    expect(engineEnv({}, surroundings)).toMatchObject({
      PULUMI_HOME: "/lab/home",
      PULUMI_BACKEND_URL: "file:///lab/state?metadata=skip",
      PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    });
  });
});

describe("duration", () => {
  it.each([
    [0, "0 ms"],
    [999, "999 ms"],
    [1500, "1.5 s"],
    [59_949, "59.9 s"],
    [59_999, "1 min 00 s"],
    [245_000, "4 min 05 s"],
  ])("%d is %s", (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });
});
