/**
 * The Node.js language host: the engine starts it, reads its port from stdout and asks it to run the program. It runs it with the
 * npm package's own `cmd/run`, as Pulumi's host does, which is not to be had as a Go module. An installed Pulumi brings its own.
 *
 *   languageHost.ts <engine address>
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import * as language from "@pulumi/pulumi/proto/language_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { outcomeOf, type ProgramRun, programCommand } from "./programCommand";

type Call<Request> = grpc.ServerUnaryCall<Request, unknown>;
type Reply<Response> = (error: Partial<grpc.StatusObject> | null, response?: Response) => void;

/** State of a large stack goes through one message. */
const maxMessageBytes = 400 * 1024 * 1024;
/** How long a cancelled program may take to end by itself. */
const killAfterMs = 3000;

const engineAddress = process.argv.slice(2).find((argument) => !argument.startsWith("-")) ?? "";
const running = new Set<ChildProcess>();

function stop(program: ChildProcess): void {
  program.kill("SIGTERM");
  setTimeout(() => program.kill("SIGKILL"), killAfterMs).unref();
}

function stopAll(): void {
  for (const program of running) stop(program);
}

let ending = false;

/** Once told to end, ends with its last program. */
function endIfIdle(): void {
  if (ending && running.size === 0) process.exit(0);
}

/** The run as plain values; an older engine fills the deprecated fields only. */
function programRun(request: language.RunRequest): ProgramRun {
  const info = request.getInfo();
  const options = info?.getOptions()?.toJavaScript() ?? {};
  return {
    engine: engineAddress,
    monitor: request.getMonitorAddress(),
    organization: request.getOrganization(),
    project: request.getProject(),
    stack: request.getStack(),
    rootDirectory: info?.getRootDirectory() ?? "",
    programDirectory: info?.getProgramDirectory() || request.getPwd(),
    entryPoint: info?.getEntryPoint() || request.getProgram() || ".",
    arguments: request.getArgsList(),
    dryRun: request.getDryrun(),
    parallel: request.getParallel(),
    config: Object.fromEntries(request.getConfigMap().toObject(true)),
    secretKeys: request.getConfigsecretkeysList(),
    options,
  };
}

function run(call: Call<language.RunRequest>, reply: Reply<language.RunResponse>): void {
  const { args, env, cwd } = programCommand(programRun(call.request), process.env);
  // The engine shows what comes on this process's own stdout and stderr.
  const program = spawn(process.execPath, args, { cwd, env, stdio: ["ignore", "inherit", "inherit"] });
  running.add(program);
  call.on("cancelled", () => {
    stop(program);
  });
  program.on("error", (error) => {
    running.delete(program);
    reply({ code: grpc.status.INTERNAL, details: `could not start the program: ${error.message}` });
  });
  program.on("exit", (code, signal) => {
    running.delete(program);
    const outcome = outcomeOf(code, signal);
    const response = new language.RunResponse();
    if (outcome.bail) response.setBail(true);
    if (outcome.error !== undefined) response.setError(outcome.error);
    reply(null, response);
    endIfIdle();
  });
}

function about(_call: Call<language.AboutRequest>, reply: Reply<language.AboutResponse>): void {
  const response = new language.AboutResponse();
  response.setExecutable(process.execPath);
  response.setVersion(process.version);
  reply(null, response);
}

/** The npm packages that the program's package.json names, at the versions that are installed. */
function programDependencies(
  call: Call<language.GetProgramDependenciesRequest>,
  reply: Reply<language.GetProgramDependenciesResponse>,
): void {
  const folder = call.request.getInfo()?.getProgramDirectory() || call.request.getPwd();
  const response = new language.GetProgramDependenciesResponse();
  const { dependencies = {} } = readJson<{ dependencies?: Record<string, string> }>(join(folder, "package.json"));
  for (const name of Object.keys(dependencies).sort()) {
    const dependency = new language.DependencyInfo();
    dependency.setName(name);
    dependency.setVersion(
      readJson<{ version?: string }>(join(folder, "node_modules", name, "package.json")).version ?? "",
    );
    response.addDependencies(dependency);
  }
  reply(null, response);
}

function readJson<T>(file: string): Partial<T> {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Partial<T>;
  } catch {
    return {};
  }
}

function pluginInfo(_call: Call<Empty>, reply: Reply<PluginInfo>): void {
  const sdk = createRequire(__filename)("@pulumi/pulumi/package.json") as { version: string };
  const response = new PluginInfo();
  response.setVersion(sdk.version);
  reply(null, response);
}

const methods: grpc.UntypedServiceImplementation = {
  handshake: (_call: Call<language.LanguageHandshakeRequest>, reply: Reply<language.LanguageHandshakeResponse>) => {
    reply(null, new language.LanguageHandshakeResponse());
  },
  getPluginInfo: pluginInfo,
  // Plugins lie in the lab's own PULUMI_HOME, where the engine finds them as the program asks for them: none is ever fetched.
  getRequiredPlugins: (_call: Call<unknown>, reply: Reply<language.GetRequiredPluginsResponse>) => {
    reply(null, new language.GetRequiredPluginsResponse());
  },
  getRequiredPackages: (_call: Call<unknown>, reply: Reply<language.GetRequiredPackagesResponse>) => {
    reply(null, new language.GetRequiredPackagesResponse());
  },
  runtimeOptionsPrompts: (_call: Call<unknown>, reply: Reply<language.RuntimeOptionsResponse>) => {
    reply(null, new language.RuntimeOptionsResponse());
  },
  run,
  about,
  getProgramDependencies: programDependencies,
  cancel: (_call: Call<Empty>, reply: Reply<Empty>) => {
    stopAll();
    reply(null, new Empty());
  },
};

function unimplemented(name: string): grpc.handleUnaryCall<unknown, unknown> {
  return (_call, reply) => {
    reply({ code: grpc.status.UNIMPLEMENTED, details: `the lab's language host has no ${name}` });
  };
}

/** Methods that answer with a stream are left out: gRPC itself says that they are not implemented. */
function service(): { definition: grpc.ServiceDefinition; implementation: grpc.UntypedServiceImplementation } {
  const definition: Record<string, grpc.MethodDefinition<unknown, unknown>> = {};
  const implementation: grpc.UntypedServiceImplementation = {};
  for (const [name, method] of Object.entries(LanguageRuntimeService as grpc.ServiceDefinition)) {
    if (method.requestStream || method.responseStream) continue;
    definition[name] = method;
    implementation[name] = methods[name] ?? unimplemented(name);
  }
  return { definition, implementation };
}

const server = new grpc.Server({
  "grpc.max_receive_message_length": maxMessageBytes,
  "grpc.max_send_message_length": maxMessageBytes,
});
const { definition, implementation } = service();
server.addService(definition, implementation);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});

// The engine ends its plugins by SIGINT, five seconds later by force. A program must not outlive its host.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  process.on(signal, () => {
    ending = true;
    stopAll();
    endIfIdle();
  });
}
