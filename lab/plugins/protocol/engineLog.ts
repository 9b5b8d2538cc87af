import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** Messages shown by the engine beside the resource that they are about. */
export class EngineLog {
  private readonly client: EngineClient | undefined;

  constructor(engineAddress: string | undefined) {
    this.client = engineAddress ? new EngineClient(engineAddress, grpc.credentials.createInsecure()) : undefined;
  }

  info(urn: string, message: string): void {
    this.write(LogSeverity.INFO, urn, message);
  }

  warn(urn: string, message: string): void {
    this.write(LogSeverity.WARNING, urn, message);
  }

  private write(severity: LogSeverity, urn: string, message: string): void {
    if (!this.client) {
      process.stderr.write(`${message}\n`);
      return;
    }
    const request = new LogRequest();
    request.setSeverity(severity);
    request.setUrn(urn);
    request.setMessage(message);
    // A message that is lost must not fail the work that it reports on.
    this.client.log(request, () => undefined);
  }
}
