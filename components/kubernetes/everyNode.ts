/** Of pods that every node takes, whatever its taints, and that have nothing to do with the API. */
export const everyNode = {
  tolerations: [{ operator: "Exists" }],
  automountServiceAccountToken: false,
  enableServiceLinks: false,
};
