import { systemClock } from "../clock.ts";
import type { EventSink, FootlightEvent } from "../event.ts";
import { oddEvents } from "./odd-events.ts";

/** A sink, and how a test looks behind it. */
export interface SinkUnderTest {
	readonly sink: EventSink & {
		/** Writes what is left. Leave it out where the sink has none: what is said of a closed sink is not asked then. */
		close?(): Promise<unknown>;
	};
	/** Names of the events that it has kept, in order; may wait for what it was given to arrive. */
	kept(): readonly string[] | Promise<readonly string[]>;
	/** How many events it has counted as not kept: by a property, a metric, or `telemetryFailures()`. */
	dropped(): number | Promise<number>;
	/** Tidies up after the test. */
	end?(): unknown;
}

/** One thing that every sink must do; `check` rejects where it does not. */
export interface SinkClause {
	readonly title: string;
	check(subject: SinkUnderTest): Promise<void>;
}

/** A caller is a request that is being served: no sink may cost it more. */
const longestCallMs = 2_000;
const longestWaitMs = 10_000;

function must(kept: boolean, what: string): void {
	if (!kept) throw new Error(`contract of sinks: a sink must ${what}`);
}

function eventOf(name: string): FootlightEvent {
	const attributes = Object.freeze({
		"stage.name": "answer",
		"answer.sources": 3,
		"answer.kinds": Object.freeze(["page"]),
	});
	const ids = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };
	return Object.freeze({ name, timeMs: 1_767_225_600_000.25, attributes, ...ids }) as unknown as FootlightEvent;
}

/** Waits for a promise, but not for ever. */
async function inTime<T>(promise: Promise<T>, what: string): Promise<T> {
	const over = new AbortController();
	const late = systemClock.sleep(longestWaitMs, over.signal).then(() => must(false, what));
	try {
		return (await Promise.race([promise, late])) as T;
	} finally {
		over.abort();
		late.catch(() => {});
	}
}

function rejection(promise: Promise<unknown>): Promise<unknown> {
	return promise.then(
		() => undefined,
		(error) => error ?? new Error("rejected with nothing"),
	);
}

async function close({ sink }: SinkUnderTest): Promise<void> {
	const error = await inTime(rejection(Promise.resolve(sink.close?.())), "be closed after a while");
	if (error !== undefined) throw new Error("contract of sinks: a sink must resolve close", { cause: error });
}

function tryOut(sink: EventSink, event: FootlightEvent): void {
	const before = systemClock.monotonicMs();
	let result: unknown;
	try {
		result = sink.tryEmit(event);
	} catch (cause) {
		throw new Error("contract of sinks: a sink must not throw in tryEmit", { cause });
	}
	must(result === undefined, "return nothing from tryEmit: nobody waits for it");
	must(systemClock.monotonicMs() - before < longestCallMs, "not block in tryEmit");
}

const keepsEmitted: SinkClause = {
	title: "has kept an event when emit resolves",
	async check({ sink, kept }) {
		const promise = sink.emit(eventOf("answer.given"));
		must(promise instanceof Promise, "give a promise from emit");
		await inTime(promise, "resolve emit after a while");
		must((await kept()).includes("answer.given"), "have kept the event when emit resolves");
	},
};

const keepsTried: SinkClause = {
	title: "keeps what tryEmit was given",
	async check(subject) {
		tryOut(subject.sink, eventOf("answer.given"));
		await close(subject);
		must((await subject.kept()).join() === "answer.given", "keep what tryEmit was given, once");
	},
};

const keepsOrder: SinkClause = {
	title: "keeps each of many at once, in order",
	async check(subject) {
		const names = Array.from({ length: 200 }, (_, index) => `answer.given-${index}`);
		const emitted = names.map((name, index) => {
			if (index % 3 > 0) return subject.sink.emit(eventOf(name));
			tryOut(subject.sink, eventOf(name));
			return undefined;
		});
		await inTime(Promise.all(emitted), "resolve emit after a while");
		await close(subject);
		must((await subject.kept()).join() === names.join(), "keep every event once, in the order it was given");
	},
};

const takesAnything: SinkClause = {
	title: "throws at nothing that it is given",
	async check({ sink, kept }) {
		for (const event of oddEvents()) {
			tryOut(sink, event);
			let promise: Promise<void> | undefined;
			try {
				promise = sink.emit(event);
			} catch (cause) {
				throw new Error("contract of sinks: a sink must reject, not throw, in emit", { cause });
			}
			await inTime(rejection(Promise.resolve(promise)), "settle emit, whatever it is given");
		}
		await inTime(sink.emit(eventOf("answer.given")), "go on after an event it could not take");
		must((await kept()).includes("answer.given"), "go on after an event it could not take");
	},
};

const leavesEventsAlone: SinkClause = {
	title: "does not change an event",
	async check(subject) {
		const event = { ...eventOf("answer.given"), attributes: { "answer.sources": 3, "answer.kinds": ["page"] } };
		const before = JSON.stringify(event);
		tryOut(subject.sink, event);
		await inTime(subject.sink.emit(event), "resolve emit after a while");
		await close(subject);
		must(JSON.stringify(event) === before, "leave the event alone");
		must((await subject.kept()).length === 2, "keep the same event twice where it is given twice");
	},
};

const closesOnce: SinkClause = {
	title: "closes once, however often it is asked",
	async check(subject) {
		if (subject.sink.close === undefined) return;
		await inTime(subject.sink.emit(eventOf("answer.given")), "resolve emit after a while");
		await Promise.all([close(subject), close(subject)]);
		await close(subject);
		must((await subject.kept()).join() === "answer.given", "keep what it had when it is closed again");
	},
};

const refusesWhenClosed: SinkClause = {
	title: "rejects and counts what comes after its end",
	async check(subject) {
		const { sink } = subject;
		if (sink.close === undefined) return;
		await close(subject);
		const before = await subject.dropped();
		tryOut(sink, eventOf("answer.late"));
		tryOut(sink, eventOf("answer.late"));
		must((await subject.dropped()) === before + 2, "count what tryEmit is given after its end");
		const error = await inTime(rejection(sink.emit(eventOf("answer.late"))), "settle emit after its end");
		must(error instanceof Error, "reject emit after its end, with an error");
		must(!(await subject.kept()).includes("answer.late"), "keep nothing after its end");
	},
};

/** The clauses of the contract, in the order they are declared as tests. */
export const sinkClauses: readonly SinkClause[] = [
	keepsEmitted,
	keepsTried,
	keepsOrder,
	takesAnything,
	leavesEventsAlone,
	closesOnce,
	refusesWhenClosed,
];
