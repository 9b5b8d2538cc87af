import { expect, it } from "vitest";
import { addresses } from "./badConfigs/addresses";
import type { BadConfig, BadStack, StackFile } from "./badConfigs/badConfig";
import { characters } from "./badConfigs/characters";
import { cloud } from "./badConfigs/cloud";
import { contents } from "./badConfigs/contents";
import { hosts } from "./badConfigs/hosts";
import { kinds } from "./badConfigs/kinds";
import { providers } from "./badConfigs/providers";
import { shapes } from "./badConfigs/shapes";
import { sites } from "./badConfigs/sites";
import { spellings } from "./badConfigs/spellings";
import { stacks } from "./badConfigs/stacks";
import { texts } from "./badConfigs/texts";
import { values } from "./badConfigs/values";
import { beside, fromFile, run } from "./wholeProgram";

/** Every mistake ends the program in one sentence, before its first resource. */
const configs: BadConfig[] = [...shapes, ...values, ...texts, ...contents, ...addresses, ...cloud, ...sites];
const stackFiles: BadStack[] = [...stacks, ...providers, ...spellings, ...hosts, ...characters, ...kinds];

it.each(configs)("%s", async (_what, config, sentence) => {
  expect(await run(beside(config))).toEqual({ sentences: [sentence], declared: [] });
});

it.each(stackFiles)("%s (%s)", async (_what, stack, changes, sentence) => {
  expect(await run(fromFile(stack, changes))).toEqual({ sentences: [sentence], declared: [] });
});

it("a stack without any setting", async () => {
  expect(await run({})).toEqual({
    sentences: [
      "Pulumi.test.yaml has no setting of this program below its `config:`; write the settings of your stack there, as in Pulumi.dev.yaml for a cluster or Pulumi.edge.yaml for a further site.",
    ],
    declared: [],
  });
});

it.each<StackFile>(["dev", "edge", "lab"])("no mistake in %s", async (stack) => {
  const { sentences, declared } = await run(fromFile(stack, {}));
  expect(sentences).toEqual([]);
  expect(declared.length).toBeGreaterThan(15);
});

it("is not made twice by one cause", async () => {
  const change = { "talos-cloud-edge:sites[0].cidr": "100.64.1.7/24", "talos-cloud-edge:cloud.region": "europe-wets3" };
  const { sentences } = await run(fromFile("dev", { ...change, "talos-cloud-edge:cloud.zones": ["europe-west3-a"] }));
  expect(sentences).toHaveLength(2);
});
