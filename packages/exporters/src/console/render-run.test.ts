// Over 250 lines: trees are drawn out in full.
import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { attempt, failure, recorded, run, type SpanPlan, stage } from "./recorded-spans.fixture.ts";
import { type RenderOptions, renderRun } from "./render-run.ts";
import { columnsOf } from "./text.ts";

const draw = (plan: SpanPlan, options?: RenderOptions): string => renderRun(recorded(plan), options);
const lines = (plan: SpanPlan, options?: RenderOptions): string[] => draw(plan, options).trimEnd().split("\n");
const tooMany = failure("RateLimitError", "429 Too many requests:\n  slow down");
const model = { "gen_ai.usage.input_tokens": 812, "gen_ai.usage.output_tokens": 96, "pipeline.cost.usd": 0.0021 };
const stream = { "stream.item_count": 42, "stream.time_to_first_item_ms": 200 };

/** Fifty stages of one name and one that failed, each with a request below. */
const many = run(
	0,
	1000,
	Array.from({ length: 51 }, (_, index) =>
		stage(
			"embed",
			index * 10,
			index * 10 + 100 + index,
			index === 50 ? { outcome: "error", "error.type": "RateLimitError" } : {},
			{
				children: [
					{ name: "POST", from: index * 10, to: index * 10 + 50, attributes: { "server.address": "127.0.0.1" } },
				],
				...(index === 50 && { exception: tooMany }),
			},
		),
	),
);

const answering = run(
	0,
	1000,
	[
		stage("load", 0, 200),
		stage(
			"retrieve",
			200,
			400,
			{ "stage.kind": "retrieval" },
			{
				children: [attempt(1, 200, 250, tooMany), attempt(2, 350, 400)],
			},
		),
		stage(
			"answer",
			400,
			1000,
			{ ...stream, "pipeline.cost.usd": 0.0021 },
			{
				children: [
					stage(
						"chat gpt-5-mini",
						400,
						1000,
						{ ...model, "stage.kind": "model" },
						{
							children: [
								{
									name: "POST",
									from: 410,
									to: 990,
									attributes: { "server.address": "127.0.0.1", "http.response.status_code": 200 },
								},
							],
						},
					),
				],
			},
		),
	],
	{ "user.id": "user-7", "session.id": "7f3", "pipeline.cost.usd": 0.0021 },
);

