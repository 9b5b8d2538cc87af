/**
 * Messages of the Talos API as protobuf writes them. Few fields of few messages are needed, so they are read by number (those of Talos'
 * api/machine/machine.proto) instead of being generated. Serialised by Pulumi: see components/http/request.ts.
 */
import protobuf from "protobufjs/minimal";

/** The values of a message by field number. Varints are decimal text, since ids have 64 bits. */
export type Fields = Record<number, (string | Uint8Array)[] | undefined>;

/** A number of 64 bits as protobufjs reads it. */
interface Long {
  toString(radix: number): string;
}

const VARINT = 0;
const BYTES = 2;

export function readFields(message: Uint8Array): Fields {
  const fields: Fields = {};
  const reader = protobuf.Reader.create(message);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const type = tag & 7;
    if (type === VARINT) {
      (fields[tag >>> 3] ??= []).push((reader.uint64() as Long).toString(10));
    } else if (type === BYTES) {
      (fields[tag >>> 3] ??= []).push(reader.bytes());
    } else {
      reader.skipType(type);
    }
  }
  return fields;
}

/** The messages in a repeated field. */
export function messagesIn(fields: Fields, number: number): Fields[] {
  return (fields[number] ?? []).flatMap((value) => (typeof value === "string" ? [] : [readFields(value)]));
}

export function textsIn(fields: Fields, number: number): string[] {
  return (fields[number] ?? []).map((value) =>
    typeof value === "string" ? value : Buffer.from(value).toString("utf8"),
  );
}

/** The field's text or number, or `""`: protobuf leaves out what is empty. */
export function textIn(fields: Fields, number: number): string {
  return textsIn(fields, number)[0] ?? "";
}

export function flagIn(fields: Fields, number: number): boolean {
  return textIn(fields, number) === "1";
}

/** A message with one field, a number or a flag. */
export function varintMessage(number: number, value: string): Uint8Array {
  return protobuf.Writer.create()
    .uint32((number << 3) | VARINT)
    .uint64(value)
    .finish();
}
