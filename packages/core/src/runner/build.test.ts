import { describe, expect, it } from "vitest";
import { footlight } from "../index.ts";

const light = footlight("docs-qa");
// biome-ignore lint/suspicious/noExplicitAny: what the types refuse is refused at run time, too
const untyped = (): any => light.pipeline();
const none = () => 1;

describe("a pipeline refuses", () => {
	it.each([
		[
			"a dependency nobody knows",
			() => untyped().stage("load", none).stage("chunk", ["laod"], none),
			'RangeError: pipeline docs-qa: chunk depends on "laod", and no stage is called that; known stages are load',
		],
		[
			"a dependency where there is no stage yet",
			() => untyped().stage("chunk", ["load"], none),
			'RangeError: pipeline docs-qa: chunk depends on "load", and no stage is called that; there are none yet',
		],
		[
			"a name that is taken",
			() => untyped().stage("load", none).stage("load", none),
			"RangeError: pipeline docs-qa: two stages are called load",
		],
		[
			"a name that is taken in one list",
			() =>
				untyped().stages([
					{ name: "a", run: none },
					{ name: "a", run: none },
				]),
			"RangeError: pipeline docs-qa: two stages are called a",
		],
		[
			"a stage that depends on itself",
			() => untyped().stages([{ name: "a", after: ["a"], run: none }]),
			"RangeError: pipeline docs-qa: stages form a cycle: a > a",
		],
		[
			"a dependency named twice",
			() => untyped().stage("a", none).stage("b", ["a", "a"], none),
			"RangeError: pipeline docs-qa: b depends on a twice",
		],
		[
			"stages that wait for each other",
			() =>
				untyped().stages([
					{ name: "a", after: ["c"], run: none },
					{ name: "b", after: ["a"], run: none },
					{ name: "c", after: ["b"], run: none },
					{ name: "d", after: ["c"], run: none },
				]),
			"RangeError: pipeline docs-qa: stages form a cycle: a > b > c > a",
		],
		[
			"no function",
			() => untyped().stage("a"),
			"TypeError: pipeline.stage: run must be a function, a pipeline or a graph, got undefined",
		],
		[
			"a class",
			() => untyped().stage("a", class Loader {}),
			"TypeError: pipeline.stage: run must be a function, got the class Loader",
		],
		[
			"a name that is none",
			() => untyped().stage("", none),
			'RangeError: pipeline.stage: name must be a name that is not empty, got ""',
		],
		[
			"a name that would set a prototype",
			() => untyped().stage("__proto__", none),
			'RangeError: pipeline.stage: name must be another name than __proto__, got "__proto__"',
		],
		[
			"a name that would make a promise of the outputs",
			() => untyped().stage("then", none),
			'RangeError: pipeline.stage: name must be another name than then, got "then"',
		],
		[
			"an unknown option",
			() => untyped().stage("a", none, { retries: 3 }),
			'TypeError: pipeline.stage: unknown option "retries"; known options are kind, use, provider, usage, when, tee',
		],
		[
			"an option of another form",
			() => untyped().map("a", none, none, { tee: true }),
			'TypeError: pipeline.map: unknown option "tee"; known options are kind, use, provider, usage, when, concurrency',
		],
		[
			"a condition that is no function",
			() => untyped().stage("a", none, { when: true }),
			"TypeError: pipeline.stage: when must be a function, got true",
		],
		[
			"a kind nobody knows",
			() => untyped().stage("a", none, { kind: "run" }),
			'RangeError: pipeline.stage: kind must be one of stage, model, tool, agent, retrieval, rpc, job, got "run"',
		],
		[
			"items that are no function",
			() => untyped().map("a", [], ["x"], none),
			"TypeError: pipeline.map: items must be a function that gives a list or a stream, got an array of 1",
		],
		[
			"a list that is none",
			() => untyped().stages("a"),
			'TypeError: pipeline.stages: list must be an array of stages, got "a"',
		],
		[
			"a stage in a list that is none",
			() => untyped().stages([undefined]),
			"TypeError: pipeline.stages[0] must be a stage, got undefined",
		],
		[
			"no place at all",
			() => light.pipeline({ concurrency: 0 }),
			"RangeError: pipeline: concurrency must be a positive integer, got 0",
		],
		[
			"a mode nobody knows",
			() => light.pipeline({ mode: "fast" as never }),
			'RangeError: pipeline: mode must be one of fail-fast, continue, best-effort, got "fast"',
		],
		[
			"a deadline that is none",
			() => light.pipeline({ timeoutMs: 0.5 }),
			"RangeError: pipeline: timeoutMs must be a positive integer, got 0.5",
		],
		[
			"an option of the pipeline nobody knows",
			() => light.pipeline({ parallel: 3 } as never),
			'TypeError: pipeline: unknown option "parallel"; known options are concurrency, mode, timeoutMs, maxNesting, cancelGraceMs',
		],
	])("%s", (_, build, message) => {
		expect(() => {
			try {
				build();
			} catch (error) {
				throw new Error(String(error));
			}
		}).toThrow(new Error(message));
	});

	it("to run with options that cannot be, before anything starts", async () => {
		let calls = 0;
		const pipeline = light.pipeline().stage("a", () => calls++);
		await expect(pipeline.run(undefined, { timeout: 5 } as never)).rejects.toThrow(
			'pipeline.run: unknown option "timeout"',
		);
		await expect(pipeline.run(undefined, { timeoutMs: -1 })).rejects.toThrow(
			"pipeline.run: timeoutMs must be a positive integer, got -1",
		);
		await expect(pipeline.run(undefined, { signal: {} as AbortSignal })).rejects.toThrow(
			"run: signal must be an AbortSignal",
		);
		expect(() => pipeline.stream(undefined, { timeoutMs: "1" as never })).toThrow(
			"pipeline.stream: timeoutMs must be a positive integer",
		);
		expect(calls).toBe(0);
	});

	it("two readers of one stream of which one waits for the other", () => {
		const pipeline = light
			.pipeline()
			.stage("words", async function* () {}, { tee: true })
			.stage("first", ["words"], none)
			.stage("between", ["first"], none);
		expect(() => pipeline.stage("second", ["words", "between"], none)).toThrow(
			"pipeline docs-qa: second and first share the stream of words, but second starts after first has read it",
		);
	});
});

