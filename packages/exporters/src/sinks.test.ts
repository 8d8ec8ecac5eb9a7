import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type EventSink, type FootlightEvent, telemetryFailures } from "@footlight/core";
import { failingSink, recordingSink, sinkContract } from "@footlight/core/testing";
import { describe, expect, it, vi } from "vitest";
import { formedSecrets } from "../../core/src/redaction/secret-corpus.fixture.ts";
import { beforeMemory } from "./sinks/contract.fixture.ts";
import { compositeSink, filterSink, memorySink, type RedactSinkOptions, redactSink, SinkClosedError } from "./sinks.ts";

const event = (name: string, attributes: FootlightEvent["attributes"] = {}): FootlightEvent => ({
	name,
	timeMs: 1_767_225_600_000,
	attributes,
});
const namesOf = (events: readonly FootlightEvent[]) => events.map(({ name }) => name);

sinkContract("memorySink", () => beforeMemory((memory) => memory), { describe, it });
sinkContract("filterSink by a function", () => beforeMemory((memory) => filterSink(memory, () => true)), {
	describe,
	it,
});
sinkContract(
	"filterSink by names",
	() => beforeMemory((memory) => filterSink(memory, { include: ["answer.*", /^odd/], exclude: ["other.*"] })),
	{ describe, it },
);
sinkContract("redactSink", () => beforeMemory((memory) => redactSink(memory)), { describe, it });
sinkContract(
	"redactSink with rules of its own",
	() => beforeMemory((memory) => redactSink(memory, { keys: ["secret.word"], patterns: [/\d{9}/] })),
	{ describe, it },
);
sinkContract("compositeSink", () => beforeMemory((memory) => compositeSink([memory])), { describe, it });
sinkContract(
	"compositeSink of all kinds",
	() =>
		beforeMemory((memory) =>
			compositeSink({ redacted: redactSink(filterSink(memory, () => true)), other: memorySink() }),
		),
	{ describe, it },
);

describe("memorySink", () => {
	it("holds the latest events, and counts those that gave way", async () => {
		const sink = memorySink({ maxEvents: 3 });
		for (const number of [1, 2, 3]) sink.tryEmit(event(`answer.${number}`));
		expect([namesOf(sink.events), sink.evicted]).toEqual([["answer.1", "answer.2", "answer.3"], 0]);
		for (const number of [4, 5]) await sink.emit(event(`answer.${number}`));
		expect([namesOf(sink.events), sink.evicted]).toEqual([["answer.3", "answer.4", "answer.5"], 2]);
		sink.clear();
		expect(sink.events).toEqual([]);
		for (const number of [6, 7, 8, 9]) sink.tryEmit(event(`answer.${number}`));
		expect([namesOf(sink.events), sink.evicted]).toEqual([["answer.7", "answer.8", "answer.9"], 3]);
	});

	it("gives lists that later events do not change", () => {
		const sink = memorySink({ maxEvents: 1 });
		sink.tryEmit(event("answer.first"));
		const before = sink.events;
		sink.tryEmit(event("answer.second"));
		expect(namesOf(before)).toEqual(["answer.first"]);
	});

	it("refuses options it cannot take", () => {
		expect(() => memorySink({ maxEvents: 0 })).toThrow("memorySink: maxEvents must be a positive integer, got 0");
		expect(() => memorySink({ maxEvents: null as never })).toThrow("maxEvents must be a positive integer, got null");
		expect(() => memorySink({ max: 3 } as never)).toThrow(
			'memorySink: unknown option "max"; known options are maxEvents',
		);
	});
});

