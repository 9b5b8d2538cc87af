import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";

const root = join(__dirname, "..", "..");

/** Pages that people read, from the checkout's root. */
export function pages(): string[] {
  const below = (folder: string): string[] =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md"))
      .map((name) => join(folder, name));
  return ["README.md", ...below("docs")].sort();
}

export function textOf(page: string): string {
  return readFileSync(join(root, page), "utf8");
}

/** What is between ``` marks of this language. */
export function blocks(page: string, language: string): string[] {
  return [...textOf(page).matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, named, text = ""]) =>
    named === language ? [text] : [],
  );
}

/** The blocks that a page tells to put into Pulumi.lab.yaml, as settings by key. */
export function labSettings(page: string): Record<string, unknown>[] {
  return blocks(page, "yaml")
    .filter((text) => text.startsWith("# Pulumi.lab.yaml\n"))
    .map((text) => parse(text) as Record<string, unknown>);
}

/** Links of a page to files that are not there. */
export function deadLinks(page: string): string[] {
  return [...textOf(page).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => !existsSync(join(root, dirname(page), target)));
}
