import { abortRequest, quietly } from "../stream/give-up.ts";
import { patchMethod } from "../stream/patch.ts";
import type { TimedCall, TimedSource } from "./timed-call.ts";
import { timedSteps } from "./timed-steps.ts";

type Emit = (event: string, ...values: unknown[]) => unknown;

/** The part of a Node stream this file relies on. */
interface NodeReadable {
	read(size?: number): unknown;
	readonly readableLength?: number;
	readonly readableFlowing?: boolean | null;
	readonly destroyed?: boolean;
	readonly readableEnded?: boolean;
	destroy?(error?: unknown): unknown;
	listenerCount(event: string): number;
	on(event: string, listener: () => void): unknown;
}

/** Who waits for an emitter's next item: one, as it cannot be told how many do. */
class Wait {
	readonly #timed: TimedCall;
	#waits = false;
	/** The emitter itself tells of its end. */
	readonly #rejected = () => {};

	/** Held here for the emitter's sake: whoever limits it must not hold it. */
	readonly source: TimedSource;

	constructor(timed: TimedCall, source: TimedSource) {
		this.#timed = timed;
		this.source = source;
		timed.closedBy(source);
	}

	begin(): void {
		if (this.#waits) return;
		this.#waits = true;
		this.#timed.awaits(this.#rejected);
	}

	end(hasItem: boolean): void {
		if (!this.#waits && !hasItem) return;
		this.begin();
		this.#waits = false;
		this.#timed.answered(this.#rejected, hasItem);
	}
}

/**
 * A Node stream is waited for while it flows, or was read, and has nothing. It is destroyed with the error when its time is
 * over.
 */
export function timedNodeReadable(stream: NodeReadable, timed: TimedCall): object {
	const { read } = stream;
	const wait = new Wait(timed, { close: (error) => destroy(stream, error) });
	patchMethod(stream, "read", (size?: number) => {
		const chunk = read.call(stream, size);
		// The stream itself reads nothing to have its buffer filled.
		if (chunk === null && size !== 0 && !stream.destroyed && !stream.readableEnded) wait.begin();
		return chunk;
	});
	hearEmits(stream, "emit", (event) => {
		switch (event) {
			case "data":
				wait.end(true);
				return () => {
					if (stream.readableFlowing) wait.begin();
				};
			case "readable":
				if ((stream.readableLength ?? 0) > 0) wait.end(true);
				return undefined;
			case "pause":
			case "end":
			case "close":
			case "error":
				wait.end(false);
		}
		return undefined;
	});
	return stream;
}

function destroy(stream: NodeReadable, error: unknown): void {
	// Where nobody looks at the stream at all, its error is no reason to end the process.
	const isUnseen = ["error", "data", "readable", "end"].every((event) => stream.listenerCount(event) === 0);
	if (isUnseen) stream.on("error", () => {});
	quietly(() => stream.destroy?.(error));
}

/** A stream that pushes is waited for all the time; who iterates it has the error, who listens hears of its abort. */
export function timedEventStream(stream: object, timed: TimedCall): object {
	const outward = timedSteps(stream, timed);
	const emitter = stream as Pushing;
	const name = typeof emitter._emit === "function" ? "_emit" : "emit";
	let timedOut: unknown;
	const wait = new Wait(timed, {
		close(error) {
			timedOut = error;
			// To those who watch from further out it has failed before it was aborted.
			quietly(() => emitter[name]?.("error", error));
			abortRequest(stream, error);
			quietly(() => emitter.close?.());
		},
	});
	hearEmits(stream, name, (event, value) => {
		if (event === "error" && value !== undefined && value === timedOut)
			return isListenedTo(emitter) ? undefined : "keep";
		if (ends.has(event)) wait.end(false);
		else if (items.has(event)) {
			wait.end(true);
			wait.begin();
		}
		return undefined;
	});
	wait.begin();
	return outward;
}

interface Pushing {
	emit?: Emit;
	_emit?: Emit;
	close?(): unknown;
	listenerCount?(event: string): number;
}

/** An error that nobody listens for ends the process. */
function isListenedTo(emitter: Pushing): boolean {
	return (emitter.listenerCount?.("error") ?? 0) > 0;
}

const items = new Set(["chunk", "event", "streamEvent", "line"]);
const ends = new Set(["error", "abort", "end", "close"]);

/** @param hear - told of each event before it is emitted; gives what is to be done after, or "keep" for one that is not emitted */
function hearEmits(
	emitter: object,
	name: "emit" | "_emit",
	hear: (event: string, value: unknown) => (() => void) | "keep" | undefined,
): void {
	const emit = (emitter as Record<string, Emit>)[name] as Emit;
	patchMethod(emitter, name, (event: string, ...values: unknown[]) => {
		const after = hear(event, values[0]);
		if (after === "keep") return false;
		const emitted = Reflect.apply(emit, emitter, [event, ...values]);
		after?.();
		return emitted;
	});
}
