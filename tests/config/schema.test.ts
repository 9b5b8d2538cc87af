import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseStackConfig } from "../../components/config";
import { allFields, childrenOf } from "../../components/config/fields";

const generate = ["--import", "tsx", "tools/config-docs.ts"];

describe("the schema", () => {
  it.each(allFields().map((named) => [named.name, named] as const))(
    "%s has its meaning, unit and default",
    (_name, named) => {
      const { field, required } = named;
      expect(field.description).toMatch(/^[A-Z`].*\.$/su);
      if (field.type === "integer") {
        expect(field.description).toMatch(/Number|number|minutes|G(i)?B|MiB/);
        expect(field.maximum).toBeLessThan(2 ** 32);
      }
      const optional = !required && field.default === undefined && childrenOf(field).length === 0;
      expect(optional && !/Default: |Only in an edge stack/.test(field.description ?? "")).toBe(false);
    },
  );

  it("fills in every default", () => {
    expect(parseStackConfig({ cloud: {} })).toMatchObject({
      cluster: { name: "setup02", kubernetesVersion: "1.35.0", serviceCidr: "10.96.0.0/12" },
      images: { factoryUrl: "https://factory.talos.dev", cloud: { extensions: ["siderolabs/tailscale"] } },
      cloud: { region: "europe-west3", operatorCidrs: [], deletionProtection: false },
      tailnet: { tags: { edge: "tag:k8s-edge" }, managePolicy: false },
      sites: [],
      checks: { enabled: true, timeoutMinutes: 5 },
    });
  });

  it("keeps the name of every cloud machine within 63 characters", () => {
    const name = "c".repeat(24);
    expect(() => parseStackConfig({ cluster: { name }, cloud: {} })).not.toThrow();
    expect(`${name}-cluster-worker-5000`.length).toBeLessThanOrEqual(63);
  });
});

describe("docs/configuration.md", () => {
  it("is what the generator writes", () => {
    const folder = mkdtempSync(join(tmpdir(), "configuration-"));
    try {
      const page = join(folder, "page.md");
      execFileSync(process.execPath, [...generate, page]);
      expect(readFileSync("docs/configuration.md", "utf8")).toBe(readFileSync(page, "utf8"));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("fails --check in one sentence where it is stale", () => {
    const folder = mkdtempSync(join(tmpdir(), "configuration-"));
    try {
      const page = join(folder, "page.md");
      writeFileSync(page, "# Configuration\n");
      const { status, stderr } = spawnSync(process.execPath, [...generate, "--check", page], { encoding: "utf8" });
      expect(status).toBe(1);
      expect(stderr.trim()).toBe(
        `${page} does not match the schema in components/config; run npm run docs and commit the page.`,
      );
      expect(readFileSync(page, "utf8")).toBe("# Configuration\n");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
