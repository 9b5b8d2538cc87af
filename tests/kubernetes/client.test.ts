import { expect, it } from "vitest";
import { callKubernetes, type KubernetesClient, preferring } from "../../components/kubernetes/client";
import { fakeServer } from "../http/fakeServer";

const certificates = { caCertificate: "", clientCertificate: "", clientKey: "" };

it("asks the next control plane when one does not answer, and takes the first answer, whatever it is", async () => {
  const gone = await fakeServer(() => undefined);
  await gone.close();
  const up = await fakeServer(() => ({ status: 404, body: { message: "not found" } }));
  const unasked = await fakeServer(() => ({ status: 200 }));
  const client: KubernetesClient = { ...certificates, host: gone.url, otherHosts: [up.url, unasked.url] };
  expect(await callKubernetes(client, { method: "GET", path: "/version" })).toMatchObject({ status: 404 });
  expect(up.received).toHaveLength(1);
  expect(unasked.received).toEqual([]);
  await up.close();
  await unasked.close();
  await expect(callKubernetes(client, { method: "GET", path: "/version", retry: { attempts: 1 } })).rejects.toThrow(
    `GET ${unasked.url}/version: `,
  );
});

it("prefers a host without forgetting the others", () => {
  const client: KubernetesClient = { ...certificates, host: "https://a", otherHosts: ["https://b", "https://c"] };
  expect(preferring(client, "https://b")).toEqual({
    ...client,
    host: "https://b",
    otherHosts: ["https://a", "https://c"],
  });
  expect(preferring({ ...certificates, host: "https://a" }, "https://a")).toEqual({
    ...certificates,
    host: "https://a",
  });
});
