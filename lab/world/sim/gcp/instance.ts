/** Instances: the machine behind one starts as soon as the instance exists. */
import { flagAt, isObject, listAt, numberAt, objectAt, textAt } from "../../json";
import type { JsonObject } from "../../json";
import { WorldError } from "../../world";
import { powerOff, powerOn, restart } from "../machine/power";
import type { CloudResource } from "../model";
import { numericId, randomSuffix, timestamp } from "../sim";
import type { Sim } from "../sim";
import type { Handler } from "./handler";
import { freeInternalAddress, refuseAddressOfInstance } from "./internalAddresses";
import {
  COMPUTE,
  invalid,
  labelOutputs,
  lastPart,
  nameOf,
  projectOf,
  referenced,
  refuseDuplicate,
  resourcesOf,
  TOKEN,
  zoneOf,
} from "./names";
import { drawPublicAddress } from "./network";

const MACHINE_TYPE =
  /^(custom-\d+-\d+|[a-z]\d+[a-z]?-(micro|small|medium|(standard|highmem|highcpu|megamem|ultramem|custom)-\d+(-\d+|-lssd)?))$/;
/** Changes of these need the machine stopped. */
const NEEDS_STOP = ["machineType", "minCpuPlatform", "serviceAccount", "shieldedInstanceConfig"];

export const instance: Handler = {
  create(sim, inputs) {
    const project = projectOf(inputs);
    const zone = zoneOf(inputs);
    const id = `projects/${project}/zones/${zone}/instances/${nameOf(inputs)}`;
    refuseDuplicate(sim, TOKEN.instance, id);
    const machineType = machineTypeOf(inputs);
    const bootImage = referenced(
      sim,
      TOKEN.image,
      textAt(inputs, "bootDisk", "initializeParams", "image") ?? "",
      project,
    );
    const interfaces = listAt(inputs, "networkInterfaces").map((nic, index) =>
      networkInterface(sim, nic, index, project, zone),
    );
    if (interfaces.length === 0)
      throw invalid("resource.networkInterfaces", "", "At least one network interface is required.");
    return {
      id,
      image: bootImage.image,
      outputs: {
        canIpForward: false,
        deletionProtection: false,
        ...inputs,
        project,
        zone,
        machineType,
        bootDisk: bootDisk(inputs, id, bootImage),
        networkInterfaces: interfaces,
        cpuPlatform: "Intel Broadwell",
        currentStatus: "RUNNING",
        creationTimestamp: timestamp(),
        instanceId: numericId(sim),
        labelFingerprint: "42WmSpB8rSM=",
        metadataFingerprint: fingerprint(),
        tagsFingerprint: "42WmSpB8rSM=",
        selfLink: COMPUTE + id,
        ...labelOutputs(inputs),
      },
    };
  },
  afterCreate(sim, resource) {
    const nic = objectAt(resource.outputs, "networkInterfaces", 0);
    powerOn(sim, {
      id: textAt(resource.outputs, "instanceId") ?? "",
      name: textAt(resource.inputs, "name") ?? "",
      place: "cloud",
      system: resource.image,
      userData: textAt(resource.inputs, "metadata", "user-data"),
      attachment: {
        kind: "vpc",
        network: (textAt(nic, "network") ?? "").replace(COMPUTE, ""),
        address: textAt(nic, "networkIp") ?? "",
        external: textAt(nic, "accessConfigs", 0, "natIp"),
      },
    });
  },
  mutable: [
    "metadata",
    "labels",
    "tags",
    "deletionProtection",
    "allowStoppingForUpdate",
    "description",
    "desiredStatus",
    "scheduling",
    ...NEEDS_STOP,
  ],
  refuseUpdate(_resource, changed, inputs) {
    const stopping = changed.filter((field) => NEEDS_STOP.includes(field));
    if (stopping.length > 0 && !flagAt(inputs, "allowStoppingForUpdate")) {
      throw new WorldError(
        `Changing the ${stopping.join(", ")} on a started instance requires stopping it. To acknowledge this, please set allow_stopping_for_update = true in your config.`,
      );
    }
    machineTypeOf(inputs);
  },
  afterUpdate(sim, resource, changed) {
    if (changed.some((field) => NEEDS_STOP.includes(field))) restart(sim, textAt(resource.outputs, "instanceId") ?? "");
  },
  refuseDelete(_sim, resource) {
    if (flagAt(resource.outputs, "deletionProtection")) {
      throw new WorldError(
        `Cannot delete instance ${textAt(resource.inputs, "name") ?? ""}: instance Deletion Protection is enabled. Set deletion_protection to false for this resource and apply that before attempting to delete it.`,
      );
    }
  },
  afterDelete(sim, resource) {
    powerOff(sim, textAt(resource.outputs, "instanceId") ?? "");
  },
};