describe("renderRun", () => {
	test("draws stages as rows, times as bars, attempts, cost, tokens, stream facts and errors", () => {
		expect(lines(answering, { width: 110 })).toEqual([
			"✓ docs-qa · 1.00s · 812→96 tokens · $0.0021 · user-7 · session 7f3                run 0b1f6a6e  trace 4bf92f35",
			"├─ ✓ load                  ━━━━━╸                      200ms",
			"├─ ✓ retrieve                   ━━━━━╸                 200ms  2 attempts",
			"│  ├─ ✗ attempt 1               ━╸                      50ms  RateLimitError",
			"│  │    429 Too many requests: slow down",
			"│  └─ ✓ attempt 2                   ━╸                  50ms",
			"└─ ✓ answer                          ─────╼━━━━━━━━━━  600ms  812→96 tokens  $0.0021  42 items  first at 200ms",
			"   └─ ✓ chat gpt-5-mini              ━━━━━━━━━━━━━━━━  600ms  812→96 tokens  $0.0021",
			"      └─ · POST 127.0.0.1            ╺━━━━━━━━━━━━━━━  580ms  200",
		]);
	});

	test("tells an error's message once, where it was owned, and its class on the way up", () => {
		const plan = run(
			0,
			80,
			[
				stage("load", 0, 10),
				stage(
					"embed",
					10,
					80,
					{ outcome: "error", "error.type": "RateLimitError" },
					{ exception: tooMany, children: [attempt(1, 10, 80, tooMany)] },
				),
			],
			{ outcome: "error", "error.type": "RateLimitError" },
		);
		expect(lines({ ...plan, exception: tooMany })).toEqual([
			"✗ docs-qa · RateLimitError · 80ms                                       run 0b1f6a6e  trace 4bf92f35",
			"├─ ✓ load          ━━━━━━━╸                                                     10ms",
			"└─ ✗ embed                ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━  70ms  RateLimitError",
			"   └─ ✗ attempt 1         ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━  70ms  RateLimitError",
			"        429 Too many requests: slow down",
		]);
	});

	test("shows the message at the run when no stage below had it", () => {
		const plan = run(0, 80, [stage("load", 0, 10)], { outcome: "error", "error.type": "TypeError" });
		expect(lines({ ...plan, exception: failure("TypeError", "answer is not a function") }).slice(0, 2)).toEqual([
			"✗ docs-qa · TypeError · 80ms                                            run 0b1f6a6e  trace 4bf92f35",
			"│ answer is not a function",
		]);
	});

	test("gives every outcome its glyph and its word", () => {
		const outcomes = ["ok", "error", "skipped", "fallback", "cancelled", "timeout", "rejected", "interrupted"];
		const plan = run(
			0,
			80,
			outcomes.map((outcome, index) => stage(outcome, index * 10, index * 10 + 10, { outcome })),
		);
		expect(lines(plan).slice(1)).toEqual([
			"├─ ✓ ok           ━━━━━━━━                                                         10ms",
			"├─ ✗ error               ╺━━━━━━━━                                                 10ms  error",
			"├─ ○ skipped                     ╺━━━━━━━━                                         10ms  skipped",
			"├─ ↷ fallback                            ╺━━━━━━━╸                                 10ms  fallback",
			"├─ ⊘ cancelled                                   ╺━━━━━━━╸                         10ms  cancelled",
			"├─ ◷ timeout                                             ━━━━━━━━╸                 10ms  timeout",
			"├─ ⊗ rejected                                                    ━━━━━━━━╸         10ms  rejected",
			"└─ ◫ interrupted                                                         ━━━━━━━━  10ms  interrupted",
		]);
	});

	test("names the class beside an outcome that is not an error", () => {
		expect(
			lines(run(0, 9, [stage("rerank", 0, 9, { outcome: "fallback", "error.type": "RateLimitError" })])).at(-1),
		).toContain("fallback (RateLimitError)");
	});

	test("marks abandoned streams", () => {
		const plan = run(0, 9, [stage("answer", 0, 9, { outcome: "cancelled", "stream.abandoned": true })]);
		expect(lines(plan).at(-1)).toMatch(/9ms {2}cancelled {2}abandoned$/);
	});

	test("draws a run of no time", () => {
		expect(lines(run(0, 0, [stage("load", 0, 0)]), { width: 60 })).toEqual([
			"✓ docs-qa · 0ms                 run 0b1f6a6e  trace 4bf92f35",
			"└─ ✓ load  ╸                                             0ms",
		]);
	});

	test("draws a run of hours", () => {
		const hour = 3_600_000;
		expect(
			lines(run(0, 25 * hour, [stage("extract", 0, 24 * hour), stage("load", 24 * hour, 25 * hour - 2000)])),
		).toEqual([
			"✓ docs-qa · 1d 01h                                                      run 0b1f6a6e  trace 4bf92f35",
			"├─ ✓ extract  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╸     1d 00h",
			"└─ ✓ load                                                                  ━━━  59m 58s",
		]);
	});

	test("shows alike siblings as one row when the tree is too tall, and keeps the failed one apart", () => {
		expect(lines(many, { maxRows: 10 })).toEqual([
			"✓ docs-qa · 1.00s                                                       run 0b1f6a6e  trace 4bf92f35",
			"├─ ✓ embed ×50              ━━━━━━━━━━━━━━━━━━━━━━━━━━                639ms  median 124ms, max 149ms",
			"│  └─ · POST 127.0.0.1 ×50  ━━━━━━━━━━━━━━━━━━━━━━                    540ms  median 50ms, max 50ms",
			"└─ ✗ embed                                      ━━━━━━                150ms  RateLimitError",
			"   │ 429 Too many requests: slow down",
			"   └─ · POST 127.0.0.1                          ━━                     50ms",
		]);
	});

	test("shows every sibling while there is room", () => {
		expect(lines(many, { maxRows: 103 })).toHaveLength(104);
	});

	test("keeps trouble and what took long when siblings differ, and counts the rest", () => {
		const plan = run(
			0,
			1000,
			Array.from({ length: 30 }, (_, index) =>
				stage(`part ${index}`, 0, index + 1, index === 3 ? { outcome: "timeout" } : {}),
			),
		);
		const drawn = lines(plan, { maxRows: 4 });
		expect(drawn.map((line) => line.replace(/ {2,}.*/, ""))).toEqual([
			"✓ docs-qa · 1.00s",
			"├─ ◷ part 3",
			"├─ ✓ part 28",
			"└─ ✓ part 29",
			"⋯ 27 more spans",
		]);
	});

	test("says on a row how many spans below it are not shown", () => {
		const plan = run(0, 100, [
			stage("outer", 0, 100, {}, { children: [stage("inner", 0, 50), stage("other", 50, 100)] }),
		]);
		expect(lines(plan, { maxRows: 2 }).at(-1)).toMatch(/100ms {2}\+2 spans$/);
	});

	test("says what was not kept", () => {
		expect(lines(run(0, 1), { missing: 7 }).at(-1)).toBe("⋯ 7 more spans of this run not kept");
	});

	test("leaves room for names and bars in a deep tree", () => {
		const deep = (level: number): SpanPlan =>
			stage(
				`level ${level}`,
				level,
				100 - level,
				{},
				level < 20 ? { children: [deep(level + 1)] } : { exception: tooMany },
			);
		const drawn = lines(run(0, 100, [deep(1)]), { width: 80 });
		expect(drawn.slice(-3)).toEqual([
			"⋯              └─ ✓ level 19             ╺━━━━━━━━━━━━━━━━━━━━━━━━╸         62ms",
			"⋯              └─ ✓ level 20              ━━━━━━━━━━━━━━━━━━━━━━━━          60ms",
			"⋯                   429 Too many requests: slow down",
		]);
		expect(Math.max(...drawn.map(columnsOf))).toBeLessThanOrEqual(80);
	});

	test("draws a stage outside a run as its own tree", () => {
		const plan = stage("retrieve", 0, 14, { "pipeline.run.id": undefined }, { children: [stage("embed", 2, 9)] });
		expect(lines(plan, { width: 80 })).toEqual([
			"✓ retrieve · stage of docs-qa · 14ms                              trace 4bf92f35",
			"└─ ✓ embed           ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╸                        7ms",
		]);
	});

	test("measures wide characters, and lets no name move the cursor", () => {
		const plan = run(0, 30, [
			stage("检索文档并重新排序然后回答用户的问题", 0, 10),
			stage("👩‍👩‍👧 family", 10, 20),
			stage("evil\u001b[31m\nname\u202e", 20, 30),
		]);
		const drawn = lines(plan, { width: 80 }).slice(1);
		expect(drawn).toEqual([
			"├─ ✓ 检索文档并重新排序然后回答…  ━━━━━━━━━━━━━╸                            10ms",
			"├─ ✓ 👩‍👩‍👧 family                                 ━━━━━━━━━━━━━━               10ms",
			"└─ ✓ evil name                                              ╺━━━━━━━━━━━━━  10ms",
		]);
		expect(new Set(drawn.map((line) => columnsOf(line.trimEnd())))).toEqual(new Set([80]));
	});

	test.each([40, 60, 100, 200])("stays within %d columns", (width) => {
		for (const plan of [answering, many]) {
			expect(Math.max(...lines(plan, { width }).map(columnsOf))).toBeLessThanOrEqual(width);
		}
	});

	test("puts the ids on a line of their own where the first is full", () => {
		expect(lines(answering, { width: 60 }).slice(0, 2)).toEqual([
			"✓ docs-qa · 1.00s · 812→96 tokens · $0.0021 · user-7",
			"│ run 0b1f6a6e  trace 4bf92f35",
		]);
	});

	test("counts tokens innermost and money outermost", () => {
		const agent = { ...model, "gen_ai.operation.name": "invoke_agent" };
		const call = (from: number): SpanPlan => stage("chat", from, from + 10, model);
		const plan = run(0, 100, [
			stage("agent", 0, 100, { ...agent, "gen_ai.usage.input_tokens": 1624 }, { children: [call(0), call(50)] }),
		]);
		expect(lines(plan)[0]).toContain("1624→192 tokens · $0.0021");
	});

	test("shows what failed attempts cost, at the call and at the run", () => {
		const wasted = { "pipeline.cost.usd": 0.0063, "pipeline.cost.wasted_usd": 0.0042 };
		const drawn = lines(run(0, 100, [stage("chat", 0, 100, { ...model, ...wasted })], wasted), { width: 120 });
		expect(drawn[0]).toContain("$0.0063 · $0.0042 wasted");
		expect(drawn[1]).toMatch(/\$0\.0042 wasted {2}812→96 tokens {2}\$0\.0063$/);
	});

	test("tells what a call did to a circuit breaker, below its row and below a stage that stands alone", () => {
		const change = { "circuit_breaker.name": "docs-qa.load", "circuit_breaker.reason": "probes_succeeded" };
		const events = { "circuit_breaker.half_opened": {}, "circuit_breaker.closed": change };
		const plan = run(0, 80, [
			stage("load", 0, 10, { outcome: "error" }, { events: { "circuit_breaker.opened": change }, exception: tooMany }),
			stage("load", 10, 80, {}, { events, children: [attempt(1, 10, 20), attempt(2, 30, 80)] }),
		]);
		expect(lines(plan).map((line) => line.replace(/ {2,}[━╺╸].*/, ""))).toEqual([
			expect.stringMatching(/^✓ docs-qa/),
			"├─ ✗ load",
			"│    429 Too many requests: slow down",
			"│    circuit breaker docs-qa.load opened (probes_succeeded)",
			"└─ ✓ load",
			"   │ circuit breaker half-opened",
			"   │ circuit breaker docs-qa.load closed (probes_succeeded)",
			"   ├─ ✓ attempt 1",
			"   └─ ✓ attempt 2",
		]);
		expect(lines(stage("load", 0, 10, {}, { events }))[1]).toBe("  circuit breaker half-opened");
		expect(draw(plan, { colors: true })).toContain("\u001b[32mcircuit breaker docs-qa.load closed (probes_succeeded)");
	});

	test("says nothing of other events, and says the same change of alike siblings once", () => {
		const events = { "circuit_breaker.inspected": {}, "my.circuit_breaker": {}, "retry.scheduled": {} };
		expect(lines(run(0, 100, [stage("load", 0, 100, {}, { events })]))).toHaveLength(2);
		const opened = { "circuit_breaker.opened": { "circuit_breaker.name": "evil\nname" } };
		const alike = run(
			0,
			100,
			Array.from({ length: 9 }, () => stage("load", 0, 100, {}, { events: opened })),
		);
		expect(lines(alike, { maxRows: 4 }).slice(2)).toEqual(["     circuit breaker evil name opened"]);
	});

	test("draws a span that has not ended up to now", () => {
		const [root, child] = recorded(run(0, 100, [stage("stuck", 20, 30)])).toReversed();
		const open = Object.create(child ?? null, { ended: { value: false } });
		const nowMs = Date.UTC(2026, 10, 21) + 100;
		expect(renderRun([root as never, open], { nowMs }).split("\n")[1]).toMatch(/^└─ … stuck .* 80ms {2}still open$/);
	});

	test("colours outcomes and bars, and nothing else changes", () => {
		const colored = draw(answering, { colors: true });
		expect(colored).toContain("\u001b[31m✗\u001b[39m");
		const magenta = colored.split("\u001b[35m").slice(1);
		expect(magenta.map((text) => text.split("\u001b[39m")[0]?.trim())).toEqual(["╺━━━━━━━━━━━━━━"]);
		expect(stripVTControlCharacters(colored)).toBe(draw(answering));
		expect(draw(answering)).not.toContain("\u001b");
	});

	test("draws nothing for nothing", () => {
		expect(renderRun([])).toBe("");
	});
});
