/** A program that does what its config says, for the tests of the language host. */
import * as pulumi from "@pulumi/pulumi";

const provider: pulumi.dynamic.ResourceProvider = {
  create: (inputs: { word: string; slow: boolean }) =>
    new Promise((resolve) => {
      setTimeout(
        () => {
          resolve({ id: `id-of-${inputs.word}`, outs: inputs });
        },
        inputs.slow ? 3000 : 0,
      );
    }),
};

class Word extends pulumi.dynamic.Resource {
  constructor(name: string, args: { word: pulumi.Input<string>; slow: boolean }, opts?: pulumi.CustomResourceOptions) {
    super(provider, name, args, opts);
  }
}

const config = new pulumi.Config();
const mode = config.get("mode") ?? "plain";
console.log(`mode ${mode} of ${pulumi.getProject()}/${pulumi.getStack()} for ${pulumi.getOrganization()}`);
console.error("a word on stderr");

switch (mode) {
  case "mistake":
    throw new pulumi.RunError("small:mode: this is a mistake. Write `plain`.");
  case "exception":
    throw new TypeError("thrown by the program");
  case "exit":
    process.exit(3);
    break;
  case "hang":
    setInterval(() => undefined, 1000);
    break;
  default:
    break;
}

const first = new Word("first", { word: pulumi.secret("hidden-word"), slow: mode === "slow" });
export const second = mode === "slow" ? new Word("second", { word: "next", slow: false }, { dependsOn: first }).id : "";
export const firstId = first.id;
export const isSecret = config.getSecret("token");
export const place = process.cwd();
export const dryRun = pulumi.runtime.isDryRun();
