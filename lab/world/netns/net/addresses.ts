/** Who has which public address in the lab's Internet. All are out of the documentation ranges: nobody out there has them. */
import { JsonStore } from "../../state";
import type { NetnsLab } from "../lab";

/** Ranges that the lab's Internet routes. */
export const PUBLIC_RANGES = ["203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24"];

/** The lab's own places in 192.0.2.0/24; the other two ranges belong to the cloud's external addresses. */
export const PLACE = {
  /** Next hop of everybody. */
  router: "192.0.2.1",
  controlPlane: "192.0.2.3",
  web: "192.0.2.4",
  relay: "192.0.2.5",
  operator: "192.0.2.10",
} as const;

/** Public resolvers that answer in the lab: those that the program's defaults and Talos' name. */
export const RESOLVERS = ["1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4"];

const FIRST_DRAWN = 20;
const LAST_DRAWN = 254;

/** Draws addresses for KVM hosts and cloud routers, and remembers them. */
export class PublicAddresses {
  private readonly store: JsonStore<{ version: 1; given: Record<string, string> }>;

  constructor(lab: NetnsLab) {
    this.store = JsonStore.open(lab.path("addresses.json"), { version: 1, given: {} });
  }

  /** The party's address, always the same one. */
  of(party: string): string {
    const { given } = this.store.data;
    return given[party] ?? this.draw(party);
  }

  /** Another address for the party, as a provider gives one after an outage. */
  draw(party: string): string {
    const { given } = this.store.data;
    const taken = new Set(Object.values(given));
    for (let last = FIRST_DRAWN; last <= LAST_DRAWN; last++) {
      const address = `192.0.2.${last}`;
      if (taken.has(address)) continue;
      given[party] = address;
      this.store.flush();
      return address;
    }
    throw new Error("192.0.2.0/24 is used up: the lab has room for 235 KVM hosts and cloud networks.");
  }
}
