/**
 * Runs a dynamic resource provider as the engine does: the code is loaded the way Pulumi loads a TypeScript program, serialised by the
 * SDK, and run from its text by the SDK's own provider process.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import * as path from "node:path";
import * as grpc from "@grpc/grpc-js";
import * as provider from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import * as struct from "google-protobuf/google/protobuf/struct_pb";

const root = path.resolve(__dirname, "../..");

/** The text of the provider that `make` (source of a function) gives for a module. */
export function serialisedProvider(module: string, make: string): string {
  return execFileSync(process.execPath, ["--no-warnings", path.join(__dirname, "serialise.mjs"), module, make], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
}

type Properties = Record<string, unknown>;

export interface DynamicProvider {
  configure(config: Record<string, string>): Promise<void>;
  create(inputs: Properties): Promise<{ id: string; outs: Properties }>;
  read(id: string, props: Properties): Promise<{ id: string; props: Properties }>;
  diff(
    id: string,
    olds: Properties,
    news: Properties,
  ): Promise<{ changes: boolean; replaces: string[]; deleteBeforeReplace: boolean }>;
  update(id: string, olds: Properties, news: Properties): Promise<Properties>;
  delete(id: string, props: Properties): Promise<void>;
  /** What the provider printed. */
  output(): string;
  stop(): void;
}

function answered<Response>(
  send: (done: (error: Error | null, response: Response) => void) => unknown,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    send((error, response) => {
      if (error === null) {
        resolve(response);
      } else {
        reject(error);
      }
    });
  });
}

export async function startDynamicProvider(text: string, env: Record<string, string>): Promise<DynamicProvider> {
  const child: ChildProcess = spawn(
    process.execPath,
    [require.resolve("@pulumi/pulumi/cmd/dynamic-provider/index.js"), "127.0.0.1:0"],
    { cwd: root, env: { PATH: process.env.PATH, ...env }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let printed = "";
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout?.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
      const line = /^(\d+)\n/.exec(printed);
      if (line?.[1] !== undefined) {
        resolve(line[1]);
      }
    });
    child.stderr?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    child.once("exit", () => {
      reject(new Error(`the provider process ended: ${printed}`));
    });
  });
  const client = new provider.ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  const properties = (values: Properties): struct.Struct =>
    struct.Struct.fromJavaScript(
      JSON.parse(JSON.stringify({ ...values, __provider: text })) as Record<string, struct.JavaScriptValue>,
    );
  const plain = (found: struct.Struct | undefined): Properties => {
    const { __provider, ...values } = (found?.toJavaScript() ?? {}) as Properties;
    return __provider === undefined ? {} : values;
  };

  return {
    async configure(config) {
      const request = new messages.ConfigureRequest();
      request.setArgs(struct.Struct.fromJavaScript(config));
      await answered<messages.ConfigureResponse>((done) => client.configure(request, done));
    },
    async create(inputs) {
      const request = new messages.CreateRequest();
      request.setProperties(properties(inputs));
      const response = await answered<messages.CreateResponse>((done) => client.create(request, done));
      return { id: response.getId(), outs: plain(response.getProperties()) };
    },
    async read(id, props) {
      const request = new messages.ReadRequest();
      request.setId(id);
      request.setProperties(properties(props));
      const response = await answered<messages.ReadResponse>((done) => client.read(request, done));
      return { id: response.getId(), props: plain(response.getProperties()) };
    },
    async diff(id, olds, news) {
      const request = new messages.DiffRequest();
      request.setId(id);
      request.setOlds(properties(olds));
      request.setNews(properties(news));
      const response = await answered<messages.DiffResponse>((done) => client.diff(request, done));
      return {
        changes: response.getChanges() === messages.DiffResponse.DiffChanges.DIFF_SOME,
        replaces: response.getReplacesList(),
        deleteBeforeReplace: response.getDeletebeforereplace(),
      };
    },
    async update(id, olds, news) {
      const request = new messages.UpdateRequest();
      request.setId(id);
      request.setOlds(properties(olds));
      request.setNews(properties(news));
      const response = await answered<messages.UpdateResponse>((done) => client.update(request, done));
      return plain(response.getProperties());
    },
    async delete(id, props) {
      const request = new messages.DeleteRequest();
      request.setId(id);
      request.setProperties(properties(props));
      await answered((done) => client.delete(request, done));
    },
    output: () => printed,
    stop() {
      client.close();
      child.kill();
    },
  };
}
