import { flagAt, listAt, textAt } from "../../json";
import { WorldError } from "../../world";
import { uuid } from "../sim";
import { named, nameOf, objectsOf, TOKEN } from "./names";
import type { Handler } from "./names";

/** A network on a bridge that the host has already; libvirt looks for the bridge only when a domain is plugged in. */
export const network: Handler = {
  create(sim, host, inputs) {
    const name = nameOf(inputs);
    if (named(sim, host, TOKEN.network, name))
      throw new WorldError(`operation failed: network '${name}' already exists with uuid`);
    const mode = textAt(inputs, "forward", "mode");
    if (mode !== "bridge") {
      throw new WorldError(
        `The lab's libvirt has networks with forward mode "bridge" only, not "${mode ?? "none"}".`,
        501,
      );
    }
    if (textAt(inputs, "bridge", "name") === undefined) {
      throw new WorldError(`XML error: bridge name is required in <forward mode='bridge'> of network '${name}'`);
    }
    const id = uuid();
    return { id, outputs: { autostart: flagAt(inputs, "autostart"), ...inputs, uuid: id } };
  },
  mutable: ["autostart"],
  refuseDelete(sim, host, object) {
    const name = textAt(object.inputs, "name") ?? "";
    const user = objectsOf(sim, host, TOKEN.domain).find((domain) =>
      listAt(domain.inputs, "devices", "interfaces").some(
        (nic) => textAt(nic, "source", "network", "network") === name,
      ),
    );
    if (user) {
      throw new WorldError(
        `Requested operation is not valid: network '${name}' is in use by domain '${textAt(user.inputs, "name") ?? ""}'`,
      );
    }
  },
};