it("is not changed by what goes on from it", async () => {
	const beginning = light.pipeline().stage("a", () => 1);
	const one = beginning.stage("b", ["a"], ({ a }) => a + 1);
	const other = beginning.stage("b", ["a"], ({ a }) => a + 10).stage("c", ["b"], ({ b }) => b);
	expect((await beginning.run()).outputs).toEqual({ a: 1 });
	expect((await one.run()).outputs).toEqual({ a: 1, b: 2 });
	expect((await other.run()).outputs).toEqual({ a: 1, b: 11, c: 11 });
	expect((await one.stage("c", () => 0).run()).outputs).toEqual({ a: 1, b: 2, c: 0 });
});

it("is as it was after a stage was refused", async () => {
	const pipeline = light
		.pipeline()
		.stage("words", async function* () {}, { tee: true })
		.stage("a", ["words"], none);
	expect(() => pipeline.stage("b", ["words", "a"], none)).toThrow("share the stream");
	expect((await pipeline.stage("b", none).run()).outcome).toBe("ok");
});

it("takes stages as data in any order, and the condition and layers with them", async () => {
	const pipeline = light
		.pipeline()
		.stage("zero", () => 0)
		.stages([
			{ name: "last", after: ["middle", "left out"], run: (inputs: object) => Object.values(inputs) },
			{ name: "left out", when: () => false, run: none },
			{ name: "middle", after: ["zero"], run: ({ zero }: { zero: number }) => zero + 1, kind: "tool" },
		]);
	const { outputs, report } = await pipeline.run();
	expect(outputs).toEqual({ zero: 0, middle: 1, last: [1, undefined], "left out": undefined });
	expect(report.stages.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
		"zero stage",
		"last stage",
		"left out stage",
		"middle tool",
	]);
});

it("shows the layers around each stage", () => {
	const pipeline = light.pipeline().stage("a", function load() {}, { kind: "retrieval" });
	expect(pipeline.describe().map(String)).toEqual(["docs-qa/a (retrieval): observe > load"]);
});

it("draws itself with kinds, conditions, items and what runs inside", () => {
	const inner = light.pipeline().stage("step", (input: unknown) => input);
	const pipeline = light
		.pipeline()
		.stage("load", () => ["a"])
		.map("each", ["load"], ({ load }) => load, none, { concurrency: 2, kind: "tool" })
		.stage("inner", ["load"], inner)
		.stage("end", ["each", "inner"], none, { when: () => true, kind: "model" });
	expect(pipeline.toMermaid()).toBe(
		[
			"flowchart TD",
			'  n0["load"]',
			'  n1[["each<br/>for each item, 2 at once"]]',
			'  subgraph n2["inner"]',
			'    n2_0["step"]',
			"  end",
			'  n3(["end<br/>on a condition"])',
			"  n0 --> n1",
			"  n0 --> n2",
			"  n1 -.-> n3",
			"  n2 -.-> n3",
		].join("\n"),
	);
});

describe("100,000 stages", () => {
	const count = 100_000;

	it("in a chain, added one by one, run without overflowing the stack", async () => {
		let pipeline = untyped().stage("s0", () => 0);
		for (let index = 1; index < count; index++) {
			const before = `s${index - 1}`;
			pipeline = pipeline.stage(
				`s${index}`,
				[before],
				(inputs: Record<string, number>) => (inputs[before] as number) + 1,
			);
		}
		const result = await pipeline.run();
		expect(result.outputs[`s${count - 1}`]).toBe(count - 1);
		expect(result.report.stages).toHaveLength(count);
	}, 30_000);

	it("in a fan, given as a list, run; and skipped ones are left out one after the other", async () => {
		const fan = Array.from({ length: count - 1 }, (_, index) => ({ name: `s${index + 1}`, after: ["s0"], run: none }));
		expect(
			(
				await untyped()
					.stages([...fan, { name: "s0", run: none }])
					.run()
			).outcome,
		).toBe("ok");
		const chain = Array.from({ length: count }, (_, index) => ({
			name: `s${index}`,
			after: index === 0 ? [] : [`s${index - 1}`],
			run: () => {
				throw new Error("boom");
			},
		}));
		const { report } = await light.pipeline({ mode: "continue" }).stages(chain).run();
		expect(report.stages.filter(({ notRun }) => notRun === "dependency_failed")).toHaveLength(count - 1);
	}, 30_000);
});
