/**
 * A resource provider's gRPC server on the Pulumi SDK's own stubs. The SDK's server for provider authors hands over neither the provider's
 * configuration nor the recorded inputs, and cannot give a difference in detail; all three are needed here.
 */
import * as grpc from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { changesBetween, difference } from "../difference";
import type { EngineLog } from "./engineLog";
import { serviceError } from "./errors";
import type { ChangeKind, Difference, Failure, Known, Provider, ResourceRef, Run } from "./provider";
import { type Properties, unwrapSecrets, withoutNulls } from "./values";

type Unary<Request, Response> = (
  call: grpc.ServerUnaryCall<Request, Response>,
  callback: grpc.sendUnaryData<Response>,
) => void;

export type ProviderMethods = Partial<IResourceProviderServer>;

/** The methods that the engine calls; whatever is not here answers UNIMPLEMENTED, which the engine knows how to live with. */
export function providerMethods(provider: Provider, log: EngineLog): ProviderMethods {
  const cancelled = new AbortController();
  const run = (preview: boolean, timeoutSeconds = 0): Run => ({
    preview,
    timeoutSeconds: timeoutSeconds > 0 ? timeoutSeconds : undefined,
    signal: cancelled.signal,
    log,
  });

  return {
    getPluginInfo: answer(async () => {
      const info = new PluginInfo();
      info.setVersion(provider.version);
      return Promise.resolve(info);
    }),
    attach: answer(async () => Promise.resolve(new Empty())),
    cancel: answer(async () => {
      cancelled.abort(new Error("the update was cancelled"));
      return Promise.resolve(new Empty());
    }),
    parameterize: answer(async (request: pb.ParameterizeRequest) => {
      const value = request.getValue();
      if (!provider.parameterize || !value) throw new Error("this provider cannot be parameterized by arguments");
      const { name, version } = await provider.parameterize(
        value.getName(),
        value.getVersion(),
        Buffer.from(value.getValue_asU8()),
      );
      const response = new pb.ParameterizeResponse();
      response.setName(name);
      response.setVersion(version);
      return response;
    }),
    checkConfig: answer(async (request: pb.CheckRequest) => {
      const news = properties(request.getNews());
      return checkResponse(news, await provider.checkConfig(plain(news)));
    }),
    diffConfig: answer(async (request: pb.DiffRequest) => {
      // No setting of these providers changes what its resources are, so a changed one never replaces them.
      const [olds, news] = [request.getOldInputs() ?? request.getOlds(), request.getNews()].map(settings);
      return Promise.resolve(diffResponse(difference(changesBetween(olds ?? {}, news ?? {}), [])));
    }),
    configure: answer(async (request: pb.ConfigureRequest) => {
      await provider.configure(plain(properties(request.getArgs())));
      const response = new pb.ConfigureResponse();
      response.setSupportspreview(true);
      return response;
    }),
    check: answer(async (request: pb.CheckRequest) => {
      const { inputs, failures } = await provider.check(
        resourceRef(request),
        properties(request.getOlds()),
        properties(request.getNews()),
        Buffer.from(request.getRandomseed_asU8()),
      );
      return checkResponse(inputs, failures);
    }),
    diff: answer(async (request: pb.DiffRequest) =>
      diffResponse(
        await provider.diff(
          resourceRef(request),
          known(request.getId(), request.getOldInputs(), request.getOlds()),
          properties(request.getNews()),
        ),
      ),
    ),
    create: answer(async (request: pb.CreateRequest) => {
      const { id, outputs } = await provider.create(
        resourceRef(request),
        properties(request.getProperties()),
        run(request.getPreview(), request.getTimeout()),
      );
      const response = new pb.CreateResponse();
      response.setId(id);
      response.setProperties(Struct.fromJavaScript(outputs));
      return response;
    }),
    read: answer(async (request: pb.ReadRequest) => {
      const found = await provider.read(
        resourceRef(request),
        known(request.getId(), request.getInputs(), request.getProperties()),
        run(false, request.getTimeout()),
      );
      const response = new pb.ReadResponse();
      if (found) {
        response.setId(found.id);
        response.setInputs(Struct.fromJavaScript(found.inputs));
        response.setProperties(Struct.fromJavaScript(found.outputs));
      }
      return response;
    }),
    update: answer(async (request: pb.UpdateRequest) => {
      const outputs = await provider.update(
        resourceRef(request),
        known(request.getId(), request.getOldInputs(), request.getOlds()),
        properties(request.getNews()),
        run(request.getPreview(), request.getTimeout()),
      );
      const response = new pb.UpdateResponse();
      response.setProperties(Struct.fromJavaScript(outputs));
      return response;
    }),
    delete: answer(async (request: pb.DeleteRequest) => {
      await provider.delete(
        resourceRef(request),
        known(request.getId(), request.getOldInputs(), request.getProperties()),
        run(false, request.getTimeout()),
      );
      return new Empty();
    }),
    invoke: answer(async (request: pb.InvokeRequest) => {
      const token = request.getTok();
      if (!provider.invoke) throw new Error(`The lab does not have the function ${token}.`);
      const { outputs, failures } = await provider.invoke(
        token,
        properties(request.getArgs()),
        run(request.getPreview()),
      );
      const response = new pb.InvokeResponse();
      response.setReturn(Struct.fromJavaScript(outputs));
      response.setFailuresList(failures.map(checkFailure));
      return response;
    }),
  };
}

