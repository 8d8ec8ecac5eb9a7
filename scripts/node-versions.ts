// Runs core's tests on every release of Node that the packages are for: `node scripts/node-versions.ts [--all]`.
// Without --all the workspace's own release is left out, since `npm test` runs there.
import { join } from "node:path";
import { root, show } from "./command.ts";
import { nodeBinary, nodeVersions } from "./node-binary.ts";

const all = process.argv.includes("--all");
const vitest = join(root, "node_modules/vitest/vitest.mjs");

for (const version of new Set([nodeVersions[22], nodeVersions[24], nodeVersions[26]])) {
	if (version === process.versions.node && !all) continue;
	const node = await nodeBinary(version);
	console.log(`core on Node ${version}`);
	if (!(await show(node, [vitest, "run", "packages/core"], { node }))) process.exitCode = 1;
}
