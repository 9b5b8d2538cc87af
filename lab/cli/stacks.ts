import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { Mistake } from "../engine";
import { cloudStack } from "./session";

const stackFile = /^Pulumi\.(lab(?:-[a-z0-9-]+)?)\.yaml$/;

/** Stacks of the lab that have a config file in `folder`: further sites first, the one with the cloud last. */
export function stacksIn(folder: string): string[] {
  const names = readdirSync(folder).flatMap((file) => stackFile.exec(file)?.[1] ?? []);
  return [...names.filter((name) => name !== cloudStack).sort(), ...names.filter((name) => name === cloudStack)];
}

/** What `npm start` is asked for. */
export interface Chosen {
  stack: string;
  world?: string;
}

/** The stack that `npm start -- --stack <name>` names; the one with the cloud where nothing is said. */
export function chosenStack(args: string[], checkout: string): Chosen {
  const known = stacksIn(checkout).reverse();
  const { stack: name = cloudStack, world } = optionsIn(args, known);
  if (!known.includes(name))
    throw new Mistake(`There is no Pulumi.${name}.yaml of the lab; its stacks are ${known.join(", ")}.`);
  return { stack: name, world };
}

function optionsIn(args: string[], known: string[]): Partial<Chosen> {
  const options = { stack: { type: "string" }, world: { type: "string" } } as const;
  try {
    return parseArgs({ args, options }).values;
  } catch {
    throw new Mistake(
      `\`npm start\` does not take \`${args.join(" ")}\`; write \`npm start -- --stack ${known.at(-1) ?? cloudStack}\`.`,
    );
  }
}
