// Stages by decorator: Node does not strip decorators, so this one is compiled first, then run.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const compiler = join(import.meta.dirname, "../../node_modules/typescript/bin/tsc");
const { status } = spawnSync(process.execPath, [compiler, "-p", import.meta.dirname], { stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);

await import(new URL("dist/main.js", import.meta.url).href);
