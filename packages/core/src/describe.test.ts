import { expect, describe as group, it } from "vitest";
import { describe, footlight, layer, type Middleware, observe } from "./index.ts";

const light = footlight("docs-qa");
const searchIndex = (query: string) => [query];
const limited = layer({ name: "limit", options: { perSecond: 5, burst: true } }, (next) => next);
const plain: Middleware = (next) => next;

group("describe", () => {
	it("shows the chain of a stage as one readable line", () => {
		const search = light.stage("search", searchIndex, { kind: "retrieval", use: [limited, plain] });
		expect(String(describe(search))).toBe(
			"docs-qa/search (retrieval): observe > limit(perSecond: 5, burst: true) > plain > searchIndex",
		);
		expect(
			String(
				describe(
					light.stage(
						"search",
						(
							() => (_: string) =>
								1
						)(),
					),
				),
			),
		).toBe("docs-qa/search (stage): observe > search");
	});

	it("shows it as data", () => {
		const { pipeline, name, kind, functionName, layers } = describe(
			light.stage("search", searchIndex, { use: [limited] }),
		);
		expect({ pipeline, name, kind, functionName }).toEqual({
			pipeline: "docs-qa",
			name: "search",
			kind: "stage",
			functionName: "searchIndex",
		});
		expect(layers).toEqual([
			{ name: "observe", options: {}, waits: false, observes: true },
			{ name: "limit", options: { perSecond: 5, burst: true }, waits: false, observes: false },
		]);
		expect(() => (layers as unknown[]).push("x")).toThrow(TypeError);
	});

	it("knows stages made by instrument and of functions with members", () => {
		const client = light.instrument({ read: (key: string) => key }, { kind: "tool", prefix: "store" });
		expect(String(describe(client.read))).toBe("docs-qa/store.read (tool): observe > read");
		const fn = Object.assign(() => 1, { member: 2 });
		expect(describe(light.stage("fn", fn)).name).toBe("fn");
	});

	it("shows the chain as it was composed, whatever becomes of the list", () => {
		const use = [observe(), limited];
		const search = footlight("docs-qa", { use }).stage("search", searchIndex);
		use.length = 0;
		expect(describe(search).layers).toHaveLength(2);
	});

	it("refuses what is no stage", () => {
		expect(() => describe(searchIndex)).toThrow(
			new TypeError("describe: the function is not a stage of any footlight(name)"),
		);
		expect(() => describe(5 as never)).toThrow(TypeError);
	});
});