function answer<Request, Response>(handle: (request: Request) => Promise<Response>): Unary<Request, Response> {
  return (call, callback) => {
    handle(call.request).then(
      (response) => {
        callback(null, response);
      },
      (error: unknown) => {
        callback(serviceError(error));
      },
    );
  };
}

function properties(struct: Struct | undefined): Properties {
  return struct ? withoutNulls(struct.toJavaScript()) : {};
}

/** Settings come with their marks of secrecy, unlike inputs. */
function plain(config: Properties): Properties {
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, unwrapSecrets(value)]));
}

/**
 * Without what tells the engine which plugin to run. For a package behind a Terraform provider it writes the package's version there, or
 * the plugin's, depending on whether the stack has been updated before.
 */
function settings(struct: Struct | undefined): Properties {
  const apart = ["version", "pluginDownloadURL", "pluginChecksums", "parameterization"];
  return Object.fromEntries(Object.entries(plain(properties(struct))).filter(([name]) => !apart.includes(name)));
}

function known(id: string, inputs: Struct | undefined, outputs: Struct | undefined): Known {
  return { id, inputs: properties(inputs), outputs: properties(outputs) };
}

function resourceRef(request: { getUrn(): string; getName(): string; getType(): string }): ResourceRef {
  const urn = request.getUrn();
  const [, , qualifiedType = "", ...name] = urn.split("::");
  return {
    urn,
    name: request.getName() || name.join("::"),
    type: request.getType() || (qualifiedType.split("$").pop() ?? ""),
  };
}

function checkResponse(inputs: Properties, failures: Failure[]): pb.CheckResponse {
  const response = new pb.CheckResponse();
  response.setInputs(Struct.fromJavaScript(inputs));
  response.setFailuresList(failures.map(checkFailure));
  return response;
}

/** Of a property that is named here the engine prints the value, which may be a secret; the reason names it already. */
function checkFailure({ reason }: Failure): pb.CheckFailure {
  const failure = new pb.CheckFailure();
  failure.setReason(reason);
  return failure;
}

const { Kind } = pb.PropertyDiff;
const kinds: Record<ChangeKind, [pb.PropertyDiff.Kind, pb.PropertyDiff.Kind]> = {
  add: [Kind.ADD, Kind.ADD_REPLACE],
  delete: [Kind.DELETE, Kind.DELETE_REPLACE],
  update: [Kind.UPDATE, Kind.UPDATE_REPLACE],
};

function diffResponse({ changes, deleteBeforeReplace }: Difference): pb.DiffResponse {
  const response = new pb.DiffResponse();
  const { DIFF_SOME, DIFF_NONE } = pb.DiffResponse.DiffChanges;
  response.setChanges(changes.length > 0 ? DIFF_SOME : DIFF_NONE);
  response.setHasdetaileddiff(true);
  for (const { path, kind, replaces } of changes) {
    const detail = new pb.PropertyDiff();
    detail.setKind(kinds[kind][replaces ? 1 : 0]);
    detail.setInputdiff(true);
    response.getDetaileddiffMap().set(path, detail);
  }
  const top = (path: string) => path.split(/[.[]/)[0] ?? path;
  response.setDiffsList([...new Set(changes.map(({ path }) => top(path)))]);
  response.setReplacesList([...new Set(changes.filter(({ replaces }) => replaces).map(({ path }) => top(path)))]);
  response.setDeletebeforereplace(deleteBeforeReplace ?? false);
  return response;
}
