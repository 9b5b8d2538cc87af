/** What is killed: each stage is one command that a user gives, on what the stages before it have made. */
export interface Stage {
  name: string;
  command: "up" | "destroy";
  /** The config as it is from this stage on. */
  config: Record<string, unknown>;
}

interface Wish {
  generations?: { worker?: number; edge?: number };
  /** With labels, a patch and another machine type. */
  changed?: boolean;
}

function config({ generations = {}, changed = false }: Wish): Record<string, unknown> {
  return {
    "talos-cloud-edge:cloud": {
      region: "europe-west3",
      controlPlanes: { count: 1 },
      workers: {
        count: 1,
        generation: generations.worker ?? 1,
        ...(changed && { machineType: "e2-standard-4", labels: { team: "edge" } }),
      },
    },
    "talos-cloud-edge:sites": [
      {
        name: "edge",
        bridge: "setup02-edge",
        cidr: "10.0.20.0/24",
        host: "root@kvm.lab",
        nodes: [
          {
            name: "talos-edge-1",
            mac: "52:54:00:00:02:01",
            ip: "10.0.20.10",
            generation: generations.edge ?? 1,
            ...(changed && { labels: { place: "hall" }, memoryMb: 16384 }),
          },
        ],
      },
    ],
    "talos-cloud-edge:patches": changed ? { all: ['machine: { sysctls: { vm.max_map_count: "262144" } }'] } : {},
  };
}

/** In the order of a stack's life: every stage needs those before it. */
export const stages: Stage[] = [
  { name: "create", command: "up", config: config({}) },
  { name: "update", command: "up", config: config({ changed: true }) },
  { name: "replace the worker", command: "up", config: config({ changed: true, generations: { worker: 2 } }) },
  {
    name: "replace the edge node",
    command: "up",
    config: config({ changed: true, generations: { worker: 2, edge: 2 } }),
  },
  { name: "destroy", command: "destroy", config: config({ changed: true }) },
];