function machineTypeOf(inputs: JsonObject): string {
  const machineType = lastPart(textAt(inputs, "machineType") ?? "");
  if (!MACHINE_TYPE.test(machineType))
    throw invalid("resource.machineType", machineType, "The referenced resource does not exist.");
  return machineType;
}

function bootDisk(inputs: JsonObject, id: string, bootImage: CloudResource): JsonObject {
  const imageGb = numberAt(bootImage.outputs, "diskSizeGb") ?? 10;
  const size = numberAt(inputs, "bootDisk", "initializeParams", "size") ?? imageGb;
  if (size < imageGb) {
    throw invalid(
      "resource.disks[0].initializeParams.diskSizeGb",
      String(size),
      `Requested disk size cannot be smaller than the image size (${imageGb} GB)`,
    );
  }
  return {
    autoDelete: true,
    deviceName: "persistent-disk-0",
    mode: "READ_WRITE",
    ...objectAt(inputs, "bootDisk"),
    initializeParams: {
      type: "pd-standard",
      ...objectAt(inputs, "bootDisk", "initializeParams"),
      image: COMPUTE + bootImage.id,
      size,
    },
    source: COMPUTE + id.replace("/instances/", "/disks/"),
  };
}

function networkInterface(sim: Sim, nic: unknown, index: number, project: string, zone: string): JsonObject {
  const region = zone.slice(0, zone.lastIndexOf("-"));
  const subnet = referenced(sim, TOKEN.subnetwork, textAt(nic, "subnetwork") ?? "", project);
  if (textAt(subnet.outputs, "region") !== region) {
    throw invalid(
      "resource.networkInterfaces[0].subnetwork",
      subnet.id,
      `The subnetwork is not in region ${region} of the instance.`,
    );
  }
  const wanted = textAt(nic, "networkIp");
  if (wanted !== undefined) refuseAddressOfInstance(sim, subnet, wanted);
  const accessConfigs = listAt(nic, "accessConfigs").map((config) => ({
    networkTier: "PREMIUM",
    ...(isObject(config) && config),
    natIp: externalAddress(sim, textAt(config, "natIp"), region),
  }));
  return {
    ...(isObject(nic) && nic),
    name: `nic${index}`,
    network: textAt(subnet.outputs, "network"),
    subnetwork: COMPUTE + subnet.id,
    subnetworkProject: project,
    networkIp: wanted ?? freeInternalAddress(sim, subnet),
    accessConfigs,
    stackType: "IPV4_ONLY",
  };
}

/** A reserved address that is free, or a new one that lasts as long as the instance. */
function externalAddress(sim: Sim, wanted: string | undefined, region: string): string {
  if (wanted === undefined) return drawPublicAddress(sim);
  const reserved = resourcesOf(sim, TOKEN.address).find(
    (address) => textAt(address.outputs, "address") === wanted && textAt(address.outputs, "addressType") === "EXTERNAL",
  );
  if (!reserved || textAt(reserved.outputs, "region") !== region) {
    throw invalid(
      "resource.networkInterfaces[0].accessConfigs[0].natIP",
      wanted,
      `The specified external IP address was not found in region '${region}'.`,
    );
  }
  const user = resourcesOf(sim, TOKEN.instance).some(
    (other) => textAt(other.outputs, "networkInterfaces", 0, "accessConfigs", 0, "natIp") === wanted,
  );
  if (user)
    throw invalid(
      "resource.networkInterfaces[0].accessConfigs[0].natIP",
      wanted,
      "External IP address is already in-use",
    );
  return wanted;
}

const fingerprint = (): string => Buffer.from(randomSuffix(8)).toString("base64").slice(0, 11) + "=";
