/** Keeps what is encrypted in a stack's file out of the sentences about it. Pure. */
import { isRecord } from "./fields";

/** Shorter ones, such as a count, tell nothing and are part of many other words. */
const shortest = 3;

/** Sentences cut long values, but not before here. */
const uncut = 50;

function texts(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(texts);
  if (isRecord(value)) return Object.values(value).flatMap(texts);
  return typeof value === "string" || typeof value === "number" ? [String(value)] : [];
}

/** A text as it stands in a sentence: itself, as JSON, and the beginning of either. */
function forms(text: string): string[] {
  return [text, JSON.stringify(text).slice(1, -1)].flatMap((form) => [form, form.slice(0, uncut)]);
}

/** The sentences without any text or number that is in `secrets`, as Pulumi itself shows them. */
export function hideSecrets(sentences: string[], secrets: unknown): string[] {
  const hidden = texts(secrets)
    .flatMap(forms)
    .filter((text) => text.trim().length >= shortest)
    .sort((one, other) => other.length - one.length);
  return sentences.map((sentence) => hidden.reduce((text, secret) => text.replaceAll(secret, "[secret]"), sentence));
}
