import { describe, expect, it } from "vitest";
import type { ImageConfig } from "../../components/config/schema";
import { scalar } from "../../components/images/scalar";
import { checkSchematicId, schematicId, schematicYaml } from "../../components/images/schematicId";

const plain = "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba";
const tailscale = "4a0d65c669d46663f377e7161e50cfd570c401f26fd9e7bda34a0216b6f1922b";
const guestAgentAndTailscale = "7d4c31cbd96db9f90c874990697c523482b2bae27fb4631d5583dcd9c281b1ff";

function image(given: Partial<ImageConfig> = {}): ImageConfig {
  return { extensions: [], extraKernelArgs: [], ...given };
}

describe("schematicId", () => {
  it.each<[string, ImageConfig, string]>([
    ["no customisation", image(), plain],
    ["tailscale", image({ extensions: ["siderolabs/tailscale"] }), tailscale],
    [
      "qemu-guest-agent and tailscale",
      image({ extensions: ["siderolabs/qemu-guest-agent", "siderolabs/tailscale"] }),
      guestAgentAndTailscale,
    ],
    [
      "kernel arguments",
      image({ extraKernelArgs: ["noapic", "nolapic"] }),
      "9cba8e32753f91a16c1837ab8abf356af021706ef284aef07380780177d9a06c",
    ],
    [
      "an overlay",
      image({ overlay: { image: "siderolabs/sbc-raspberrypi", name: "rpi_generic" } }),
      "ee21ef4a5ef808a9b7484cc0dda0f25075021691c8c09a276591eedb638ea1f9",
    ],
    [
      "overlay, kernel arguments and an extension",
      image({
        overlay: { image: "siderolabs/sbc-raspberrypi", name: "rpi_generic" },
        extraKernelArgs: ["a=b", "-console"],
        extensions: ["siderolabs/tailscale"],
      }),
      "2af0dcd00caf85da38aa7fcebce359db641b654397ae886d3d420831935b69a3",
    ],
  ])("of %s is the Factory's", (_, given, id) => {
    expect(schematicId(given)).toBe(id);
  });

  it("does not depend on the order and repetition of extensions", () => {
    const shuffled = ["siderolabs/tailscale", "siderolabs/qemu-guest-agent", "siderolabs/tailscale"];
    expect(schematicId(image({ extensions: shuffled }))).toBe(guestAgentAndTailscale);
  });

  it("depends on the order of kernel arguments, of which the last one wins", () => {
    expect(schematicId(image({ extraKernelArgs: ["nolapic", "noapic"] }))).not.toBe(
      schematicId(image({ extraKernelArgs: ["noapic", "nolapic"] })),
    );
  });

  it("leaves the given lists as they are", () => {
    const extensions = ["siderolabs/tailscale", "siderolabs/gvisor"];
    schematicId(image({ extensions }));
    expect(extensions).toEqual(["siderolabs/tailscale", "siderolabs/gvisor"]);
  });
});

describe("schematicYaml", () => {
  it("writes every part at its place", () => {
    expect(
      schematicYaml(
        image({
          overlay: { image: "siderolabs/sbc-raspberrypi", name: "rpi_generic" },
          extraKernelArgs: ["console=ttyS0,115200", "-console"],
          extensions: ["siderolabs/tailscale", "siderolabs/qemu-guest-agent"],
        }),
      ),
    ).toMatchInlineSnapshot(`
      "overlay:
          image: siderolabs/sbc-raspberrypi
          name: rpi_generic
      customization:
          extraKernelArgs:
              - console=ttyS0,115200
              - -console
          systemExtensions:
              officialExtensions:
                  - siderolabs/qemu-guest-agent
                  - siderolabs/tailscale
      "
    `);
  });
});

/** What Go's yaml.v3 writes for each. */
describe("scalar", () => {
  it.each([
    ["quiet", "quiet"],
    ["console=ttyS0,115200", "console=ttyS0,115200"],
    ["-console", "-console"],
    ['dyndbg="file x +p"', 'dyndbg="file x +p"'],
    ["it's", "it's"],
    ["a#b", "a#b"],
    ["a:b", "a:b"],
    ["?a", "?a"],
    [":a", ":a"],
    ["a\\b", "a\\b"],
    ["<<", "<<"],
    ["=", "="],
    ["+", "+"],
    ["0x", "0x"],
    ["0o8", "0o8"],
    ["0b2", "0b2"],
    ["1e", "1e"],
    ["_1", "_1"],
    ["tRue", "tRue"],
    ["2001-01-01x", "2001-01-01x"],
  ])("leaves %s plain", (text, written) => {
    expect(scalar(text)).toBe(written);
  });

  it.each(
    [
      ["", "1", "-1", "+1", "1.", ".5", "-.5", "07", "08", "0o7", "0x10", "-0x10", "0b1", "1e3", "1E5", "1_000", "-_1"],
      ["1:20", "1:20:30.5", "2001-01-01", "2001-1-1 1:2:3", "2001-01-01T00:00:00Z", ".inf", "-.INF", ".nan"],
      ["true", "False", "yes", "No", "on", "OFF", "y", "N", "null", "Null", "~"],
    ].flat(),
  )("puts double quotes round %j, which would not be read as a string", (text) => {
    expect(scalar(text)).toBe(`"${text}"`);
  });

  it.each([
    ["- x", "'- x'"],
    ["-", "'-'"],
    ["---", "'---'"],
    ["...", "'...'"],
    ["? a", "'? a'"],
    ["*a", "'*a'"],
    ["[a]", "'[a]'"],
    [",a", "',a'"],
    ['"q"', "'\"q\"'"],
    ["'q'", "'''q'''"],
    ["a: b", "'a: b'"],
    ["x'y: z", "'x''y: z'"],
    ["a:", "'a:'"],
    ["a #b", "'a #b'"],
    [" a", "' a'"],
    ["a ", "'a '"],
    ["> a", "'> a'"],
    ["ip=[::1]:", "'ip=[::1]:'"],
  ])("puts single quotes round %s", (text, written) => {
    expect(scalar(text)).toBe(written);
  });

  it.each(["a\nb", "é", "\u0001"])("refuses %j", (text) => {
    expect(() => scalar(text)).toThrow(
      `${JSON.stringify(text)} holds a character that is not printable ASCII; an image can't carry it.`,
    );
  });
});

describe("checkSchematicId", () => {
  const field = "talos-cloud-edge:images.edge";

  it.each([undefined, tailscale])("has nothing to say when the id is %s", (expected) => {
    expect(
      checkSchematicId(field, image({ extensions: ["siderolabs/tailscale"], schematicId: expected })),
    ).toBeUndefined();
  });

  it("names the field and both ids when they differ", () => {
    const given = image({ extensions: ["siderolabs/tailscale"], schematicId: guestAgentAndTailscale });
    expect(checkSchematicId(field, given)).toBe(
      `talos-cloud-edge:images.edge.schematicId is ${guestAgentAndTailscale}, but what stands beside it (siderolabs/tailscale) ` +
        `has the id ${tailscale}; write that id, or leave schematicId out.`,
    );
  });

  it("says all of what the image holds", () => {
    const given = image({
      extraKernelArgs: ["a=b", "quiet"],
      overlay: { image: "siderolabs/sbc-raspberrypi", name: "rpi_generic" },
      schematicId: plain,
    });
    expect(checkSchematicId(field, given)).toContain(
      '(no extension, kernel arguments "a=b quiet", overlay rpi_generic)',
    );
  });
});
