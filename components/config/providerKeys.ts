/** The names of the providers' settings, from their own packages, so that no list of ours grows old. */
import * as gcp from "@pulumi/gcp/config/vars";
import * as tailscale from "@pulumi/tailscale/config/vars";
import { didYouMean } from "./nearest";

const known: Record<string, readonly string[]> = { gcp: Object.keys(gcp), tailscale: Object.keys(tailscale) };

/** What the engine reads in any provider's namespace. */
const ofEngine = ["version", "pluginDownloadURL"];

export type Settings = Readonly<Record<string, string>>;

/** The settings under the names that were meant, and one sentence for each that was written under another. */
export function namedSettings(settings: Settings): { settings: Settings; mistakes: string[] } {
  const unknown = Object.keys(settings).flatMap((key) => {
    const [space = "", name = ""] = key.split(":", 2);
    const names = Object.hasOwn(known, space) ? known[space] : undefined;
    if (names === undefined || [...names, ...ofEngine].includes(name)) return [];
    const near = didYouMean(name, names);
    return [{ key, space, meant: near === undefined ? undefined : `${space}:${near}` }];
  });
  const corrected = unknown.flatMap(({ key, meant }) => (meant === undefined ? [] : [[meant, settings[key] ?? ""]]));
  return {
    settings: { ...(Object.fromEntries(corrected) as Settings), ...settings },
    mistakes: unknown.map(({ key, space, meant }) =>
      meant === undefined
        ? `${key} is no setting of the provider ${space}; remove it.`
        : `${key} is no setting of the provider ${space}; did you mean ${meant}?`,
    ),
  };
}
