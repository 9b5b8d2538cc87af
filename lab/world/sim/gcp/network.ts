/** VPC networks, subnets, firewall rules and reserved addresses. */
import { listAt, textAt, textsIn } from "../../json";
import type { JsonObject } from "../../json";
import { WorldError } from "../../world";
import { formatAddress, overlap, parseRange, publicAddress } from "../addresses";
import type { CloudResource } from "../model";
import { numericId, timestamp } from "../sim";
import type { Sim } from "../sim";
import type { Handler } from "./handler";
import { freeInternalAddress, refuseTakenAddress, rangeOf } from "./internalAddresses";
import {
  COMPUTE,
  inUse,
  invalid,
  labelOutputs,
  nameOf,
  projectOf,
  referenced,
  refuseDuplicate,
  regionOf,
  resourcesOf,
  TOKEN,
} from "./names";

export const network: Handler = {
  create(sim, inputs) {
    const project = projectOf(inputs);
    const id = `projects/${project}/global/networks/${nameOf(inputs)}`;
    refuseDuplicate(sim, TOKEN.network, id);
    const numeric = numericId(sim);
    return {
      id,
      outputs: {
        autoCreateSubnetworks: true,
        deleteDefaultRoutesOnCreate: false,
        routingMode: "REGIONAL",
        mtu: 0,
        networkFirewallPolicyEnforcementOrder: "AFTER_CLASSIC_FIREWALL",
        ...inputs,
        project,
        gatewayIpv4: "",
        networkId: numeric,
        numericId: numeric,
        selfLink: COMPUTE + id,
      },
    };
  },
  mutable: ["routingMode", "mtu", "deleteDefaultRoutesOnCreate", "networkFirewallPolicyEnforcementOrder"],
  refuseDelete(sim, resource) {
    const user = [TOKEN.subnetwork, TOKEN.firewall, TOKEN.instance]
      .flatMap((token) => resourcesOf(sim, token))
      .find((candidate) => networkOf(candidate) === resource.id);
    if (user) throw inUse("network", resource.id, user.id);
  },
};

export const subnetwork: Handler = {
  create(sim, inputs) {
    const project = projectOf(inputs);
    const region = regionOf(inputs);
    const parent = referenced(sim, TOKEN.network, textAt(inputs, "network") ?? "", project);
    const id = `projects/${project}/regions/${region}/subnetworks/${nameOf(inputs)}`;
    refuseDuplicate(sim, TOKEN.subnetwork, id);
    const text = textAt(inputs, "ipCidrRange") ?? "";
    const range = parseRange(text);
    if (!range || range.prefix > 29 || text !== `${formatAddress(range.base)}/${range.prefix}`) {
      throw invalid("resource.ipCidrRange", text, "Invalid IPv4 CIDR range.");
    }
    const other = resourcesOf(sim, TOKEN.subnetwork).find(
      (candidate) => networkOf(candidate) === parent.id && overlap(rangeOf(candidate), range),
    );
    if (other) {
      throw new WorldError(
        `googleapi: Error 400: Invalid IPCidrRange: ${text} conflicts with existing subnetwork '${textAt(other.inputs, "name") ?? ""}' in region '${regionOf(other.outputs)}'., invalidIPCidrRange`,
      );
    }
    return {
      id,
      outputs: {
        privateIpGoogleAccess: false,
        privateIpv6GoogleAccess: "DISABLE_GOOGLE_ACCESS",
        purpose: "PRIVATE",
        stackType: "IPV4_ONLY",
        ...inputs,
        project,
        region,
        network: COMPUTE + parent.id,
        gatewayAddress: formatAddress(range.base + 1),
        creationTimestamp: timestamp(),
        fingerprint: fingerprint(id),
        secondaryIpRanges: inputs.secondaryIpRanges ?? [],
        selfLink: COMPUTE + id,
        subnetworkId: Number(numericId(sim).slice(0, 12)),
      },
    };
  },
  mutable: ["privateIpGoogleAccess", "logConfig", "description"],
  refuseDelete(sim, resource) {
    const user = [TOKEN.instance, TOKEN.address]
      .flatMap((token) => resourcesOf(sim, token))
      .find((candidate) => subnetOf(candidate) === resource.id);
    if (user) throw inUse("subnetwork", resource.id, user.id);
  },
};

