import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { killProcess, processTree } from "../../../lab/engine/processTree";

it("finds what a process has started, and what that has started, and ends it", async () => {
  const shell = spawn("sh", ["-c", "sh -c 'sleep 61 & wait' & echo begun; wait"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await once(shell.stdout, "data");
  const commands = async (): Promise<string[]> => {
    const tree = processTree(shell.pid ?? 0);
    if (tree.length === 2) return tree.map(({ command }) => command);
    await new Promise((resolve) => setTimeout(resolve, 20));
    return commands();
  };
  expect(await commands()).toEqual(["sh -c sleep 61 & wait", "sleep 61"]);

  const tree = processTree(shell.pid ?? 0);
  for (const { pid } of tree) killProcess(pid);
  await once(shell, "close");
  expect(processTree(process.pid).filter(({ pid }) => tree.some((killed) => killed.pid === pid))).toEqual([]);
  for (const { pid } of tree) killProcess(pid);
});
