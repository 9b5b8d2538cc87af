import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseStackConfig } from "../../components/config";
import { blocks, deadLinks, labSettings, pages } from "./pages";

describe.each(pages())("%s", (page) => {
  it("links to what is there", () => {
    expect(deadLinks(page)).toEqual([]);
  });

  it("shows settings that the program takes", () => {
    for (const text of blocks(page, "yaml")) {
      const settings = (parse(text) as { config?: object }).config ?? (parse(text) as object);
      const own = Object.entries(settings).map(
        ([key, value]) => [key.replace("talos-cloud-edge:", ""), value] as const,
      );
      const config: Record<string, unknown> = Object.fromEntries(own);
      expect(() => parseStackConfig(config["cloud"] ? config : { ...config, cloudStack: "dev" })).not.toThrow();
    }
  });
});

describe("the pages that are followed in the lab", () => {
  it.each(["add-a-site", "change-a-site", "replace-a-node", "remove-a-site"])("%s", (name) => {
    expect(labSettings(`docs/operations/${name}.md`)).toHaveLength(1);
  });
});
