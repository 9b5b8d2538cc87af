/**
 * Runs a script on a KVM host: in a local shell, or through the system's ssh, which honours the user's own configuration and agent.
 * The code is serialised into dynamic resources, so built-in modules are taken from `process` where they are used.
 */

const scriptTimeoutMs = 300_000;
const connectAttempts = 4;

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Becomes root, without ever asking for a password. The script itself comes on stdin and so is in no process list. */
const rootShell = `if [ "$(id -u)" = 0 ]; then exec sh -s; else exec sudo -n sh -s; fi`;

/** Program and arguments that give a root shell on `host`, reading stdin. */
export function shellCommand(host: string): { file: string; args: string[] } {
  if (host === "local") return { file: "sh", args: ["-c", rootShell] };
  const options = ["BatchMode=yes", "ConnectTimeout=15", "ServerAliveInterval=15", "ServerAliveCountMax=4"];
  // Quoted once more, because sshd hands the command to the user's login shell, which need not be a POSIX one.
  return { file: "ssh", args: [...options.flatMap((option) => ["-o", option]), "--", host, `sh -c '${rootShell}'`] };
}

function execute(host: string, script: string): Promise<Ended> {
  const { spawn } = process.getBuiltinModule("node:child_process");
  const { file, args } = shellCommand(host);
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const timer = setTimeout(() => {
      stderr += `\nno end after ${scriptTimeoutMs / 60_000} minutes`;
      child.kill("SIGKILL");
    }, scriptTimeoutMs);
    const end = (code: number): void => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr });
    };
    child.on("error", (error) => {
      stderr += error.message;
      end(127);
    });
    child.on("close", (code) => {
      end(code ?? 1);
    });
    // A shell that ends early closes the pipe: its exit code says more than the failed write.
    child.stdin.on("error", () => undefined);
    child.stdin.end(script);
  });
}

/** The last lines that say something, as one line. */
export function lastLines(text: string): string {
  const said = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return said.slice(-4).join("; ");
}

/** Says in one sentence what went wrong and what to do about it. */
export function failure(host: string, aim: string, ended: Ended): string {
  const where = host === "local" ? "on this machine" : `on ${host}`;
  const said = lastLines(ended.stderr);
  if (ended.code === 255 && host !== "local") {
    return `Cannot ${aim} ${where}: SSH does not get there (${said}); make \`ssh -o BatchMode=yes ${host} true\` succeed and try again.`;
  }
  if (/\bsudo: /.test(ended.stderr)) {
    return `Cannot ${aim} ${where}: it needs root (${said}); log in as root or allow sudo without a password there.`;
  }
  return `Cannot ${aim} ${where} (exit code ${ended.code}): ${said === "" ? "nothing was said" : said}`;
}

/**
 * Runs the script as root on the host and gives its stdout; throws `failure`'s sentence otherwise. A connection that fails is tried
 * again a few times, a refused login is not.
 */
export async function runOnHost(host: string, aim: string, script: string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const ended = await execute(host, script);
    if (ended.code === 0) return ended.stdout;
    const refused = /Permission denied|Host key verification failed|REMOTE HOST IDENTIFICATION/.test(ended.stderr);
    if (host === "local" || ended.code !== 255 || refused || attempt >= connectAttempts) {
      throw new Error(failure(host, aim, ended));
    }
    await new Promise((resolve) => setTimeout(resolve, 1000 * 2 ** (attempt - 1)));
  }
}
