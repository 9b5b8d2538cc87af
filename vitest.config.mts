import { defineConfig } from "vitest/config";

/** Tests that make network namespaces. */
const netns = ["tests/netns/**/*.test.ts", "tests/lab/machine/**/*.test.ts", "tests/lab/world/netns/**/*.test.ts"];

/**
 * `unit` needs nothing but Node; `talosctl` needs the real talosctl; `engine` the real Pulumi engine over the lab's simulated world; `netns` (`npm run test:lab`) root and Debian packages. One after
 * the other: the engine's tests have time limits, and a machine of two cores.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["tests/**/*.test.ts"],
          exclude: ["tests/engine/**", "tests/talosctl/**", ...netns],
          testTimeout: 60_000,
          // Serialising dynamic providers takes a while on a busy machine.
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "talosctl",
          include: ["tests/talosctl/**/*.test.ts"],
          testTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "engine",
          include: ["tests/engine/**/*.test.ts"],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "netns",
          include: netns,
          testTimeout: 600_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
