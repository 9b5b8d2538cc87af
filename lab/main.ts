import { dirname } from "node:path";
import { bench } from "./bench";
import { down } from "./cli/down";
import { live } from "./cli/live";
import { test, testLab } from "./cli/test";
import { up } from "./cli/up";
import { Console, Mistake } from "./engine";

const root = dirname(__dirname);

/** Runs a lab command and answers its exit code. */
export async function main(command: string, args: string[]): Promise<number> {
  const console = new Console();
  try {
    switch (command) {
      case "up":
        return await up(root, console, args);
      case "down":
        return await down(root, console);
      case "live":
        return args[0] === "down" ? await down(root, console) : await live(root, console, args);
      case "bench":
        return await bench(root, console, args);
      case "test":
        return await test(root, console, args);
      case "test:lab":
        return await testLab(root, console, args);
      default:
        throw new Mistake(`There is no lab command \`${command}\`.`);
    }
  } catch (error) {
    console.status("");
    if (!(error instanceof Mistake)) throw error;
    console.line(console.red(error.message));
    return 1;
  }
}
