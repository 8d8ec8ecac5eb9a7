import { describe, expect, it } from "vitest";
import type { EventSink, FootlightEvent } from "../event.ts";
import { recordingSink, type SinkUnderTest, sinkContract } from "./index.ts";
import { sinkClauses } from "./sink-clauses.ts";

interface Honest extends EventSink {
	readonly names: string[];
	dropped: number;
	closed: boolean;
	close(): Promise<void>;
}

/** A sink that keeps every clause, to be broken one by one. */
function honest(): Honest {
	return {
		names: [],
		dropped: 0,
		closed: false,
		async emit(event) {
			if (this.closed) throw new Error("closed");
			this.names.push(event.name);
		},
		tryEmit(event) {
			if (this.closed) this.dropped++;
			else this.names.push(event.name);
		},
		async close() {
			this.closed = true;
		},
	};
}

function subject(sink: Honest): SinkUnderTest {
	return { sink, kept: () => sink.names, dropped: () => sink.dropped };
}

sinkContract("a sink that may be closed", () => subject(honest()), { describe, it });
sinkContract(
	"recordingSink",
	() => {
		const sink = recordingSink();
		return { sink, kept: () => sink.names, dropped: () => 0 };
	},
	{ describe, it },
);

type Breakage = (sink: Honest) => Partial<Honest>;

/** For each clause sinks that break it. */
const broken: Record<string, readonly Breakage[]> = {
	"has kept an event when emit resolves": [
		() => ({ emit: async () => {} }),
		() => ({ emit: (() => undefined) as never }),
		(sink) => ({
			async emit(event) {
				setTimeout(() => sink.names.push(event.name), 5);
			},
		}),
	],
	"keeps what tryEmit was given": [
		() => ({ tryEmit() {} }),
		(sink) => ({ tryEmit: (event) => void sink.names.push(event.name, event.name) }),
		(sink) => ({ tryEmit: (async (event: FootlightEvent) => void sink.names.push(event.name)) as never }),
	],
	"keeps each of many at once, in order": [
		(sink) => ({ tryEmit: (event) => void sink.names.unshift(event.name) }),
		(sink) => ({
			tryEmit(event) {
				if (sink.names.length < 100) sink.names.push(event.name);
			},
		}),
		(sink) => ({
			async emit(event) {
				await null;
				sink.names.push(event.name);
			},
		}),
	],
	"throws at nothing that it is given": [
		(sink) => ({ tryEmit: (event) => void sink.names.push(JSON.stringify(event)) }),
		(sink) => ({
			emit(event) {
				JSON.stringify(event);
				sink.names.push(event.name);
				return Promise.resolve();
			},
		}),
		(sink) => {
			let stuck = false;
			return {
				async emit(event) {
					if (stuck || event.name === undefined) stuck = true;
					else sink.names.push(event.name);
				},
			};
		},
	],
	"does not change an event": [
		(sink) => ({
			tryEmit(event) {
				(event as { name: string }).name = "changed";
				sink.names.push(event.name);
			},
		}),
	],
	"closes once, however often it is asked": [
		(sink) => ({
			async close() {
				if (sink.closed) throw new Error("closed already");
				sink.closed = true;
			},
		}),
		(sink) => ({
			async close() {
				sink.names.length = 0;
			},
		}),
	],
	"rejects and counts what comes after its end": [
		() => ({ tryEmit() {} }),
		(sink) => ({
			async emit(event) {
				sink.names.push(event.name);
			},
		}),
		(sink) => ({
			tryEmit(event) {
				sink.dropped++;
				sink.names.push(event.name);
			},
		}),
	],
};

describe("a sink that breaks a clause is found out", () => {
	for (const { title, check } of sinkClauses) {
		it(`that it ${title}`, async () => {
			expect(broken[title]?.length).toBeGreaterThan(0);
			for (const breakage of broken[title] ?? []) {
				const sink = honest();
				Object.assign(sink, breakage(sink));
				await expect(check(subject(sink)), breakage.toString()).rejects.toThrow("contract of sinks: a sink must");
			}
		});
	}
});
