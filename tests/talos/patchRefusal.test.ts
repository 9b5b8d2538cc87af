import { describe, expect, it } from "vitest";
import { patchRefusal } from "../../components/talos/machineConfiguration";

const begin = "talos-cloud-edge:patches, or the patches of a node, make a machine config that Talos refuses: ";

describe("what Talos says of a patch", () => {
  it.each([
    [
      "invocation of talos:index/getMachineConfiguration:getMachineConfiguration returned an error: unknown keys found during decoding:\nmachine:\n    registry:\n        password: hunter2\n",
      "unknown keys found during decoding: machine: registry: password: ….",
    ],
    [
      "1 error occurred:\n\t* machine.files:\n - hunter2\n - path: /etc/hunter2\n",
      "1 error occurred: * machine.files: - … - path: ….",
    ],
    ["yaml: cannot unmarshal !!str `hunter2` into int", "yaml: …."],
  ])("is told without values: %j", (said, words) => {
    expect(patchRefusal(said)).toBe(begin + words);
    expect(patchRefusal(said)).not.toContain("hunter2");
  });
});
