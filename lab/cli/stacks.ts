import { readdirSync } from "node:fs";
import { Mistake } from "../engine";
import { cloudStack } from "./session";

const stackFile = /^Pulumi\.(lab(?:-[a-z0-9-]+)?)\.yaml$/;

/** Stacks of the lab that have a config file in `folder`: further sites first, the one with the cloud last. */
export function stacksIn(folder: string): string[] {
  const names = readdirSync(folder).flatMap((file) => stackFile.exec(file)?.[1] ?? []);
  return [...names.filter((name) => name !== cloudStack).sort(), ...names.filter((name) => name === cloudStack)];
}

/** The stack that `npm start -- --stack <name>` names; the one with the cloud where nothing is said. */
export function chosenStack(args: string[], checkout: string): string {
  if (args.length === 0) return cloudStack;
  const known = stacksIn(checkout).reverse();
  const [flag, name, ...more] = args;
  if (flag !== "--stack" || name === undefined || more.length > 0)
    throw new Mistake(
      `\`npm start\` does not take \`${args.join(" ")}\`; write \`npm start -- --stack ${known.at(-1) ?? cloudStack}\`.`,
    );
  if (!known.includes(name))
    throw new Mistake(`There is no Pulumi.${name}.yaml of the lab; its stacks are ${known.join(", ")}.`);
  return name;
}
