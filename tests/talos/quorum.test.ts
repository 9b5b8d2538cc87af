import { describe, expect, it } from "vitest";
import type { EtcdPeer } from "../../components/talos/api/machine";
import { blockingMember, removalMistake, removalOrder } from "../../components/talos/etcd/quorum";

const member = (name: string, change: Partial<EtcdPeer> = {}): EtcdPeer => ({
  id: `1${name}`,
  name,
  peerUrls: [`https://10.1.0.${name}:2380`],
  learner: false,
  ...change,
});

const of = (...names: string[]): EtcdPeer[] => names.map((name) => member(name));

describe("taking members out of etcd", () => {
  it.each<[what: string, members: EtcdPeer[], healthy: string[], leaving: string[]]>([
    ["the only one", of("1"), ["1"], ["1"]],
    ["one of three healthy ones", of("1", "2", "3"), ["1", "2", "3"], ["2"]],
    ["two of three healthy ones", of("1", "2", "3"), ["1", "2", "3"], ["2", "3"]],
    ["the dead one of three", of("1", "2", "3"), ["1", "2"], ["3"]],
    ["one of five with a dead one", of("1", "2", "3", "4", "5"), ["1", "2", "3", "4"], ["4"]],
    [
      "one of three beside a learner, which has no vote",
      [...of("1", "2", "3"), member("", { learner: true })],
      ["1", "2", "3"],
      ["1"],
    ],
  ])("leaves a majority: %s", (_what, members, healthy, leaving) => {
    expect(removalMistake(members, healthy, leaving)).toBeUndefined();
  });

  it.each<[what: string, members: EtcdPeer[], healthy: string[], leaving: string[], sentence: string]>([
    [
      "a healthy one of three with a dead one",
      of("1", "2", "3"),
      ["1", "2"],
      ["1"],
      "Without 1 etcd would lose its quorum: 2 of the 2 members that stay must be healthy, but 3 is not. Bring it back, or replace it first.",
    ],
    [
      "all but a dead one",
      of("1", "2", "3"),
      ["2", "3"],
      ["2", "3"],
      "Without 2 and 3 etcd would lose its quorum: 1 of the 1 members that stay must be healthy, but 1 is not. Bring it back, or replace it first.",
    ],
    [
      "one of five with two dead ones",
      of("1", "2", "3", "4", "5"),
      ["1", "2", "3"],
      ["3"],
      "Without 3 etcd would lose its quorum: 3 of the 4 members that stay must be healthy, but 4 and 5 are not. Bring them back, or replace them first.",
    ],
  ])("is refused: %s", (_what, members, healthy, leaving, sentence) => {
    expect(removalMistake(members, healthy, leaving)).toBe(sentence);
  });

  it("begins with those that are dead", () => {
    const order = removalOrder(of("1", "2", "3", "4", "5"), ["1", "2", "3", "5"], ["3", "4", "5"]);
    expect(order.map(({ name }) => name)).toEqual(["4", "3", "5"]);
  });
});

it("a member without a name at the machine's address keeps it from joining", () => {
  const dead = member("", { peerUrls: ["https://10.1.0.3:2380"], learner: true });
  expect(blockingMember([...of("1", "2"), dead], "10.1.0.3")).toBe(dead);
  expect(blockingMember([...of("1", "2"), dead], "10.1.0.4")).toBeUndefined();
  expect(blockingMember(of("1", "2", "3"), "10.1.0.3")).toBeUndefined();
});