export const firewall: Handler = {
  create(sim, inputs) {
    const project = projectOf(inputs);
    const parent = referenced(sim, TOKEN.network, textAt(inputs, "network") ?? "", project);
    const id = `projects/${project}/global/firewalls/${nameOf(inputs)}`;
    refuseDuplicate(sim, TOKEN.firewall, id);
    refuseFirewallMistake(inputs);
    return {
      id,
      outputs: {
        direction: "INGRESS",
        priority: 1000,
        disabled: false,
        destinationRanges: [],
        ...inputs,
        project,
        network: COMPUTE + parent.id,
        creationTimestamp: timestamp(),
        enableLogging: false,
        selfLink: COMPUTE + id,
      },
    };
  },
  mutable: [
    "allows",
    "denies",
    "sourceRanges",
    "destinationRanges",
    "sourceTags",
    "targetTags",
    "priority",
    "disabled",
    "description",
    "logConfig",
  ],
  refuseUpdate: (_resource, _changed, inputs) => {
    refuseFirewallMistake(inputs);
  },
};

export const address: Handler = {
  create(sim, inputs) {
    const project = projectOf(inputs);
    const region = regionOf(inputs);
    const id = `projects/${project}/regions/${region}/addresses/${nameOf(inputs)}`;
    refuseDuplicate(sim, TOKEN.address, id);
    const isInternal = textAt(inputs, "addressType") === "INTERNAL";
    const wanted = textAt(inputs, "address");
    if (!isInternal && wanted !== undefined)
      throw invalid("resource.address", wanted, "External addresses are given by the region.");
    return {
      id,
      outputs: {
        addressType: "EXTERNAL",
        networkTier: "PREMIUM",
        ipVersion: "",
        ...inputs,
        project,
        region,
        ...(isInternal ? internalAddress(sim, inputs, project, wanted) : { address: drawPublicAddress(sim) }),
        prefixLength: 0,
        purpose: isInternal ? "GCE_ENDPOINT" : "",
        creationTimestamp: timestamp(),
        labelFingerprint: "42WmSpB8rSM=",
        selfLink: COMPUTE + id,
        users: [],
        ...labelOutputs(inputs),
      },
    };
  },
  mutable: ["labels"],
  refuseDelete(sim, resource) {
    const given = textAt(resource.outputs, "address");
    const user = resourcesOf(sim, TOKEN.instance).find((instance) =>
      listAt(instance.outputs, "networkInterfaces").some(
        (nic) => textAt(nic, "networkIp") === given || textAt(nic, "accessConfigs", 0, "natIp") === given,
      ),
    );
    if (user) throw inUse("address", resource.id, user.id);
  },
};

/** A public address that nobody has had before. */
export function drawPublicAddress(sim: Sim): string {
  const drawn = publicAddress(sim.state.gcp.publicAddresses);
  if (drawn === undefined) {
    throw new WorldError(
      "googleapi: Error 403: Quota 'STATIC_ADDRESSES' exceeded. Limit: 500.0 globally., quotaExceeded",
      403,
    );
  }
  sim.state.gcp.publicAddresses += 1;
  return drawn;
}

function internalAddress(sim: Sim, inputs: JsonObject, project: string, wanted: string | undefined): JsonObject {
  const subnet = referenced(sim, TOKEN.subnetwork, textAt(inputs, "subnetwork") ?? "", project);
  if (wanted !== undefined) refuseTakenAddress(sim, subnet, wanted);
  return { address: wanted ?? freeInternalAddress(sim, subnet), subnetwork: COMPUTE + subnet.id };
}

function refuseFirewallMistake(inputs: JsonObject): void {
  const allows = listAt(inputs, "allows");
  const denies = listAt(inputs, "denies");
  if ((allows.length === 0) === (denies.length === 0)) {
    throw new WorldError('googleapi: Error 400: Exactly one of "allowed" and "denied" must be specified., invalid');
  }
  for (const rule of [...allows, ...denies]) {
    const protocol = textAt(rule, "protocol") ?? "";
    if (!/^(tcp|udp|icmp|esp|ah|sctp|ipip|all|\d+)$/.test(protocol))
      throw invalid("resource.allowed[0].IPProtocol", protocol, "Unknown protocol.");
  }
  for (const range of [...textsIn(inputs, "sourceRanges"), ...textsIn(inputs, "destinationRanges")]) {
    if (!parseRange(range)) throw invalid("resource.sourceRanges", range, "Must be a valid CIDR address range.");
  }
}

const networkOf = (resource: CloudResource): string =>
  (textAt(resource.outputs, "network") ?? textAt(resource.outputs, "networkInterfaces", 0, "network") ?? "").replace(
    COMPUTE,
    "",
  );

const subnetOf = (resource: CloudResource): string =>
  (
    textAt(resource.outputs, "subnetwork") ??
    textAt(resource.outputs, "networkInterfaces", 0, "subnetwork") ??
    ""
  ).replace(COMPUTE, "");

const fingerprint = (text: string): string => Buffer.from(text).toString("base64").slice(-11) + "=";
