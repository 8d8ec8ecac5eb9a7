import { beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import { footlight } from "../index.ts";
import { registerSdk } from "../sdk.fixture.ts";
import { spanTree } from "../testing/index.ts";

const recorded = registerSdk();
beforeEach(() => recorded.reset());

describe("types", () => {
	const light = footlight("docs-qa");

	it("knows the state from one annotated node, and the names from all", async () => {
		const graph = light.graph({
			nodes: {
				draft: async (state: { text: string; rounds: number }, ctx) => {
					expectTypeOf(ctx.signal).toEqualTypeOf<AbortSignal>();
					return { ...state, rounds: state.rounds + 1 };
				},
				review: async (state, ctx) => {
					expectTypeOf(state).toEqualTypeOf<{ text: string; rounds: number }>();
					expectTypeOf(ctx.signal).toEqualTypeOf<AbortSignal>();
					return state;
				},
			},
			edges: [
				{ from: "draft", to: "review" },
				{ from: "review", to: "draft", when: (state) => state.rounds < 2 },
				{ from: "review", to: (state) => (state.rounds < 0 ? "draft" : undefined) },
			],
			entry: "draft",
		});
		const result = await graph.run({ text: "hello", rounds: 0 });
		if (result.outcome === "ok") {
			expectTypeOf(result.output).toEqualTypeOf<{ text: string; rounds: number }>();
			expect(result.output).toEqual({ text: "hello", rounds: 2 });
		} else {
			expectTypeOf(result.state).toEqualTypeOf<{ text: string; rounds: number }>();
			throw result.error;
		}
		for await (const { node } of graph.stream({ text: "", rounds: 5 })) {
			expectTypeOf(node).toEqualTypeOf<"draft" | "review">();
		}
		// @ts-expect-error the state has another shape
		await graph.run({ text: 1, rounds: 0 });
		await graph.run({ text: "", rounds: 9 });
	});

	it("knows it in every form of a node", async () => {
		const inner = light.graph({ nodes: { deep: (state: number) => state * 2 }, edges: [], entry: "deep" });
		const graph = light.graph({
			nodes: {
				first: (state: number, ctx) => {
					ctx.addCost(0);
					return state;
				},
				second: { run: (state) => state.valueOf() + 1, kind: "agent" },
				inner,
			},
			edges: [
				{ from: "first", to: "second" },
				{ from: "second", to: "inner" },
			],
			entry: "first",
		});
		expect((await graph.run(1)).outputOrThrow()).toBe(4);
		const text = light.graph({ nodes: { a: (state: string) => state }, edges: [], entry: "a" });
		// @ts-expect-error its state is a text
		light.graph({ nodes: { a: (state: number) => state, text }, edges: [{ from: "a", to: "text" }], entry: "a" });
	});

	it("takes a state that is written down", async () => {
		const graph = light.graph<{ count: number }>({
			nodes: { up: (state) => ({ count: state.count + 1 }) },
			edges: [],
			entry: "up",
		});
		expect((await graph.run({ count: 1 })).outputOrThrow()).toEqual({ count: 2 });
	});

	it("refuses names that are no nodes and nodes that do not agree", () => {
		const nodes = { a: (state: number) => state, b: (state: number) => state };
		// @ts-expect-error c is no node
		expect(() => light.graph({ nodes, edges: [{ from: "a", to: "c" }], entry: "a" })).toThrow(RangeError);
		// @ts-expect-error c is no node
		expect(() => light.graph({ nodes, edges: [{ from: "a", to: "b" }], entry: "c" })).toThrow(RangeError);
		// @ts-expect-error one gives a text
		light.graph({ nodes: { a: (state: number) => `${state}` }, edges: [], entry: "a" });
		light.graph({
			// @ts-expect-error one takes a number, one a text
			nodes: { a: (state: number) => state, b: (state: string) => state },
			edges: [{ from: "a", to: "b" }],
			entry: "a",
		});
	});

	it("adds the items of a stream to what a graph may end with", async () => {
		const graph = light.graph({
			nodes: {
				ask: { run: (state: string) => state.toUpperCase(), kind: "model", provider: "openai" },
				answer: async function* (state) {
					for (const letter of state) yield { letter };
				},
			},
			edges: [{ from: "ask", to: "answer" }],
			entry: "ask",
		});
		const result = await graph.run("ab");
		const output = result.outputOrThrow();
		expectTypeOf(output).toEqualTypeOf<string | { letter: string }[]>();
		expect(output).toEqual([{ letter: "A" }, { letter: "B" }]);
		expect(spanTree(recorded.spans(), { show: ["outcome", "stream.item_count"] })).toBe(
			`
docs-qa (internal)
  outcome: "ok"
  chat (client)
    outcome: "ok"
  answer (internal)
    outcome: "ok"
    stream.item_count: 2
    -> chat
`.trim(),
		);
	});
});
