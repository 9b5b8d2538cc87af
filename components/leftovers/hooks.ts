/**
 * Hooks that run right before a resource is created, and only then. The engine was killed while it made something, or the answer of an API
 * was lost: the world has the thing and the state has not. What carries our mark is removed, and the create goes on.
 */
import * as pulumi from "@pulumi/pulumi";
import { runOnHost } from "../edge/hostShell";
import { removeSeedImages } from "../edge/seedFolder";
import { textAt } from "../http/json";
import { requestJson } from "../http/request";
import { accessSettings, authorize, tailnetAccess, tailnetRequest } from "../tailnet/api";
import { gcpAccess } from "./gcpAccess";
import { gcpResource } from "./gcpResource";
import { type GcpCall, named, removeGcpLeftover } from "./gcpRemoval";
import { domainOfIncarnation, hostLeftover } from "./hostScripts";
import { describedMachine, instanceMachine, type Interrupted } from "./machine";
import { removeLeftKeys, removeMachineDevices, type Tailnet, type WantedMachine } from "./tailnetRemoval";

type Hook = pulumi.ResourceHookFunction;

/** For a resource of the Google Cloud provider. */
export const gcpLeftover: Hook = async (args) => {
  await removeFromGcp(args);
};

/** For an instance: the devices of one that was left go with it. */
export function instanceLeftover(hostname: string, interrupted?: Interrupted): Hook {
  return async (args) => {
    const found = await removeFromGcp(args);
    const left = found === undefined ? undefined : instanceMachine(found);
    const incarnation = textAt(args.newInputs, "labels", "incarnation");
    await removeDevices({ hostname, incarnation }, left, interrupted);
  };
}

/** For a network, a pool or a volume on a KVM host. */
export function hostObjectLeftover(host: string): Hook {
  return async (args) => {
    await removeFromHost(host, args);
  };
}

/** For a domain: the volumes of its earlier incarnations and the devices of one that was left go with it. */
export function domainLeftover(host: string, pool: string, hostname: string, interrupted?: Interrupted): Hook {
  return async (args) => {
    const left = describedMachine(await removeFromHost(host, args, pool));
    const incarnation = describedMachine(textAt(args.newInputs, "description"))?.incarnation ?? "";
    await removeDevices({ hostname, incarnation }, left, interrupted);
  };
}

/**
 * For what comes before all that a machine anew needs: a domain that was left goes, as its volumes could not be deleted while it runs. Its
 * devices go with `domainLeftover`.
 */
export function heldVolumesLeftover(host: string, domain: string, { incarnation }: Interrupted): Hook {
  return async () => {
    const { what, script } = domainOfIncarnation(domain, incarnation);
    await removeByScript(host, what, script);
  };
}

/** For the image with a machine's first config, on the computer that runs Pulumi. */
export const seedImageLeftover: Hook = ({ newInputs }) => {
  if (removeSeedImages(textAt(newInputs, "metaData")) > 0) say(`seed image ${textAt(newInputs, "name")}`);
};

/** For an auth key of the tailnet; `held` are descriptions of keys that the state has, which the engine deletes. */
export function keyLeftover(held: string[]): Hook {
  return async ({ newInputs }) => {
    const description = textAt(newInputs, "description");
    const count = await removeLeftKeys(await tailnet(), description, held);
    if (count > 0) say(`auth key ${description}`);
  };
}

async function removeFromGcp({ type, newInputs }: pulumi.ResourceHookArgs): Promise<unknown> {
  const { accessToken, ...defaults } = await gcpAccess();
  const call: GcpCall = (method, url) =>
    requestJson({ method, url, headers: { authorization: `Bearer ${accessToken}` }, retry: { idempotent: true } });
  const resource = gcpResource(type, newInputs, defaults);
  const found = await removeGcpLeftover(call, resource, newInputs);
  if (found !== undefined) say(named(resource));
  return found;
}

function removeFromHost(host: string, args: pulumi.ResourceHookArgs, pool?: string): Promise<string> {
  const { what, script } = hostLeftover(args.type, args.newInputs, pool);
  return removeByScript(host, what, script);
}

async function removeByScript(host: string, what: string, script: string): Promise<string> {
  const removed = await runOnHost(host, `make the ${what}`, script);
  if (removed !== "") say(`${what} on ${host === "local" ? "this machine" : host}`);
  return removed;
}

async function removeDevices(machine: WantedMachine, left?: Interrupted, interrupted?: Interrupted): Promise<void> {
  const count = await removeMachineDevices(tailnet, machine, left, interrupted);
  if (count > 0) say(`device ${machine.hostname} of the tailnet`);
}

async function tailnet(): Promise<Tailnet> {
  const config = new pulumi.Config("tailscale");
  const access = tailnetAccess(Object.fromEntries(accessSettings.map((key) => [key, config.get(key)])));
  const authorization = await authorize(access);
  return {
    path: `/api/v2/tailnet/${encodeURIComponent(access.tailnet)}`,
    request: (method, path) => tailnetRequest(access, authorization, method, path),
  };
}

function say(what: string): void {
  void pulumi.log.info(`An interrupted run left the ${what}: it was removed, and is made anew.`);
}
