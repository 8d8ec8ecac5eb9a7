import { expect, it } from "vitest";
import { drawMermaid } from "./mermaid.ts";

it("draws each kind in a shape of its own and a condition as a dotted arrow", () => {
	const drawing = drawMermaid({
		nodes: [
			{ name: "load" },
			{ name: "ask", kind: "model" },
			{ name: "tool", kind: "tool" },
			{ name: "agent", kind: "agent" },
			{ name: "find", kind: "retrieval", notes: ["map ×4"] },
			{ name: "remote", kind: "rpc" },
			{ name: "later", kind: "job" },
			{ name: "end", kind: "end" },
		],
		edges: [
			{ from: "load", to: "ask" },
			{ from: "ask", to: "end", label: "done?", isConditional: true },
		],
	});
	expect(drawing).toBe(
		[
			"flowchart TD",
			'  n0["load"]',
			'  n1(["ask"])',
			'  n2[["tool"]]',
			'  n3{{"agent"}}',
			'  n4[("find<br/>map #215;4")]',
			'  n5[/"remote"/]',
			'  n6("later")',
			'  n7(("end"))',
			"  n0 --> n1",
			'  n1 -.->|"done?"| n7',
		].join("\n"),
	);
});

it("escapes what Mermaid would take for its own", () => {
	const drawing = drawMermaid({ nodes: [{ name: 'a "b" <c> `d` #e; 100% & \n|f|' }], edges: [] });
	expect(drawing.split("\n")).toHaveLength(2);
	expect(drawing.split("\n")[1]).toBe('  n0["a #34;b#34; #60;c#62; #96;d#96; #35;e; 100#37; #38; #10;#124;f#124;"]');
});

it("draws what runs inside a stage as a frame with names of its own", () => {
	const inside = { nodes: [{ name: "a" }, { name: "b" }], edges: [{ from: "a", to: "b" }] };
	const drawing = drawMermaid(
		{ nodes: [{ name: "a" }, { name: "sub", inside }], edges: [{ from: "a", to: "sub" }] },
		"LR",
	);
	expect(drawing).toBe(
		[
			"flowchart LR",
			'  n0["a"]',
			'  subgraph n1["sub"]',
			'    n1_0["a"]',
			'    n1_1["b"]',
			"    n1_0 --> n1_1",
			"  end",
			"  n0 --> n1",
		].join("\n"),
	);
});
