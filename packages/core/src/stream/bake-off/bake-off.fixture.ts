import { setImmediate as nextTurn } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { consumerError, consumers } from "./consumers.fixture.ts";
import {
	type Consumer,
	isStream,
	type Probe,
	type Script,
	type Source,
	type SpanHarness,
	type Wrapper,
} from "./contract.fixture.ts";
import { sources } from "./sources.fixture.ts";
import { spanFindings } from "./span-findings.fixture.ts";

/** One kind of result consumed in one way; `run` tells what is wrong, in words, and nothing when all is well. */
export interface BakeOffCase {
	readonly title: string;
	/** True where items flow, so that a span's time and its children can be told right from wrong. */
	readonly flows: boolean;
	run(): Promise<string[]>;
}

/** What can be seen of one performance from outside, spans apart. */
interface Seen {
	readonly items: string[];
	readonly ending: unknown;
	readonly probe: Probe;
	/** Under which span the consumer's own work was: never under the stage's. */
	readonly consumerUnderStage: boolean;
}

/** All cases for one wrapper: each is played with a bare function first, and must look the same when it is wrapped. */
export function bakeOff(wrapper: Wrapper, harness: SpanHarness): BakeOffCase[] {
	return sources.flatMap((source) =>
		consumers
			.filter(({ families }) => families.includes(source.family))
			.flatMap((consumer) =>
				scriptsFor(consumer).map((script) => ({
					title: `${source.kind}, ${consumer.way}${endingOf(script)}`,
					flows: isStream(source) && script.items > 0 && !consumer.asksNothing,
					run: () => compare(wrapper, harness, source, consumer, script),
				})),
			),
	);
}

function scriptsFor(consumer: Consumer): Script[] {
	if (consumer.does !== "reads") return [{ items: 4 }];
	return [
		{ items: 3 },
		{ items: 3, highWaterMark: 3 },
		{ items: 0 },
		{ items: 3, failAfter: 1, error: new Error("the source failed") },
	];
}

function endingOf({ items, failAfter, highWaterMark }: Script): string {
	if (failAfter !== undefined) return ", which fails midway";
	if (highWaterMark !== undefined) return ", with a buffer";
	return items === 0 ? ", which is empty" : "";
}

async function compare(
	wrapper: Wrapper,
	harness: SpanHarness,
	source: Source,
	consumer: Consumer,
	script: Script,
): Promise<string[]> {
	const bare = await play(undefined, harness, source, consumer, script);
	const wrapped = await play(wrapper, harness, source, consumer, script);
	const findings = spanFindings(wrapper, harness.finished(), source, consumer, script, wrapped);
	const due = { ...bare.seen, probe: { ...bare.seen.probe } };
	// Whether a stream with a buffer begins one more pull before it hears that its consumer stopped is a matter of
	// microtasks, and of the release of Node.
	const stops = source.family === "web" && consumer.does !== "reads";
	if (stops && wrapped.seen.probe.pulls === due.probe.pulls + 1) due.probe.pulls++;
	if (!isDeepStrictEqual(due, wrapped.seen)) {
		findings.push(`behaves differently: ${JSON.stringify(wrapped.seen)} instead of ${JSON.stringify(bare.seen)}`);
	}
	return findings;
}

export interface Performance {
	readonly seen: Seen;
	/** True when the span ended while the source was still at work. */
	readonly endedEarly: boolean;
	/** When the consumer was done, in milliseconds since 1970. */
	readonly consumedMs: number;
}

async function play(
	wrapper: Wrapper | undefined,
	harness: SpanHarness,
	source: Source,
	consumer: Consumer,
	script: Script,
): Promise<Performance> {
	harness.reset();
	const probe: Probe = { pulls: 0, closed: [] };
	const items: string[] = [];
	let endedEarly = false;
	let consumedMs = 0;
	const fn = source.make(script, probe, () => {
		// What is made once the consumer has stopped may come after the span; the first item never does.
		if (consumer.does === "reads" || (probe.pulls === 1 && !consumer.asksNothing)) {
			endedEarly ||= harness.finished().some(({ name }) => name === "stage");
		}
		harness.inSpan("child", () => {});
	});
	const stage = wrapper?.wrap("stage", fn) ?? fn;
	const perform = async () => {
		// In a function of its own, so that nothing here holds on to the result.
		const ending = await consumeOnce(stage, source, consumer, script, (item) => {
			items.push(textOf(item));
			harness.inSpan("consumer", () => {});
		});
		await quiet();
		consumedMs = performance.timeOrigin + performance.now();
		// Time must pass, or an end at the last activity could not be told from one at the end of the run.
		while (performance.timeOrigin + performance.now() < consumedMs + 1) await nextTurn();
		return ending;
	};
	const ending = await harness.inSpan("caller", () =>
		consumer.does === "leaves" && wrapper !== undefined ? wrapper.run(perform) : perform(),
	);
	await quiet();
	const spans = harness.finished();
	const stageId = spans.find(({ name }) => name === "stage")?.spanId;
	const consumerUnderStage = spans.some(
		({ name, parentSpanId }) => name === "consumer" && parentSpanId === stageId && stageId !== undefined,
	);
	return { seen: { items, ending, probe, consumerUnderStage }, endedEarly, consumedMs };
}

async function consumeOnce(
	stage: () => unknown,
	source: Source,
	consumer: Consumer,
	script: Script,
	note: (item: unknown) => void,
): Promise<unknown> {
	try {
		const result = stage();
		return { value: await consumer.consume(source.promised ? await result : result, note) };
	} catch (error) {
		if (error === script.error) return { error: "the source's" };
		if (error === consumerError) return { error: "the consumer's" };
		return { error: `${(error as Error).name}: ${(error as Error).message}` };
	}
}

const textOf = (item: unknown): string => (item instanceof Uint8Array ? new TextDecoder().decode(item) : String(item));

/** Lets everything that is under way come to rest. */
async function quiet(): Promise<void> {
	for (let turn = 0; turn < 12; turn++) await nextTurn();
}
