import { namespace } from "./paths";
import type { Rule } from "./rule";

const keyOutlivesJoin: Rule = ({ tailnet }) =>
  tailnet.keyExpiryMinutes < tailnet.joinTimeoutMinutes
    ? [
        `${namespace}:tailnet.keyExpiryMinutes is ${tailnet.keyExpiryMinutes}, so a key may expire while its node still has time to join (joinTimeoutMinutes is ${tailnet.joinTimeoutMinutes}); write keyExpiryMinutes: ${tailnet.joinTimeoutMinutes} or more.`,
      ]
    : [];

const policyHasAdmins: Rule = ({ tailnet }) =>
  tailnet.managePolicy && tailnet.admins.length === 0
    ? [
        `${namespace}:tailnet.admins is empty, so with managePolicy nobody could reach the cluster's APIs; write for example admins: ["autogroup:admin"].`,
      ]
    : [];

/** The policy file is the cloud part's: from two stacks, each would undo what the other wrote. */
const policyInCloudStack: Rule = ({ tailnet, cloudStack }) =>
  tailnet.managePolicy && cloudStack !== undefined
    ? [
        `${namespace}:tailnet.managePolicy is true beside ${namespace}:cloudStack, but only the stack that holds the cloud part writes the policy file; remove managePolicy from this stack.`,
      ]
    : [];

export const tailnetRules = [keyOutlivesJoin, policyHasAdmins, policyInCloudStack];
