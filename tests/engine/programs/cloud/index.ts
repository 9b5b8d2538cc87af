/** The cloud part alone; whether the cluster exists is a setting. */
import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumi/talos";
import { loadStackConfig } from "../../../../components/config";
import { CloudPart } from "../../../../components/stack";

const config = loadStackConfig();
if (config.cloud === undefined) throw new pulumi.RunError("talos-cloud-edge:cloud is missing.");
const established = new pulumi.Config("test").getBoolean("established") ?? false;
const factory = new talos.Provider(
  "talos",
  { imageFactoryUrl: config.images.factoryUrl },
  { ignoreChanges: ["version"] },
);
new CloudPart(config.cluster.name, { config, cloud: config.cloud, established }, { providers: [factory] });