describe("filterSink", () => {
	const given = ["retry.scheduled", "retry.exhausted", "answer.cited", "answers.cited", "my.retry.scheduled"];
	const passed = (filter: Parameters<typeof filterSink>[1]) => {
		const kept = memorySink();
		const sink = filterSink(kept, filter);
		for (const name of given) sink.tryEmit(event(name));
		return namesOf(kept.events);
	};

	it.each<[Parameters<typeof filterSink>[1], readonly string[]]>([
		[{ include: ["retry.*"] }, ["retry.scheduled", "retry.exhausted"]],
		[{ include: ["*retry.*"] }, ["retry.scheduled", "retry.exhausted", "my.retry.scheduled"]],
		[{ include: ["answer.cited"] }, ["answer.cited"]],
		[{ include: ["*.cited"], exclude: ["answers.*"] }, ["answer.cited"]],
		[{ exclude: ["*retry*"] }, ["answer.cited", "answers.cited"]],
		[{ include: [] }, []],
		[{}, given],
		[{ include: [/^(answer|my)\./g] }, ["answer.cited", "my.retry.scheduled"]],
		[(candidate) => candidate.name.length > 14, ["retry.scheduled", "retry.exhausted", "my.retry.scheduled"]],
	])("lets pass by %j", (filter, expected) => {
		expect(passed(filter)).toEqual(expected);
	});

	it("resolves for an event that does not pass", async () => {
		const kept = memorySink();
		await filterSink(kept, { exclude: ["answer.*"] }).emit(event("answer.cited"));
		expect(kept.events).toEqual([]);
	});

	it("keeps back what its function cannot judge, and says so", async () => {
		const kept = memorySink();
		const error = new Error("cannot judge");
		const sink = filterSink(kept, () => {
			throw error;
		});
		await expect(sink.emit(event("answer.cited"))).rejects.toBe(error);
		const before = telemetryFailures().get("filterSink") ?? 0;
		sink.tryEmit(event("answer.cited"));
		expect([kept.events, sink.dropped, telemetryFailures().get("filterSink")]).toEqual([[], 1, before + 1]);
	});

	it.each<[string, () => unknown, string]>([
		["a promise", async () => true, "an instance of Promise"],
		["a promise that rejects", () => Promise.reject(new Error("no")), "an instance of Promise"],
		["nothing", () => {}, "undefined"],
	])("keeps back an event of which its function says %s", async (_, filter, shown) => {
		const kept = memorySink();
		const sink = filterSink(kept, filter as never);
		const refusal = `filterSink: filter must answer true or false, got ${shown}`;
		await expect(sink.emit(event("answer.cited"))).rejects.toThrow(refusal);
		sink.tryEmit(event("answer.cited"));
		expect([kept.events, sink.dropped]).toEqual([[], 1]);
	});

	it("counts rejections of a tryEmit that is an async function", async () => {
		const sink = filterSink(failingSink("rejects"), {});
		sink.tryEmit(event("answer.cited"));
		await vi.waitFor(() => expect(sink.dropped).toBe(1));
	});

	it("refuses filters it cannot take", () => {
		const sink = memorySink();
		expect(() => filterSink({} as EventSink, {})).toThrow("filterSink: sink must have a method emit, got an object");
		expect(() => filterSink(sink, undefined as never)).toThrow(
			"filterSink: filter must be a function, or { include, exclude }",
		);
		expect(() => filterSink(sink, { only: [] } as never)).toThrow('filterSink: unknown option "only"');
		expect(() => filterSink(sink, { include: "a.*" as never })).toThrow(
			"filterSink: include must be an array of names",
		);
		for (const include of [null, 0, ""]) {
			expect(() => filterSink(sink, { include: include as never })).toThrow("include must be an array of names");
		}
		expect(() => filterSink(sink, { exclude: null as never })).toThrow("exclude must be an array of names");
		expect(() => filterSink(sink, { exclude: [7 as never] })).toThrow(
			"filterSink: exclude[0] must be a name or a regular",
		);
	});
});

