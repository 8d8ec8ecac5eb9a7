import type { Call, CallKey } from "../call.ts";
import { activeContext, StageContext, withContext } from "../context.ts";
import type { StreamingBufferOptions } from "../media/settings.ts";
import { StreamingBuffer } from "../media/streaming-buffer.ts";
import { isFailure, type Outcome } from "../outcome.ts";
import { ChunkQueue } from "../queue/chunk-queue.ts";
import type { Scope } from "../scope.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { closeInBackground, exporterFor } from "./exporter.ts";
import { bufferKey, exporterKey, queueKey } from "./keys.ts";
import type { StreamingTelemetryOptions } from "./options.ts";

interface Ending {
	readonly outcome: Outcome;
	readonly error: unknown;
}

interface Made {
	readonly value: unknown;
	close(ending: Ending): void;
}

interface Attempt {
	readonly scope: Scope;
	readonly attempt: number;
	readonly made: Map<CallKey<unknown>, Made>;
}

type Make = (options: StreamingTelemetryOptions, call: Call) => Made;

const makes: ReadonlyMap<CallKey<unknown>, Make> = new Map<CallKey<unknown>, Make>([
	[queueKey, makeQueue],
	[bufferKey, makeBuffer],
	[exporterKey, makeExporter],
]);

/** What one call, through one layer, has asked for: each made once for each of its attempts, and closed when the call ends. */
export class Kit {
	readonly #options: StreamingTelemetryOptions;
	readonly #call: Call;
	/** Of each attempt that has asked: what hedges and retries further in call shares nothing. */
	readonly #attempts: Attempt[] = [];
	#ending: Ending | undefined;

	constructor(options: StreamingTelemetryOptions, call: Call) {
		this.#options = options;
		this.#call = call;
	}

	valueOf(key: CallKey<unknown>, call: Call = this.#call): unknown {
		const made = this.#madeFor(call);
		const known = made.get(key);
		if (known !== undefined) return known.value;
		const context = new StageContext(activeContext(), call.scope.span, call.scope);
		const one = withContext(context, () => (makes.get(key) as Make)(this.#options, call), undefined);
		made.set(key, one);
		if (this.#ending !== undefined) close(one, this.#ending);
		return one.value;
	}

	ended(outcome: Outcome, error: unknown): void {
		const ending = { outcome, error };
		this.#ending = ending;
		for (const { made } of this.#attempts) {
			for (const one of made.values()) close(one, ending);
		}
	}

	#madeFor({ scope, attempt }: Call): Attempt["made"] {
		const known = this.#attempts.find((one) => one.scope === scope && one.attempt === attempt);
		if (known !== undefined) return known.made;
		const made: Attempt["made"] = new Map();
		this.#attempts.push({ scope, attempt, made });
		return made;
	}
}

function close(made: Made, ending: Ending): void {
	try {
		made.close(ending);
	} catch (error) {
		telemetryFailed("streamingTelemetry", error);
	}
}

function makeQueue({ queue }: StreamingTelemetryOptions, { name }: Call): Made {
	const value = new ChunkQueue<never>({ name, ...queue });
	return {
		value,
		close({ outcome, error }) {
			if (error !== undefined || isFailure(outcome)) value.fail(error);
			else value.close();
		},
	};
}

function makeBuffer({ buffer }: StreamingTelemetryOptions, { name }: Call): Made {
	if (buffer === undefined)
		throw new TypeError("streamBuffer: the streamingTelemetry() around this call has no buffer");
	const value = new StreamingBuffer({ name, ...buffer } as StreamingBufferOptions);
	return {
		value,
		close() {
			value.end();
			value.clear();
		},
	};
}

function makeExporter({ exporter }: StreamingTelemetryOptions, call: Call): Made {
	if (exporter === undefined) {
		throw new TypeError("streamExporter: the streamingTelemetry() around this call has no exporter");
	}
	if (typeof exporter !== "function") return { value: exporter, close() {} };
	const value = exporterFor(exporter, call);
	return { value, close: () => closeInBackground(value) };
}
