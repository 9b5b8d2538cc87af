/** Pod security admission: Talos enforces `baseline` in every namespace but kube-system, unless the namespace says otherwise. */
import { at, listAt, textAt, textsIn } from "../../json";
import type { JsonObject } from "../../json";
import type { Cluster } from "../model";
import { get, NAMESPACES } from "./store";

const BASELINE_CAPABILITIES = new Set(
  "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT".split(
    " ",
  ),
);

/** Why no pod may be made from this template here; undefined when it may. */
export function forbidden(cluster: Cluster, namespace: string, template: JsonObject): string | undefined {
  const level =
    textAt(get(cluster, NAMESPACES, "", namespace), "metadata", "labels", "pod-security.kubernetes.io/enforce") ??
    "baseline";
  if (namespace === "kube-system" || level === "privileged") return undefined;
  const broken = violations(template);
  return broken.length === 0
    ? undefined
    : `pods are forbidden: violates PodSecurity "${level}:latest": ${broken.join(", ")}`;
}

function violations(template: JsonObject): string[] {
  const found: string[] = [];
  const spec = at(template, "spec");
  for (const name of ["hostNetwork", "hostPID", "hostIPC"]) {
    if (at(spec, name) === true) found.push(`host namespaces (${name}=true)`);
  }
  if (listAt(spec, "volumes").some((volume) => at(volume, "hostPath") !== undefined)) found.push("hostPath volumes");
  for (const container of [...listAt(spec, "containers"), ...listAt(spec, "initContainers")]) {
    const name = textAt(container, "name") ?? "";
    if (at(container, "securityContext", "privileged") === true) found.push(`privileged (container "${name}")`);
    const added = textsIn(container, "securityContext", "capabilities", "add").filter(
      (capability) => !BASELINE_CAPABILITIES.has(capability),
    );
    if (added.length > 0)
      found.push(`non-default capabilities (container "${name}" must not include ${added.join(", ")})`);
    if (listAt(container, "ports").some((port) => Number(at(port, "hostPort") ?? 0) > 0))
      found.push(`hostPort (container "${name}")`);
  }
  return found;
}
