import { expect, it } from "vitest";
import { footlight } from "../index.ts";

const light = footlight("docs-qa");
const pass = (state: number): number => state;

it("draws conditions by the names of their functions, the entry and where the graph may end", () => {
	const isShort = (state: number): boolean => state < 10;
	const byScore = (state: number): "ask" | undefined => (state > 1 ? "ask" : undefined);
	const graph = light.graph({
		nodes: { draft: pass, ask: { run: pass, kind: "model" }, done: pass },
		edges: [
			{ from: "draft", to: "ask" },
			{ from: "ask", to: "draft", when: isShort },
			{ from: "ask", to: byScore, targets: ["ask"] },
			{ from: "ask", to: "done", when: (state) => state > 3 },
		],
		entry: "draft",
	});
	expect(graph.toMermaid()).toBe(
		`
flowchart TD
  n0(("start"))
  n1["draft"]
  n2(["ask"])
  n3["done"]
  n4(("end"))
  n0 --> n1
  n1 --> n2
  n2 -.->|"isShort"| n1
  n2 -.->|"byScore"| n2
  n2 -.-> n3
  n2 -.-> n4
  n3 --> n4
`.trim(),
	);
});

it("draws a graph inside another, names like its own circles, and an end only where there is one", () => {
	const inner = light.graph({ nodes: { start: pass }, edges: [{ from: "start", to: "start" }], entry: "start" });
	const outer = light.graph({ nodes: { inner }, edges: [], entry: "inner" });
	expect(outer.toMermaid("LR")).toBe(
		`
flowchart LR
  n0(("start"))
  subgraph n1["inner"]
    n1_0(("start "))
    n1_1["start"]
    n1_0 --> n1_1
    n1_1 --> n1_1
  end
  n2(("end"))
  n0 --> n1
  n1 --> n2
`.trim(),
	);
});

it("draws every way a function may choose where it does not say which", () => {
	const graph = light.graph({
		nodes: { a: pass, b: pass },
		edges: [{ from: "a", to: (state) => (state > 1 ? "b" : undefined) }],
		entry: "a",
	});
	expect(graph.toMermaid().split("\n").slice(-5)).toEqual([
		"  n0 --> n1",
		"  n1 -.-> n1",
		"  n1 -.-> n2",
		"  n1 -.-> n3",
		"  n2 --> n3",
	]);
});
