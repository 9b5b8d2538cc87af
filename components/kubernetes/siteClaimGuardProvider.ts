/** Create, update and delete of the guard before a cluster's destruction. Serialised by Pulumi: see components/http/request.ts. */
import type * as pulumi from "@pulumi/pulumi";
import { isUnreachable } from "../http/request";
import { type KubernetesClient, sameClient } from "./client";
import { claimLabel, claimsOfOthers } from "./siteClaims";
import { type ClaimBounds, claimsName, claimsNamespace, leaving, readClaims } from "./siteClaimStore";

export interface SiteClaimGuardInputs {
  clusterName: string;
  owner: string;
  client: KubernetesClient;
  /** Pulumi's own: the code of this provider. */
  __provider?: string;
}

/** Refuses while sites of other stacks are left. A cluster that cannot be asked any more may always be destroyed. */
async function refuseWhileSitesAreLeft(state: SiteClaimGuardInputs, bounds: ClaimBounds): Promise<void> {
  const { client, clusterName, owner } = state;
  let left: string[];
  try {
    left = claimsOfOthers(await readClaims(client, leaving(bounds)), owner).map(claimLabel);
  } catch (error) {
    if (!isUnreachable(error)) {
      throw error;
    }
    console.log(
      `${clusterName}: the API server is out of reach (${error.message}); going on without asking whether other stacks' sites are left`,
    );
    return;
  }
  if (left.length > 0) {
    throw new Error(
      `The cluster ${clusterName} still has ${left.join(", ")}; destroy each of these stacks first. To leave them behind instead, ` +
        `delete the list of them and destroy again: kubectl --namespace ${claimsNamespace} delete configmap ${claimsName}`,
    );
  }
}

export function createSiteClaimGuardProvider(
  bounds: ClaimBounds,
): pulumi.dynamic.ResourceProvider<SiteClaimGuardInputs, SiteClaimGuardInputs> {
  return {
    create: (inputs) => Promise.resolve({ id: inputs.clusterName, outs: inputs }),

    diff: (_id, olds, news) => {
      const updated = (["clusterName", "owner", "__provider"] as const).some((key) => olds[key] !== news[key]);
      // Never replaced: that would be a deletion, which asks.
      return Promise.resolve({ changes: updated || !sameClient(olds.client, news.client), replaces: [] });
    },

    update: (_id, _olds, news) => Promise.resolve({ outs: news }),

    delete: async (_id, state) => refuseWhileSitesAreLeft(state, bounds),
  };
}
