/** GCE takes this many bytes in one metadata value. */
const maxBytes = 256 * 1024;

/** A sentence when the machine config is larger than an instance's user-data may be. */
export function userDataMistake(nodeName: string, machineConfig: string): string | undefined {
  const bytes = Buffer.byteLength(machineConfig);
  return bytes <= maxBytes
    ? undefined
    : `The machine config of ${nodeName} has ${bytes} bytes, but an instance's user-data takes ${maxBytes}; make its patches smaller.`;
}
