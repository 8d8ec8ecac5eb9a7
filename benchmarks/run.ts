import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

// Packs core, exporters and otel as they would be published, installs them beside their rivals in this folder, and runs the
// benchmark.

const here = import.meta.dirname;
const root = join(here, "..");
const cache = join(here, ".cache");
const packages = ["packages/core", "packages/exporters", "packages/otel"];

function run(command: string, args: readonly string[], cwd: string, quiet = false): void {
	execFileSync(command, args, { cwd, stdio: ["ignore", quiet ? "ignore" : "inherit", "inherit"] });
}

run(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-b", ...packages], root);
rmSync(cache, { recursive: true, force: true });
mkdirSync(cache);
const workspaces = packages.flatMap((folder) => ["--workspace", folder]);
run("npm", ["pack", "--silent", ...workspaces, "--pack-destination", cache], root, true);
const tarballs = readdirSync(cache).map((name) => join(cache, name));
if (tarballs.length !== packages.length) throw new Error(`npm pack made ${tarballs.length} tarballs of ${packages}`);
run("npm", ["ci", "--silent", "--ignore-scripts"], here);
run("npm", ["install", "--silent", "--no-save", "--ignore-scripts", ...tarballs], here);
run(process.execPath, [join(here, "bench.ts"), ...process.argv.slice(2)], here);
