/** Create, read, update and delete of a site's claim. Serialised by Pulumi: see components/http/request.ts. */
import type * as pulumi from "@pulumi/pulumi";
import { isUnreachable } from "../http/request";
import { type KubernetesClient, sameClient } from "./client";
import { claimCollisions, claimsOfOthers, claimText, readClaim, type SiteClaim } from "./siteClaims";
import { changeClaims, type ClaimBounds, claimsName, claimsNamespace, leaving, readClaims } from "./siteClaimStore";

export interface SiteClaimInputs extends SiteClaim {
  /** The site in the stack's config, `talos-cloud-edge:sites[0]`. */
  field: string;
  client: KubernetesClient;
  /** Pulumi's own: the code of this provider. */
  __provider?: string;
}

/** Takes what the site needs, or says what of it another stack's site has. A claim of the same owner is taken over. */
async function claim(inputs: SiteClaimInputs, bounds: ClaimBounds): Promise<SiteClaimInputs> {
  try {
    await changeClaims(inputs.client, bounds, (data) => {
      const collisions = claimCollisions(inputs.field, inputs, claimsOfOthers(data, inputs.owner));
      if (collisions.length > 0) {
        throw new Error(collisions.join("\n"));
      }
      const text = claimText(inputs);
      return data[inputs.site] === text ? data : { ...data, [inputs.site]: text };
    });
  } catch (error) {
    if (!isUnreachable(error)) {
      throw error;
    }
    throw new Error(
      `The cluster's API at ${inputs.client.host} does not answer (${error.message}), so ${inputs.field} cannot join; ` +
        "see that this computer is in the cluster's tailnet and that the cluster's own stack is up, and run it again.",
      { cause: error },
    );
  }
  return inputs;
}

/** Gives the claim up. Where the API cannot be reached any more, mostly the cluster is gone, and the claim with it. */
async function giveUp({ client, owner, site }: SiteClaimInputs, bounds: ClaimBounds): Promise<void> {
  try {
    await changeClaims(client, leaving(bounds), (data) => {
      const text = data[site];
      if (text === undefined || readClaim(site, text).owner !== owner) {
        return data;
      }
      return Object.fromEntries(Object.entries(data).filter(([name]) => name !== site));
    });
  } catch (error) {
    if (!isUnreachable(error)) {
      throw error;
    }
    console.log(
      `${site}: the API server is out of reach (${error.message}); going on without giving up the site's claim. If the cluster lives on, ` +
        `remove it there: kubectl --namespace ${claimsNamespace} patch configmap ${claimsName} --type json ` +
        `--patch '[{"op":"remove","path":"/data/${site}"}]'`,
    );
  }
}

export function createSiteClaimProvider(
  bounds: ClaimBounds,
): pulumi.dynamic.ResourceProvider<SiteClaimInputs, SiteClaimInputs> {
  return {
    create: async (inputs) => ({ id: inputs.site, outs: await claim(inputs, bounds) }),

    // A claim that was taken away is made again, if nobody has taken its place.
    read: async (id, props) => {
      if (props === undefined) {
        return { id };
      }
      try {
        const text = (await readClaims(props.client, bounds))[id];
        const found = text === undefined ? undefined : readClaim(id, text);
        return found?.owner === props.owner ? { id, props: { ...props, ...found } } : { id: "" };
      } catch (error) {
        if (!isUnreachable(error)) {
          throw error;
        }
        console.log(`${id}: the API server is out of reach (${error.message}); keeping what is known of the claim`);
        return { id, props };
      }
    },

    diff: (_id, olds, news) => {
      const replaces = (["site", "owner"] as const).filter((key) => olds[key] !== news[key]);
      const updated = olds.__provider !== news.__provider || claimText(olds) !== claimText(news);
      return Promise.resolve({
        changes: replaces.length > 0 || updated || !sameClient(olds.client, news.client),
        replaces,
        deleteBeforeReplace: true,
      });
    },

    update: async (_id, _olds, news) => ({ outs: await claim(news, bounds) }),

    delete: async (_id, state) => giveUp(state, bounds),
  };
}
