import { createHash } from "node:crypto";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { listAt, textAt } from "../http/json";

/** What stays the same of a cluster for as long as it lives: its certificate authority. Address and client certificate may change. */
export function clusterIdentifier(kubeconfig: string): string {
  const cluster = listAt(parse(kubeconfig), "clusters")[0];
  const authority = textAt(cluster, "cluster", "certificate-authority-data") || textAt(cluster, "cluster", "server");
  return createHash("sha256").update(authority).digest("hex").slice(0, 16);
}

/**
 * A provider for the cluster. A renewed kubeconfig does not make it another cluster. It looks once whether the API answers, so a component
 * hands its own `dependsOn` on to it: what the component waits for comes before the provider, and goes after it.
 */
export function clusterProvider(
  name: string,
  kubeconfig: pulumi.Output<string>,
  opts: pulumi.ResourceOptions,
): kubernetes.Provider {
  return new kubernetes.Provider(
    name,
    {
      kubeconfig,
      clusterIdentifier: pulumi.unsecret(kubeconfig.apply(clusterIdentifier)),
      enableServerSideApply: true,
      // What is in a cluster goes with it: a site can be removed after its cluster.
      deleteUnreachable: true,
    },
    opts,
  );
}
