import { telemetryFailed } from "@footlight/core";
import type { BatchObservableCallback, Observable, ObservableCallback } from "@opentelemetry/api";
import { type CallbackList, ObservableInstrument } from "./observable-instrument.ts";

interface Registration {
	readonly callback: ObservableCallback | BatchObservableCallback;
	readonly instruments: ReadonlySet<ObservableInstrument>;
	readonly batch: boolean;
	/** A call that did not settle in time goes on; it is not called again before it has. */
	running: boolean;
}

/** What may be observed until a collection ends. */
interface Round {
	readonly number: number;
	open: boolean;
}

/** Calls the callbacks of observable instruments, all of them once for each collection. */
export class Collector implements CallbackList {
	readonly #timeoutMs: number;
	#registrations: Registration[] = [];
	readonly #instruments = new Set<ObservableInstrument>();
	#round = 0;
	#collecting: Promise<void> | undefined;

	constructor(timeoutMs: number) {
		this.#timeoutMs = timeoutMs;
	}

	/** An instrument without a callback has no series either. */
	watch(instrument: ObservableInstrument): void {
		this.#instruments.add(instrument);
	}

	add(callback: ObservableCallback, instrument: ObservableInstrument): void {
		this.#add(callback, new Set([instrument]), false);
	}

	remove(callback: ObservableCallback, instrument: ObservableInstrument): void {
		this.#remove(callback, new Set([instrument]), false);
	}

	addBatch(callback: BatchObservableCallback, observables: readonly Observable[]): void {
		this.#add(callback, instrumentsOf(observables), true);
	}

	removeBatch(callback: BatchObservableCallback, observables: readonly Observable[]): void {
		this.#remove(callback, instrumentsOf(observables), true);
	}

	/** Has every callback give its values. Whoever asks meanwhile gets the collection that goes on. */
	collect(): Promise<void> {
		this.#collecting ??= this.#collect().finally(() => {
			this.#collecting = undefined;
		});
		return this.#collecting;
	}

	/** Calls no callback any more. */
	close(): void {
		this.#registrations = [];
		this.#instruments.clear();
	}

	async #collect(): Promise<void> {
		if (this.#instruments.size === 0) return;
		const round = { number: ++this.#round, open: true };
		const waiting = this.#registrations
			.map((registration) => this.#call(registration, round))
			.filter((it) => it !== undefined);
		if (waiting.length > 0) await withinMs(this.#timeoutMs, Promise.all(waiting));
		round.open = false;
		for (const registration of this.#registrations) {
			if (registration.running) failed(registration, `had not settled after ${this.#timeoutMs} ms`);
		}
		for (const { stream } of this.#instruments) stream.retain(round.number);
	}

	/** Never throws; gives a promise only of what must be waited for, and that never rejects. */
	#call(registration: Registration, round: Round): Promise<void> | undefined {
		if (registration.running) return undefined;
		try {
			const returned: unknown = registration.callback(resultFor(registration, round) as never);
			if (returned === undefined || typeof (returned as PromiseLike<void>)?.then !== "function") return undefined;
			registration.running = true;
			return Promise.resolve(returned as PromiseLike<void>)
				.catch((error) => telemetryFailed("observable callback", error))
				.then(() => {
					registration.running = false;
				});
		} catch (error) {
			telemetryFailed("observable callback", error);
			return undefined;
		}
	}

	#add(callback: Registration["callback"], instruments: Registration["instruments"], batch: boolean): void {
		if (typeof callback !== "function" || instruments.size === 0) return;
		if (this.#find(callback, instruments, batch) !== undefined) return;
		this.#registrations.push({ callback, instruments, batch, running: false });
	}

	#remove(callback: Registration["callback"], instruments: Registration["instruments"], batch: boolean): void {
		const found = this.#find(callback, instruments, batch);
		this.#registrations = this.#registrations.filter((registration) => registration !== found);
	}

	#find(callback: unknown, instruments: Registration["instruments"], batch: boolean): Registration | undefined {
		return this.#registrations.find(
			(one) =>
				one.callback === callback &&
				one.batch === batch &&
				one.instruments.size === instruments.size &&
				one.instruments.isSubsetOf(instruments),
		);
	}
}

function resultFor({ batch, instruments }: Registration, round: Round) {
	if (batch) {
		return {
			observe(instrument: ObservableInstrument, value: number, attributes?: Record<string, never>): void {
				if (round.open && instruments.has(instrument)) instrument.observe(value, attributes, round.number);
			},
		};
	}
	const [instrument] = instruments;
	return {
		observe(value: number, attributes?: Record<string, never>): void {
			if (round.open) instrument?.observe(value, attributes, round.number);
		},
	};
}

function instrumentsOf(observables: readonly Observable[]): ReadonlySet<ObservableInstrument> {
	return new Set([...observables].filter((observable) => observable instanceof ObservableInstrument));
}

function failed({ instruments }: Registration, what: string): void {
	const names = [...instruments].map(({ name }) => name).join(", ");
	telemetryFailed("observable callback", new Error(`the callback of ${names} ${what}`));
}

async function withinMs(timeoutMs: number, work: Promise<unknown>): Promise<void> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<void>((resolve) => {
		timer = setTimeout(resolve, timeoutMs);
	});
	await Promise.race([work, late]);
	clearTimeout(timer);
}
