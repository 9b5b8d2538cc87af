/** The Talos API of a machine as it answers on port 50000: machine.MachineService, as much of it as the program calls. */
import protobuf from "protobufjs/minimal";
import { issueCertificate } from "../server/certificates";
import type { KeyedCertificate } from "../server/certificates";
import { GrpcRefusal, WorldError } from "../world";
import type { GrpcSite } from "../world";
import { bootstrap } from "./cluster/cluster";
import { hasQuorum, isLive, memberOf, removeMember, requireLeader } from "./cluster/etcd";
import { clusterOf, configOf } from "./cluster/identity";
import type { Cluster, EtcdMember, Machine } from "./model";
import type { Sim } from "./sim";

const CODES: Record<string, number> = { AlreadyExists: 6, FailedPrecondition: 9, Internal: 13 };
const DEADLINE_EXCEEDED = 4;
const FAILED_PRECONDITION = 9;
const UNIMPLEMENTED = 12;

const certificates = new WeakMap<Machine, KeyedCertificate>();

/** The site of a machine that has its config; before that nobody can prove to be allowed in. */
export function talosSite(sim: Sim, machine: Machine, address: string): GrpcSite | undefined {
  const ca = configOf(machine)?.machineCa;
  if (ca?.key === undefined || machine.stage !== "joined") return undefined;
  let certificate = certificates.get(machine);
  if (!certificate) {
    const names = [address, machine.attachment.address ?? machine.name, machine.name];
    certificate = issueCertificate(
      { commonName: machine.name, names, use: "server", days: 1 },
      { cert: ca.crt, key: ca.key },
    );
    certificates.set(machine, certificate);
  }
  return {
    certificate,
    clientCa: ca.crt,
    call: (path, message) =>
      Promise.resolve(answer(sim, machine, path.replace("/machine.MachineService/", ""), message)),
  };
}

function answer(sim: Sim, machine: Machine, method: string, message: Uint8Array): Uint8Array {
  switch (method) {
    case "Bootstrap":
      refusing(() => {
        bootstrap(sim, machine);
      });
      return nested(1, nested(1));
    case "EtcdMemberList":
      return nested(1, ...ownEtcd(sim, machine).members.map((member) => field(3, memberMessage(member))));
    case "EtcdRemoveMemberByID":
      removeMember(sim, ownEtcd(sim, machine), idIn(message));
      return nested(1, nested(1));
    case "ServiceList":
      return nested(1, field(2, serviceMessage("apid", "Running", true, "")), field(2, etcdService(sim, machine)));
    default:
      throw new GrpcRefusal(UNIMPLEMENTED, `unknown method ${method} for service machine.MachineService`);
  }
}

/** What the provider's calls answer in text, as a gRPC server answers it. */
function refusing(call: () => void): void {
  try {
    call();
  } catch (error) {
    const [, code = "", text] = /^rpc error: code = (\w+) desc = (.*)$/.exec((error as Error).message) ?? [];
    throw error instanceof WorldError ? new GrpcRefusal(CODES[code] ?? 2, text ?? error.message) : error;
  }
}

/** The cluster, if this machine's own etcd serves it. */
function ownEtcd(sim: Sim, machine: Machine): Cluster {
  if (configOf(machine)?.role !== "controlplane") {
    throw new GrpcRefusal(UNIMPLEMENTED, "member list is only available on control plane nodes");
  }
  const cluster = clusterOf(sim, machine);
  const member = cluster && memberOf(cluster, machine);
  if (!cluster || !member || !isLive(sim, member)) {
    throw new GrpcRefusal(DEADLINE_EXCEEDED, "error building etcd client: context deadline exceeded");
  }
  if (member.learner) throw new GrpcRefusal(FAILED_PRECONDITION, "etcdserver: rpc not supported for learner");
  requireLeader(sim, cluster);
  return cluster;
}

function etcdService(sim: Sim, machine: Machine): Uint8Array {
  const cluster = clusterOf(sim, machine);
  const member = cluster && memberOf(cluster, machine);
  if (!cluster || !member) {
    return machine.etcdData
      ? serviceMessage("etcd", "Waiting", false, "the member has been permanently removed from the cluster")
      : serviceMessage(
          "etcd",
          "Preparing",
          false,
          /^etcd: (.*)/.exec(machine.problem ?? "")?.[1] ?? "Running pre state",
        );
  }
  const healthy = !member.learner && isLive(sim, member) && hasQuorum(sim, cluster);
  return serviceMessage("etcd", "Running", healthy, healthy ? "" : "etcdserver: no leader");
}

function serviceMessage(id: string, state: string, healthy: boolean, last: string): Uint8Array {
  return joined(
    text(1, id),
    text(2, state),
    field(3, nested(1, text(1, last === "" ? "Health check successful" : last), text(2, state))),
    field(4, joined(flag(2, healthy), text(3, last))),
  );
}

const memberMessage = (member: EtcdMember): Uint8Array =>
  joined(
    protobuf.Writer.create().uint32(16).uint64(member.id).finish(),
    text(3, member.name),
    text(4, member.peerUrl),
    flag(6, member.learner),
  );

/** The id in the only field of a request. */
function idIn(message: Uint8Array): string {
  const reader = protobuf.Reader.create(message);
  reader.uint32();
  return (reader.uint64() as { toString(radix: number): string }).toString(10);
}

/** A field of bytes: a text or a message. */
const field = (number: number, content: Uint8Array): Uint8Array =>
  protobuf.Writer.create()
    .uint32((number << 3) | 2)
    .bytes(content)
    .finish();

const text = (number: number, content: string): Uint8Array => field(number, Buffer.from(content));

const flag = (number: number, value: boolean): Uint8Array =>
  protobuf.Writer.create()
    .uint32(number << 3)
    .bool(value)
    .finish();

const joined = (...parts: Uint8Array[]): Uint8Array => Buffer.concat(parts);

const nested = (number: number, ...parts: Uint8Array[]): Uint8Array => field(number, joined(...parts));
