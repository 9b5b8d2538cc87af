import * as grpc from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { NotReady } from "./provider";

/** An error as the engine reads it. A resource that exists but is not ready is told with its state in the status details. */
export function serviceError(error: unknown): Partial<grpc.StatusObject> & { message: string; name: string } {
  const message = error instanceof Error ? error.message : String(error);
  const metadata = new grpc.Metadata();
  if (error instanceof NotReady) {
    const detail = new ErrorResourceInitFailed();
    detail.setId(error.id);
    detail.setProperties(Struct.fromJavaScript(error.outputs));
    detail.setInputs(Struct.fromJavaScript(error.inputs));
    detail.setReasonsList(error.reasons);
    const packed = new Any();
    packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const status = new Status();
    status.setCode(grpc.status.UNKNOWN);
    status.setMessage(message);
    status.addDetails(packed);
    metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  }
  return { name: "Error", code: grpc.status.UNKNOWN, message, details: message, metadata };
}
