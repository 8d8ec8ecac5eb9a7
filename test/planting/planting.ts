/** Plants a bug into the source as it is loaded, in a process of its own, and holds it against a property. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import fc from "fast-check";

/** A mistake somebody could make, and what the property says of it. */
export interface PlantedBug {
	readonly name: string;
	/** Below `src/`. */
	readonly file: string;
	/** Stands in the file once. */
	readonly replace: string;
	readonly by: string;
	/** In the violation that must be found. */
	readonly caughtAs: RegExp;
}

export interface Hunt {
	readonly isPlanted: string;
	readonly cases: number;
	/** What the property said; null where it found nothing. */
	readonly found: string | null;
}

/** Runs the file that calls {@link huntHere}, in a process of its own. */
export async function hunt(file: string, name: string, seed: number, numRuns: number): Promise<Hunt> {
	const warnings = ["FOOTLIGHT_NO_PROVIDER", "FOOTLIGHT_TELEMETRY_FAILED", "ExperimentalWarning"];
	const { stdout } = await promisify(execFile)(
		process.execPath,
		[
			...["--conditions=@footlight/source", ...warnings.map((warning) => `--disable-warning=${warning}`)],
			...[file, name, String(seed), String(numRuns)],
		],
		{ timeout: 60_000 },
	);
	return JSON.parse(stdout.trim().split("\n").at(-1) as string);
}

/** The process of a hunt: plants the bug that the command line names before anything is imported, and reports. */
export async function huntHere(
	bugs: readonly PlantedBug[],
	load: () => Promise<{ property: fc.IRawProperty<unknown>; Violation: new (message: string) => Error }>,
): Promise<never> {
	const [name, seed, numRuns] = process.argv.slice(2);
	const bug = bugs.find((candidate) => candidate.name === name);
	let planted = 0;
	if (bug !== undefined) {
		plant(bug, () => {
			planted++;
		});
	}
	const { property, Violation } = await load();
	const {
		failed,
		errorInstance,
		numRuns: cases,
	} = await fc.check(property, {
		seed: Number(seed),
		numRuns: Number(numRuns),
		endOnFailure: true,
	});
	const said = errorInstance instanceof Violation ? errorInstance.message : `not a violation: ${errorInstance}`;
	const isPlanted = bug === undefined ? "no bug" : planted === 1 ? "planted" : "not loaded";
	console.log(JSON.stringify({ isPlanted, cases, found: failed ? said : null } satisfies Hunt));
	// What a bug has left hanging must not keep the process.
	process.exit(0);
}

function plant(bug: PlantedBug, planted: () => void): void {
	registerHooks({
		load(url, context, nextLoad) {
			if (!url.endsWith(`/src/${bug.file}`)) return nextLoad(url, context);
			const source = readFileSync(fileURLToPath(url), "utf8");
			const places = source.split(bug.replace).length - 1;
			if (places !== 1) {
				throw new Error(`${basename(url)} has the text of the bug "${bug.name}" ${places} times, not once`);
			}
			planted();
			return {
				format: "module",
				source: stripTypeScriptTypes(source.replace(bug.replace, () => bug.by)),
				shortCircuit: true,
			};
		},
	});
}
