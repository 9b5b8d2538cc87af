import { createPrivateKey } from "node:crypto";
import { constants, inflateRawSync } from "node:zlib";

/** A value that nobody may read. */
export interface Secret {
  /** What it is, for the message of a failed test. */
  name: string;
  value: string;
}

export interface Finding {
  secret: string;
  /** How it was written there. */
  encoding: string;
}

interface Needle extends Finding {
  bytes: Buffer;
}

/** Long enough to be nobody else's, short enough to lie on one line of a PEM text. */
const windowBytes = 24;
/** Base64 within base64 within base64: a PEM key in a kubeconfig in a Kubernetes Secret. */
const deepest = 3;
const keyBytes = 4;
const gzipMagic = Buffer.from("1f8b08", "hex");
/** What a text loses where it is put on several lines: blanks and line ends, also as JSON writes them. */
const wrapping = /\s+|(?:\\[rn])+/g;

/** Looks for many secrets at once, in every encoding that they may travel in. */
export class SecretSearch {
  private readonly needles = new Map<number, Needle[]>();
  /** Which first bytes are worth a look at all. */
  private readonly first = new Uint8Array(1 << 24);

  constructor(secrets: Secret[]) {
    const known = new Set<string>();
    for (const secret of secrets) {
      for (const needle of needlesOf(secret)) {
        const id = needle.bytes.toString("latin1");
        if (known.has(id)) continue;
        known.add(id);
        const key = needle.bytes.readUInt32BE(0);
        this.first[slot(key)] = 1;
        this.needles.set(key, [...(this.needles.get(key) ?? []), needle]);
      }
    }
  }

  /** What is found in `content`, each secret and encoding once; compressed parts are unpacked. */
  find(content: Buffer | string): Finding[] {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    const text = bytes.toString("latin1");
    const unwrapped = Buffer.from(text.replace(wrapping, ""), "latin1");
    const found = [...this.scan(bytes), ...this.scan(unwrapped)].map(({ secret, encoding }) => ({ secret, encoding }));
    for (const part of unpacked(bytes, unwrapped.toString("latin1"))) {
      found.push(...this.find(part).map(({ secret, encoding }) => ({ secret, encoding: `packed, ${encoding}` })));
    }
    const unique = new Map(found.map((finding) => [`${finding.secret}|${finding.encoding}`, finding]));
    return [...unique.values()];
  }

  private scan(bytes: Buffer): Needle[] {
    const found = new Set<Needle>();
    let key = 0;
    for (let index = 0; index < bytes.length; index++) {
      key = ((key << 8) | (bytes[index] ?? 0)) >>> 0;
      if (index < keyBytes - 1 || this.first[slot(key)] === 0) continue;
      const start = index - keyBytes + 1;
      for (const needle of this.needles.get(key) ?? []) {
        if (bytes.subarray(start, start + needle.bytes.length).equals(needle.bytes)) found.add(needle);
      }
    }
    return [...found];
  }
}

function slot(key: number): number {
  return Math.imul(key, 0x9e3779b1) >>> 8;
}

/** What starts as gzip does, and what is written as one long base64 text. */
function unpacked(bytes: Buffer, text: string): Buffer[] {
  const parts: Buffer[] = [...text.matchAll(/[\w+/-]{40,}/g)].map(([base64]) => Buffer.from(base64, "base64"));
  for (let at = bytes.indexOf(gzipMagic); at >= 0; at = bytes.indexOf(gzipMagic, at + 1)) {
    const plain = gunzip(bytes.subarray(at));
    if (plain !== undefined) parts.push(plain);
  }
  return parts;
}

