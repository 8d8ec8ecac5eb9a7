/** Run as a process of its own: plants one bug into the source as it is loaded, and holds it against the property. */
import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { plantedBugs } from "./planted-bugs.fixture.ts";

const [name, seed, numRuns] = process.argv.slice(2);
const bug = plantedBugs.find((candidate) => candidate.name === name);
let planted = 0;

registerHooks({
	load(url, context, nextLoad) {
		if (bug === undefined || !url.endsWith(`/src/${bug.file}`)) return nextLoad(url, context);
		const source = readFileSync(fileURLToPath(url), "utf8");
		const places = source.split(bug.replace).length - 1;
		if (places !== 1)
			throw new Error(`${basename(url)} has the text of the bug "${bug.name}" ${places} times, not once`);
		planted++;
		return {
			format: "module",
			source: stripTypeScriptTypes(source.replace(bug.replace, () => bug.by)),
			shortCircuit: true,
		};
	},
});

// Only now, so that what they import has the bug.
const { checkCase, Violation } = await import("./check-case.fixture.ts");
const { pipelineArbitrary, runCase } = await import("./pipeline-case.fixture.ts");
const isPlanted = bug === undefined ? "no bug" : planted === 1 ? "planted" : "not loaded";

const outcome = await fc.check(
	fc.asyncProperty(pipelineArbitrary, async (spec) => checkCase(await runCase(spec))),
	{ seed: Number(seed), numRuns: Number(numRuns), endOnFailure: true },
);
const { errorInstance } = outcome;
console.log(
	JSON.stringify({
		isPlanted,
		cases: outcome.numRuns,
		found: outcome.failed
			? errorInstance instanceof Violation
				? errorInstance.message
				: `not a violation: ${errorInstance}`
			: null,
	}),
);
// What a bug has left hanging must not keep the process.
process.exit(0);
