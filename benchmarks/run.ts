import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

// Packs core as it would be published, installs it beside its rivals in this folder, and runs the benchmark.

const here = import.meta.dirname;
const root = join(here, "..");
const cache = join(here, ".cache");

function run(command: string, args: readonly string[], cwd: string, quiet = false): void {
	execFileSync(command, args, { cwd, stdio: ["ignore", quiet ? "ignore" : "inherit", "inherit"] });
}

run(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-b", "packages/core"], root);
rmSync(cache, { recursive: true, force: true });
mkdirSync(cache);
run("npm", ["pack", "--silent", "--workspace", "packages/core", "--pack-destination", cache], root, true);
const [tarball] = readdirSync(cache);
if (tarball === undefined) throw new Error("npm pack made no tarball of packages/core");
run("npm", ["ci", "--silent", "--ignore-scripts"], here);
run("npm", ["install", "--silent", "--no-save", "--ignore-scripts", join(cache, tarball)], here);
run(process.execPath, [join(here, "overhead.ts"), ...process.argv.slice(2)], here);