describe("redactSink", () => {
	const hidden = "[REDACTED]";
	const redacted = async (attributes: object, options?: RedactSinkOptions) => {
		const kept = memorySink();
		await redactSink(kept, options).emit(event("user.created", attributes as FootlightEvent["attributes"]));
		return kept.events[0]?.attributes;
	};

	it("hides values of keys that name secrets, whatever they are", async () => {
		const kept = memorySink();
		const given = event("user.created", {
			"user.name": "ada",
			password: "hunter2",
			"my.api_key": 7,
			token: ["a", "b"],
		});
		const before = structuredClone(given);
		await redactSink(kept).emit(given);
		expect(given).toEqual(before);
		expect(kept.events).toEqual([
			{ ...given, attributes: { "user.name": "ada", password: hidden, "my.api_key": hidden, token: [hidden, hidden] } },
		]);
	});

	it.each(Object.entries(formedSecrets))("hides by its form what is %s", async (_name, secret) => {
		const { text, list } = (await redacted({ text: `failed with ${secret}`, list: [secret] })) as Record<
			string,
			string
		>;
		expect([text, list]).toEqual([`failed with ${hidden}`, [hidden]]);
	});

	it("hides what stands in a text, a URL or JSON in a text", async () => {
		const given = {
			text: "login with password=hunter2",
			url: "https://example.org/a?token=abc123&page=2",
			json: '{"user":"ada","password":"hunter2"}',
		};
		expect(await redacted(given)).toEqual({
			text: `login with password=${hidden}`,
			url: `https://example.org/a?token=${hidden}&page=2`,
			json: `{"user":"ada","password":"${hidden}"}`,
		});
	});

	it("leaves values that JSON has no word for as they are, and hides what cannot be read", async () => {
		const rest = { share: Number.NaN, most: Number.POSITIVE_INFINITY, big: 7n, map: new Map([["a", 1]]) };
		const given = Object.defineProperty({ ...rest, password: "hunter2" }, "odd", {
			enumerable: true,
			get() {
				throw new Error("no");
			},
		});
		expect(await redacted(given, { keys: ["none"], patterns: [/none/] })).toEqual({
			...rest,
			password: hidden,
			odd: hidden,
		});
	});

	it("hands on the very same event where nothing is hidden", async () => {
		const kept = memorySink();
		const given = event("answer.cited", { max_tokens: 7, share: Number.NaN, text: "say password" });
		await redactSink(kept).emit(given);
		expect(kept.events[0]).toBe(given);
	});

	it("hides by keys and patterns of its own, at any depth", async () => {
		const kept = memorySink();
		const attributes = {
			"User.Email": "ada@example.org",
			note: "card 4111-1111 and 4222-2222",
			deep: { list: ["4333-3333"] },
		};
		const sink = redactSink(kept, { keys: ["user.email"], patterns: [/\d{4}-\d{4}/y] });
		await sink.emit(event("user.created", attributes as never));
		expect(kept.events[0]?.attributes).toEqual({
			"User.Email": hidden,
			note: `card ${hidden} and ${hidden}`,
			deep: { list: [hidden] },
		});
	});

	it("refuses options it cannot take", () => {
		expect(() => redactSink(memorySink(), { keys: [7 as never] })).toThrow(
			"redactSink: keys[0] must be a string, got 7",
		);
		expect(() => redactSink(memorySink(), { patterns: ["x" as never] })).toThrow(
			"redactSink: patterns must be an array of regular expressions, got an array of 1",
		);
		for (const name of ["keys", "patterns"]) {
			expect(() => redactSink(memorySink(), { [name]: null })).toThrow(`redactSink: ${name} must be an array of`);
		}
	});
});

