/** Values and names as a sentence shows them: on one line, not too long, and with what can't be seen made visible. Pure. */

const longest = 60;

/** Control, format and lone surrogate characters, and spaces and line ends other than the ordinary space. */
const unseen = /(?! )[\p{C}\p{Z}]/gu;

const codePoint = (character: string): string =>
  (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");

function visible(text: string): string {
  const characters = Array.from(text.replace(unseen, (character) => `\\u${codePoint(character)}`));
  return characters.length > longest
    ? `${characters.slice(0, longest - 4).join("")}...${characters.at(-1) ?? ""}`
    : characters.join("");
}

/** A value as JSON, without a password that a URL in it may hold. */
export function show(value: unknown): string {
  return visible(JSON.stringify(value).replace(/:\/\/[^/\s@]*@/g, "://...@"));
}

/** Names a character that only looks like one of ours, or like none at all. */
export function lookAlike(value: unknown): string {
  const stranger = typeof value === "string" ? /[^ -~]/u.exec(value)?.[0] : undefined;
  return stranger === undefined ? "" : ` (with the character U+${codePoint(stranger)} in it)`;
}

/** A name of a field as it is, or what was written instead of one. */
export function showName(name: string): string {
  return /^[\w-]{1,60}$/.test(name) ? name : show(name);
}
