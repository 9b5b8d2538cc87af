import { describe, expect, it } from "vitest";
import { changedCount, parseEvent, plainText, resourceOf } from "../../../lab/engine/events";

describe("parseEvent", () => {
  it("reads an event", () => {
    expect(parseEvent('{"sequence":1,"timestamp":2,"cancelEvent":{}}')).toMatchObject({ sequence: 1, cancelEvent: {} });
  });

  it.each(["", "error: no stack named 'x'", "{ not json", '{"result":"succeeded"}'])("passes over %j", (line) => {
    expect(parseEvent(line)).toBeUndefined();
  });
});

it("plainText takes the engine's colour marks away", () => {
  expect(plainText("<{%reset%}><{%fg 1%}>boom<{%reset%}>\n")).toBe("boom");
});

describe("resourceOf", () => {
  it.each([
    ["urn:pulumi:lab::p::gcp:compute/network:Network::net", "gcp:compute/network:Network", "net"],
    ["urn:pulumi:lab::p::a:b:C$random:index/randomId:RandomId::id::x", "random:index/randomId:RandomId", "id::x"],
  ])("%s", (urn, type, name) => {
    expect(resourceOf(urn)).toEqual({ type, name });
  });
});

it("changedCount leaves out what stays as it is", () => {
  expect(changedCount({ same: 5, refresh: 1, read: 2 })).toBe(0);
  expect(changedCount({ same: 5, create: 2, delete: 1, replace: 1 })).toBe(4);
});
