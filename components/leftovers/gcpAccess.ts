import * as gcp from "@pulumi/gcp";

type Access = Pick<gcp.organizations.GetClientConfigResult, "accessToken" | "project" | "region" | "zone">;

/** A token lasts an hour, and the provider renews it in its last minutes. */
const freshMs = 5 * 60_000;

/** The engine answers nothing more once a resource has failed, and does not end before the hooks have. */
const patienceMs = 30_000;

let asked: { at: number; access: Promise<Access> } | undefined;

/** What the Google Cloud provider is configured with, and a token of its own. Asked ahead, a hook has it even when the update fails meanwhile. */
export function gcpAccess(): Promise<Access> {
  if (asked === undefined || Date.now() - asked.at > freshMs) {
    asked = { at: Date.now(), access: withinPatience(gcp.organizations.getClientConfig()) };
    // Whoever awaits it is told; where nobody does, nothing is wrong.
    asked.access.catch(() => {
      asked = undefined;
    });
  }
  return asked.access;
}

async function withinPatience<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error("The Google Cloud provider did not say who it is within 30 seconds; run `pulumi up` again."));
    }, patienceMs);
  });
  try {
    return await Promise.race([answer, limit]);
  } finally {
    clearTimeout(timer);
  }
}
