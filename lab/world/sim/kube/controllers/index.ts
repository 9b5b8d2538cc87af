import { runPendingPods } from "../podRun";
import { writeNetworkTables } from "../dataPlane";
import type { Cluster } from "../../model";
import type { Sim } from "../../sim";
import { reconcileDaemonSets } from "./daemonSets";
import { reconcileJobs } from "./jobs";
import { collectOrphanedPods, reconcileNamespaces } from "./namespaces";
import { reconcileServices } from "./services";

/** Lets all controllers look at the cluster once. Each leaves alone what is as it should be. */
export function reconcile(sim: Sim, cluster: Cluster): void {
  reconcileNamespaces(cluster);
  collectOrphanedPods(cluster);
  reconcileDaemonSets(cluster);
  reconcileJobs(sim, cluster);
  runPendingPods(sim, cluster, () => {
    // The cluster may be gone by the time a pod's command ends.
    if (sim.state.clusters[cluster.id] === cluster) reconcile(sim, cluster);
  });
  reconcileDaemonSets(cluster);
  reconcileServices(cluster);
  writeNetworkTables(sim, cluster);
  sim.changed();
}
