import * as grpc from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { EngineLog } from "./engineLog";
import type { Provider } from "./provider";
import { providerMethods } from "./server";

const maxMessageBytes = 400 * 1024 * 1024;

/** The first argument that is not a flag is the engine's address; the engine may put logging flags before it. */
export function engineAddress(args: string[]): string | undefined {
  return args.filter((arg, index) => !arg.startsWith("-") && args[index - 1] !== "--tracing")[0];
}

/** Serves a provider, and prints the port for the engine. The launch script sees to it that it ends with the engine. */
export async function serve(provider: Provider): Promise<void> {
  const engine = engineAddress(process.argv.slice(2));
  const server = new grpc.Server({
    "grpc.max_receive_message_length": maxMessageBytes,
    "grpc.max_send_message_length": maxMessageBytes,
  });
  const methods = providerMethods(provider, new EngineLog(engine));
  server.addService(ResourceProviderService, methods as grpc.UntypedServiceImplementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  process.stdout.write(`${port}\n`);
}
