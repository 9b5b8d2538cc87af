import { afterAll, beforeAll, expect, it } from "vitest";
import type { Outcome } from "../../lab/engine";
import type { FaultRule } from "../../lab/world";
import { openWorldLab, readyNodes, said, type WorldLab } from "./harness";

/** What does not pass by itself: `up` ends within bounds and says what is wrong and what to do, and a destroy takes away what it has made. */
const mostMs = 180_000;

const cases: { what: string; rule: FaultRule; message: RegExp }[] = [
  {
    what: "the Image Factory is out of order",
    rule: { calls: "POST factory.talos.dev/schematics", fault: { status: 503 } },
    message: /^ImageFactorySchematic .*: https:\/\/factory\.talos\.dev\/schematics answered 503/m,
  },
  {
    what: "Tailscale makes no keys",
    rule: { calls: "POST api.tailscale.com/api/v2/tailnet/*/keys", fault: { status: 429 } },
    message: /^TailnetKey .*: POST https:\/\/api\.tailscale\.com\/.*\/keys: rate limit exceeded \(429\)$/m,
  },
  {
    what: "the KVM host is not to be reached",
    rule: { calls: "ssh", fault: "reset" },
    message:
      /^SiteNetwork .*: Cannot set up the network of setup02-edge on root@kvm\.lab: SSH does not get there \(.*\); make `ssh -o BatchMode=yes root@kvm\.lab true` succeed and try again\.$/m,
  },
  {
    what: "GCE makes no instance",
    rule: { calls: "gcp.create gcp:compute/instance:Instance", fault: { status: 503 } },
    message: /^Instance .*: the service is out of order for the moment$/m,
  },
  {
    what: "libvirt makes no domain",
    rule: { calls: "libvirt.create libvirt:index/domain:Domain", fault: "reset" },
    message: /^Domain .*: libvirt\.create got no answer: the connection broke$/m,
  },
  {
    what: "Tailscale does not show the tailnet's devices",
    rule: { calls: "GET api.tailscale.com/api/v2/tailnet/*/devices", fault: { status: 500 } },
    message:
      /^TailnetDevice .*: 1 error occurred:\n\t\* In 1 min it could not be seen whether .* joined the tailnet: Tailscale's API is out of reach or out of order \(GET .*: HTTP 500.*\)\. Run this again once it answers\.$/m,
  },
  {
    what: "the cluster's health is not to be learnt",
    rule: { calls: "talos.health", fault: { status: 503 } },
    message:
      /^The health check of the cloud nodes did not pass: the service is out of order for the moment\. Run this again: the update goes on from here\.$/m,
  },
  {
    what: "no kubeconfig is to be had",
    rule: { calls: "talos.kubeconfig", fault: { status: 503 } },
    message: /^ClusterKubeconfig .*: the service is out of order for the moment$/m,
  },
  {
    what: "the API server takes no objects",
    rule: { calls: /^PATCH kubernetes/, fault: { status: 503 } },
    message: /^Namespace .*: the service is out of order for the moment \(503\)$/m,
  },
];

let lab: WorldLab;

beforeAll(async () => {
  lab = await openWorldLab();
});
afterAll(() => lab.close());

/** An `up` that does not end is killed, so that the others are tried all the same. */
async function up(): Promise<Outcome> {
  await lab.engine.prepareStack();
  lab.engine.setConfig("talos-cloud-edge:tailnet", { joinTimeoutMinutes: 1 });
  const timer = setTimeout(() => lab.engine.kill("everything"), mostMs);
  try {
    return await lab.engine.up(lab.onEvent);
  } finally {
    clearTimeout(timer);
  }
}

async function leavesNothing(): Promise<void> {
  const outcome = await lab.engine.destroy(lab.onEvent);
  expect(outcome.errors).toEqual([]);
  expect(lab.world.remains()).toEqual([]);
}

it.each(cases)("$what", async ({ rule, message }) => {
  lab.events.length = 0;
  lab.world.faults.add({ ...rule, times: Infinity });
  const outcome = await up();
  lab.world.faults.clear();
  const text = outcome.errors.join("\n");
  expect(outcome.ok).toBe(false);
  expect(text).toMatch(message);
  expect(`${text}\n${said(lab).join("\n")}`).not.toMatch(/^\s+at |unhandled|\[object|undefined/m);
  expect(outcome.milliseconds).toBeLessThan(mostMs);
  await leavesNothing();
});

it("ends well as soon as nothing is wrong any more", async () => {
  const outcome = await up();
  expect(outcome.errors).toEqual([]);
  expect(readyNodes(lab)).toHaveLength(3);
  const again = await lab.engine.up(lab.onEvent, "--expect-no-changes");
  expect(Object.keys(again.changes)).toEqual(["same"]);
  await leavesNothing();
});