describe("compositeSink", () => {
	it("gives every sink the event, whatever the others do", async () => {
		const [first, last] = [recordingSink(), recordingSink()];
		const failing = (["throws", "rejects", "hangs"] as const).map((failure) => failingSink(failure));
		const sink = compositeSink([first, ...failing, last], { timeoutMs: 20 });
		sink.tryEmit(event("answer.tried"));
		const emitted = sink.emit(event("answer.emitted"));
		// At once: neither waits for the one that hangs.
		expect([first.names, last.names]).toEqual([
			["answer.tried", "answer.emitted"],
			["answer.tried", "answer.emitted"],
		]);
		await expect(emitted).rejects.toThrow(AggregateError);
		expect(sink.dropped).toBe(2);
	});

	it("names the sinks that failed", async () => {
		const sink = compositeSink(
			{ audit: failingSink("rejects"), latest: memorySink(), far: failingSink("hangs") },
			{ timeoutMs: 20 },
		);
		const error = (await sink.emit(event("answer.cited")).catch((reason) => reason)) as AggregateError;
		expect(error.message).toBe(
			"compositeSink: 2 of 3 sinks failed to keep an event: audit (the sink rejects), far ([timeout] sink far did not settle within 20 ms)",
		);
		expect(error.errors.map(({ message }) => message)).toEqual([
			"the sink rejects",
			"[timeout] sink far did not settle within 20 ms",
		]);
	});

	it("keeps the process alive while somebody waits for its time limit", async () => {
		const program = `
			import { compositeSink } from ${JSON.stringify(import.meta.resolve("./sinks.ts"))};
			const hangs = () => new Promise(() => {});
			const sink = compositeSink([{ emit: hangs, tryEmit() {}, close: hangs }], { timeoutMs: 20 });
			await sink.emit({}).catch(() => console.log("emit"));
			await sink.close().catch(() => console.log("close"));`;
		const args = ["--conditions=@footlight/source", "--input-type=module", "--eval", program];
		const ended = await promisify(execFile)(process.execPath, args);
		expect(ended.stdout).toBe("emit\nclose\n");
	});

	it("waits until all have kept the event", async () => {
		const slow = Promise.withResolvers<void>();
		const sink = compositeSink([memorySink(), { emit: () => slow.promise, tryEmit() {} }]);
		let isKept = false;
		const emitted = sink.emit(event("answer.cited")).then(() => {
			isKept = true;
		});
		await new Promise((resolve) => setImmediate(resolve));
		expect(isKept).toBe(false);
		slow.resolve();
		await emitted;
	});

	it("closes every sink, once, also where one cannot be closed", async () => {
		const closed: string[] = [];
		const member = (name: string, close: () => Promise<void>) =>
			Object.assign(recordingSink(), {
				close() {
					closed.push(name);
					return close();
				},
			});
		const sink = compositeSink(
			{
				hangs: member("hangs", () => new Promise(() => {})),
				fails: member("fails", () => Promise.reject(new Error("no"))),
				works: member("works", async () => {}),
				endless: recordingSink(),
			},
			{ timeoutMs: 20 },
		);
		const both = await Promise.allSettled([sink.close(), sink.close()]);
		expect(closed).toEqual(["hangs", "fails", "works"]);
		const message =
			"compositeSink: 2 of 4 sinks failed to close: hangs ([timeout] sink hangs did not settle within 20 ms), fails (no)";
		for (const result of both) expect(result).toMatchObject({ status: "rejected", reason: { message } });
		await expect(sink.emit(event("answer.late"))).rejects.toThrow(SinkClosedError);
	});

	it("refuses sinks it cannot take", () => {
		expect(() => compositeSink([{} as EventSink])).toThrow(
			"compositeSink: sinks[0] must have a method emit, got an object",
		);
		expect(() => compositeSink({ audit: 7 as never })).toThrow("compositeSink: sinks.audit must have a method emit");
		expect(() => compositeSink(undefined as never)).toThrow(
			"compositeSink: sinks must be sinks in an array or by names",
		);
		expect(() => compositeSink([memorySink()], { timeoutMs: 0 })).toThrow(
			"compositeSink: timeoutMs must be a positive integer, got 0",
		);
		expect(() => compositeSink([memorySink()], { timeoutMs: null as never })).toThrow("got null");
		for (const none of [[], {}]) expect(() => compositeSink(none)).toThrow("compositeSink: sinks must be at least one");
	});
});
