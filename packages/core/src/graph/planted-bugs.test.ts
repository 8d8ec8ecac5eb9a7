import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type * as core from "../index.ts";
import { registerSdk } from "../sdk.fixture.ts";
import { expectedRun } from "./expected-run.fixture.ts";
import { observedRun } from "./observed-run.fixture.ts";
import { randomGraph, shapes } from "./random-graph.fixture.ts";
import { runComplaints } from "./run-complaints.fixture.ts";

interface PlantedBug {
	readonly name: string;
	/** File under `src`, and what of it is put in the place of what. */
	readonly file: string;
	readonly from: string;
	readonly to: string;
	/** What the first complaint about it is. */
	readonly complaint: RegExp;
}

/** Mistakes that this kind of code invites; the random graphs have to find each of them. */
const bugs: readonly PlantedBug[] = [
	{
		name: "the node that failed has no report",
		file: "graph/walk.ts",
		from: "watch.threw(scope, error);\n\t\tthis.#report(node, scope, watch);",
		to: "watch.threw(scope, error);",
		complaint: /report: steps/,
	},
	{
		name: "a step is not linked to the one before",
		file: "graph/walk.ts",
		from: "scope.links = [this.#previous]",
		to: "scope.links = []",
		complaint: /links/,
	},
	{
		name: "steps are no children of their run",
		file: "graph/walk.ts",
		from: "[this.state], undefined, this.#scope)",
		to: "[this.state], undefined, undefined)",
		complaint: /./,
	},
	{
		name: "a node is called twice",
		file: "graph/walk.ts",
		from: "given = node.enter(call, this.#context);",
		to: "node.enter(call, this.#context);\n\t\t\tgiven = node.enter(call, this.#context);",
		complaint: /calls/,
	},
	{
		name: "a run takes one step more than it may",
		file: "graph/walk.ts",
		from: "this.steps.length >= maxSteps",
		to: "this.steps.length > maxSteps",
		complaint: /calls/,
	},
	{
		name: "a run goes on after its signal has aborted",
		file: "graph/walk.ts",
		from: "this.#scope.call.signal?.throwIfAborted();",
		to: "",
		complaint: /calls/,
	},
	{
		name: "attempts are not counted",
		file: "graph/walk.ts",
		from: "attempts: scope.attempts",
		to: "attempts: 1",
		complaint: /report: steps/,
	},
	{
		name: "what a fallback gave is lost",
		file: "graph/walk.ts",
		from: "if (!isLeftOut || value !== undefined)",
		to: 'if (outcome === "ok")',
		complaint: /trail/,
	},
	{
		name: "the last edge is tried first",
		file: "graph/route.ts",
		from: "of edges)",
		to: "of edges.toReversed())",
		complaint: /report: steps/,
	},
	{
		name: "a condition that throws is taken for shut",
		file: "graph/route.ts",
		from: "if (ctx.signal.aborted && cause === ctx.signal.reason) throw cause;",
		to: 'if (!ctx.signal.aborted) return member === "when" ? false : undefined;',
		complaint: /./,
	},
	{
		name: "a node that heeds no signal holds up the end",
		file: "graph/node-guard.ts",
		from: "return untilAborted(settled(), signal,",
		to: "return untilAborted(settled(), undefined,",
		complaint: /did not settle|duration|start|report|spans/,
	},
	{
		name: "the time limit is never looked at",
		file: "graph/run-signal.ts",
		from: "this.#deadlineMs = this.#clock.monotonicMs() + timeoutMs;",
		to: "return;",
		complaint: /./,
	},
	{
		name: "a run within a node stands in no report",
		file: "graph/run-graph.ts",
		from: "caller?.ended(report);",
		to: "",
		complaint: /report: steps/,
	},
	{
		name: "a node is given up before the run within it",
		file: "graph/run-graph.ts",
		from: "caller?.began();",
		to: "",
		complaint: /report: steps/,
	},
	{
		name: "money is spent and not counted",
		file: "cost/charge.ts",
		from: "if (costUsd > 0 && source !== undefined) {",
		to: "if (costUsd > 1) {",
		complaint: /metric: money/,
	},
	{
		name: "timer and listener outlive the run",
		file: "graph/run-graph.ts",
		from: "ending.release();",
		to: "",
		complaint: /left behind/,
	},
	{
		name: "a failed run is reported as ok",
		file: "graph/run-graph.ts",
		from: "(error: unknown) => settled({ error })",
		to: "() => settled(undefined)",
		complaint: /error/,
	},
	{
		name: "every failure is an error",
		file: "outcome.ts",
		from: 'return isTimeout(signal.reason) ? "timeout" : "cancelled";',
		to: 'return "error";',
		complaint: /outcome/,
	},
	{
		name: "a call that failed still counts as going on",
		file: "observer/metric.ts",
		from: "series.active--;",
		to: 'if (outcome !== "error") series.active--;',
		complaint: /go on/,
	},
	{
		name: "an exception is recorded wherever it passes",
		file: "error-owner.ts",
		from: "owners.set(error, scope);",
		to: "",
		complaint: /exceptions/,
	},
	{
		name: "what a step has spent does not reach the run",
		file: "cost/spend.ts",
		from: "current = current.parent",
		to: "current = undefined",
		complaint: /spend/,
	},
	{
		name: "the loop over the steps ends as if all were well",
		file: "graph/step-stream.ts",
		from: "Promise.reject(failure.error)",
		to: "Promise.resolve(over)",
		complaint: /error of the loop/,
	},
];

const recorded = registerSdk();
const source = join(import.meta.dirname, "..");
const folder = join(source, `../.cache/planted-${process.pid}`);

beforeAll(() => rmSync(folder, { recursive: true, force: true }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the random graphs say about a package; undefined where they find nothing. */
async function firstComplaint(loaded: typeof core): Promise<string | undefined> {
	let found: string | undefined;
	const property = fc.asyncProperty(shapes, async (shape) => {
		const graph = randomGraph(shape);
		const complaints = await runComplaints(graph, expectedRun(graph), await observedRun(loaded, recorded, graph));
		found ??= complaints.join("\n") || undefined;
		return complaints.length === 0;
	});
	await fc.check(property, { seed: 7, numRuns: 400, endOnFailure: true });
	return found;
}

async function load(name: string, change: (into: string) => void = () => {}): Promise<typeof core> {
	const into = join(folder, name);
	cpSync(source, into, { recursive: true, filter: (path) => !/\.(test|fixture)\.ts$/.test(path) });
	change(into);
	return import(pathToFileURL(join(into, "index.ts")).href);
}

it("finds nothing in a copy that was not changed", async () => {
	expect(await firstComplaint(await load("unchanged"))).toBeUndefined();
});

it.each(bugs.map((bug) => [bug.name, bug] as const))("finds that %s", async (_, { file, from, to, complaint }) => {
	const loaded = await load(`bug-${bugs.findIndex((bug) => bug.file === file && bug.from === from)}`, (into) => {
		const path = join(into, file);
		const text = readFileSync(path, "utf8");
		expect(text.split(from)).toHaveLength(2);
		writeFileSync(path, text.replace(from, to));
	});
	expect(await firstComplaint(loaded)).toMatch(complaint);
});