/** Unpacked as far as it goes: what follows it, or is missing at its end, does not matter. */
function gunzip(packed: Buffer): Buffer | undefined {
  const hasName = ((packed[3] ?? 0) & 8) !== 0;
  const header = hasName ? packed.indexOf(0, 10) + 1 : 10;
  try {
    return inflateRawSync(packed.subarray(header), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return undefined;
  }
}

function needlesOf({ name, value }: Secret): Needle[] {
  return windowsOf(value).flatMap((window) =>
    encodings(window).map(({ encoding, bytes }) => ({ secret: name, encoding, bytes })),
  );
}

/** The parts of a secret that are looked for: neither what all keys begin with, nor what is public in them. */
function windowsOf(value: string): Buffer[] {
  if (value.includes("PRIVATE KEY")) return privateWindows(value);
  // What stands before the last hyphen of a Tailscale key is its kind and its id, which are no secrets.
  const text = value.startsWith("tskey-") ? value.slice(value.lastIndexOf("-") + 1) : value;
  if (text.length < 12) throw new Error(`A secret of ${text.length} characters cannot be told from other text.`);
  const windows = [Buffer.from(text).subarray(-windowBytes)];
  const decoded = Buffer.from(text, "base64");
  // A key that is kept as base64 may be written as the bytes that it is.
  if (decoded.length >= 16 && decoded.toString("base64") === text) windows.push(decoded.subarray(0, windowBytes));
  return windows;
}

/** Bytes of the private number that lie on one line of the PEM text, and that line's characters for them. */
function privateWindows(pem: string): Buffer[] {
  // Talos names the kind in front of what is PKCS #8 all the same.
  const { d } = createPrivateKey(pem.replaceAll("ED25519 PRIVATE", "PRIVATE")).export({ format: "jwk" });
  const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ""), "base64");
  const number = Buffer.from(d ?? "", "base64url");
  const lineBytes = 48;
  const begin = der.indexOf(number);
  const end = begin + number.length;
  if (begin < 0) throw new Error("The private number is not where it should be.");
  // Three bytes are four characters: from the middle of them on, a character belongs to the bytes before as well.
  const first = Math.ceil(begin / 3) * 3;
  const nextLine = Math.ceil((first + 1) / lineBytes) * lineBytes;
  const [window] = [der.subarray(first, Math.min(nextLine, end)), der.subarray(nextLine, end)]
    .map((part) => part.subarray(0, Math.min(windowBytes, part.length - (part.length % 3))))
    .sort((a, b) => b.length - a.length);
  return window === undefined ? [] : [window, Buffer.from(window.toString("base64"))];
}

/** Every way in which the bytes may be written; where they stand in what surrounds them is not known. */
export function encodings(window: Buffer): { encoding: string; bytes: Buffer }[] {
  const text = window.toString("utf8");
  const isText = Buffer.from(text).equals(window);
  const utf16 = Buffer.from(text, "utf16le");
  return [
    { encoding: "plain", bytes: window },
    { encoding: "hex", bytes: Buffer.from(window.toString("hex")) },
    { encoding: "hex", bytes: Buffer.from(window.toString("hex").toUpperCase()) },
    ...(isText
      ? [
          { encoding: "URL", bytes: Buffer.from(encodeURIComponent(text)) },
          { encoding: "form", bytes: Buffer.from(new URLSearchParams({ "": text }).toString().slice(1)) },
          { encoding: "JSON", bytes: Buffer.from(JSON.stringify(text).slice(1, -1)) },
          { encoding: "JSON in JSON", bytes: Buffer.from(JSON.stringify(JSON.stringify(text)).slice(3, -3)) },
          { encoding: "UTF-16", bytes: utf16 },
          { encoding: "UTF-16, big end first", bytes: Buffer.from(utf16).swap16() },
        ]
      : []),
    ...base64Encodings(window, 1),
  ];
}

function base64Encodings(bytes: Buffer, depth: number): { encoding: string; bytes: Buffer }[] {
  if (depth > deepest) return [];
  const encoding = `base64${depth > 1 ? `, ${depth} times` : ""}`;
  return [0, 1, 2].flatMap((before) => {
    const text = base64Within(bytes, before);
    const urlSafe = text.replaceAll("+", "-").replaceAll("/", "_");
    return [
      { encoding, bytes: Buffer.from(text) },
      ...(urlSafe === text ? [] : [{ encoding: `${encoding}, URL alphabet`, bytes: Buffer.from(urlSafe) }]),
      ...(encodeURIComponent(text) === text
        ? []
        : [{ encoding: `${encoding}, URL`, bytes: Buffer.from(encodeURIComponent(text)) }]),
      ...base64Encodings(Buffer.from(text), depth + 1),
    ];
  });
}

/** The base64 of the bytes where `before` bytes of a group of three come first: the characters that no neighbour changes. */
function base64Within(bytes: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
  const total = before + bytes.length;
  return text.slice(Math.ceil((before * 8) / 6), Math.floor((total * 8) / 6));
}
