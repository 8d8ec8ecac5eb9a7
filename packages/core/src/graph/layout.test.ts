import { describe, expect, it } from "vitest";
import { footlight } from "../index.ts";

const light = footlight("docs-qa");
const pass = (state: number): number => state;
// biome-ignore lint/suspicious/noExplicitAny: what the types refuse has to be refused at run time, too
const graph = (options: any): unknown => light.graph(options);
const valid = { nodes: { a: pass, b: pass }, edges: [{ from: "a", to: "b" }], entry: "a" };

const refusals: readonly (readonly [unknown, string])[] = [
	[undefined, "TypeError: graph: nodes must be an object of nodes by name, got undefined"],
	[{ ...valid, nodes: [] }, "TypeError: graph: nodes must be an object of nodes by name, got an array of 0"],
	[{ ...valid, nodes: {} }, "RangeError: graph: nodes must hold at least one node, got none"],
	[{ ...valid, nodes: { " ": pass } }, 'RangeError: graph: name of a node must be a name that is not empty, got " "'],
	[{ ...valid, nodes: { a: 1 } }, "TypeError: graph: nodes.a must be a function, or an object with run, got 1"],
	[{ ...valid, nodes: { a: {} } }, "TypeError: graph: nodes.a.run must be a function, got undefined"],
	[
		{ ...valid, nodes: { a: { run: pass, when: 1 } } },
		'TypeError: graph: nodes.a: unknown option "when"; known options are run, use, kind, provider, usage',
	],
	[
		{ ...valid, nodes: { a: { run: pass, kind: "modle" } } },
		'RangeError: graph: nodes.a.kind must be one of stage, model, tool, agent, retrieval, rpc, job, got "modle"',
	],
	[
		{ ...valid, nodes: { a: { run: pass, use: pass } } },
		"TypeError: graph: nodes.a.use must be an array of middleware, got function pass",
	],
	[{ ...valid, entry: undefined }, "TypeError: graph: entry must be a node (a, b), got undefined"],
	[{ ...valid, entry: "c" }, 'RangeError: graph: entry must be a node (a, b), got "c"'],
	[{ ...valid, edges: undefined }, "TypeError: graph: edges must be an array, got undefined"],
	[{ ...valid, edges: [undefined] }, "TypeError: graph: edges[0] must be an object with from and to, got undefined"],
	[{ ...valid, edges: [{ from: "a", to: "c" }] }, 'RangeError: graph: edges[0].to must be a node (a, b), got "c"'],
	[{ ...valid, edges: [{ from: "c", to: "a" }] }, 'RangeError: graph: edges[0].from must be a node (a, b), got "c"'],
	[
		{ ...valid, edges: [{ from: "a", to: "b", when: true }] },
		"TypeError: graph: edges[0].when must be a function, got true",
	],
	[
		{ ...valid, edges: [{ from: "a", to: "b", if: pass }] },
		'TypeError: graph: edges[0]: unknown option "if"; known options are from, to, when, targets',
	],
	[
		{ ...valid, edges: [{ from: "a", to: () => "b", targets: ["c"] }] },
		'RangeError: graph: edges[0].targets[0] must be a node (a, b), got "c"',
	],
	[
		{ ...valid, edges: [{ from: "a", to: "b", targets: ["b"] }] },
		"TypeError: graph: edges[0].targets belongs to an edge whose to is a function",
	],
	[
		{ ...valid, edges: [...valid.edges, { from: "a", to: "a" }] },
		"RangeError: graph: edges[1] a > a is never taken: a > b stands before it",
	],
	[
		{ ...valid, edges: [...valid.edges, ...valid.edges] },
		"RangeError: graph: edges[1] a > b is never taken: a > b stands before it",
	],
	[{ ...valid, edges: [] }, "RangeError: graph: nothing leads from a to b"],
	[
		{ ...valid, nodes: { ...valid.nodes, c: pass }, edges: [{ from: "a", to: () => "b", targets: ["b"] }] },
		"RangeError: graph: nothing leads from a to c",
	],
	[{ ...valid, maxSteps: 0 }, "RangeError: graph: maxSteps must be a positive integer, got 0"],
	[{ ...valid, maxNesting: "2" }, 'TypeError: graph: maxNesting must be a positive integer, got "2"'],
	[{ ...valid, timeoutMs: 2 ** 31 }, "RangeError: graph: timeoutMs must be at most 2147483647, got 2147483648"],
	[{ ...valid, middleware: [1] }, "TypeError: graph: middleware[0] must be a middleware (a function of next), got 1"],
	[
		{ ...valid, retries: 1 },
		'TypeError: graph: unknown option "retries"; known options are nodes, edges, entry, middleware, maxSteps, maxNesting, timeoutMs',
	],
];

describe("light.graph", () => {
	it.each(refusals)("refuses %o", (options, message) => {
		let refusal: unknown;
		try {
			graph(options);
		} catch (error) {
			refusal = error;
		}
		expect(String(refusal)).toBe(message);
	});

	it("cannot know what a function without targets leads to, and lets every node pass", () => {
		expect(() => graph({ ...valid, edges: [{ from: "a", to: () => "b" }] })).not.toThrow();
	});

	it("takes an edge back to its own node, and two ways to the same one", () => {
		const edges = [
			{ from: "a", to: "a", when: () => false },
			{ from: "a", to: "b", when: () => false },
			{ from: "a", to: "b" },
		];
		expect(() => graph({ ...valid, edges })).not.toThrow();
	});
});

describe("graph.run", () => {
	const runnable = light.graph({ nodes: { a: pass }, edges: [], entry: "a" });

	it("rejects for options that cannot be, before anything runs", async () => {
		await expect(runnable.run(1, { timeoutMs: 0 })).rejects.toThrow(
			new RangeError("graph.run: timeoutMs must be a positive integer, got 0"),
		);
		await expect(runnable.run(1, { maxSteps: 1 } as object)).rejects.toThrow('graph.run: unknown option "maxSteps"');
		await expect(runnable.run(1, { signal: {} as AbortSignal })).rejects.toThrow("run: signal must be an AbortSignal");
		expect(() => runnable.stream(1, { timeoutMs: 0 })).toThrow(RangeError);
	});
});
