import type { MeterProvider, Tracer, TracerProvider } from "@opentelemetry/api";
import * as api from "@opentelemetry/api";
import type { CaptureOptions } from "./capture.ts";
import type { Clock } from "./clock.ts";
import type { Charge } from "./cost/charge.ts";
import type { PriceBook } from "./cost/price-book.ts";
import type { EventSink } from "./event.ts";
import type { Logger } from "./logger.ts";
import { findInstruments, type Instruments } from "./telemetry/instruments.ts";
import { telemetryFailed, warn } from "./telemetry-failure.ts";
import { version } from "./version.ts";

/** Set by `startTelemetry` when telemetry is off on purpose, so that nobody is warned of a missing provider. */
const disabledOnPurpose = Symbol.for("footlight.telemetry.disabled");

let warned = false;

/** What all stages and runs of one `footlight(name)` share. */
export class Pipeline {
	readonly name: string;
	readonly logger: Logger | undefined;
	readonly sinks: readonly EventSink[];
	readonly clock: Clock;
	readonly capture: CaptureOptions;
	readonly prices: readonly PriceBook[];
	readonly onCharge: ((charge: Charge) => void) | undefined;
	#tracer: Tracer | undefined;
	readonly #meterProvider: MeterProvider | undefined;
	#instruments: Instruments | undefined;

	constructor(
		name: string,
		settings: {
			readonly logger: Logger | undefined;
			readonly sinks: readonly EventSink[];
			readonly clock: Clock;
			readonly capture: CaptureOptions;
			readonly tracerProvider: TracerProvider | undefined;
			readonly meterProvider: MeterProvider | undefined;
			readonly prices?: readonly PriceBook[];
			readonly onCharge?: ((charge: Charge) => void) | undefined;
		},
	) {
		this.name = name;
		this.logger = settings.logger;
		this.sinks = settings.sinks;
		this.clock = settings.clock;
		this.capture = settings.capture;
		this.prices = settings.prices ?? [];
		this.onCharge = settings.onCharge;
		this.#meterProvider = settings.meterProvider;
		this.#tracer = settings.tracerProvider?.getTracer("@footlight/core", version);
	}

	/** The tracer, once a provider is registered; an application may register it after its stages are defined. */
	get tracer(): Tracer | undefined {
		this.#tracer ??= registeredTracer();
		return this.#tracer;
	}

	/** The instruments of Footlight's metrics, once a meter provider is registered. */
	get instruments(): Instruments | undefined {
		this.#instruments ??= findInstruments(this.#meterProvider);
		return this.#instruments;
	}

	/** True when a call of this pipeline would reach anybody: a provider, a logger, a sink. */
	get listening(): boolean {
		return (
			this.tracer !== undefined || this.logger !== undefined || this.instruments !== undefined || this.sinks.length > 0
		);
	}

	/** Says once in a process that stages run unseen: nothing else would ever tell. */
	warnUnheard(): void {
		if (warned || (globalThis as Record<symbol, unknown>)[disabledOnPurpose] === true) return;
		warned = true;
		warn(
			"FOOTLIGHT_NO_PROVIDER",
			`stages of ${JSON.stringify(this.name)} run, but no OpenTelemetry TracerProvider is registered, so nothing is recorded. ` +
				'Call startTelemetry() of @footlight/otel before the first stage runs, or run "npx @footlight/cli doctor". ' +
				"Where that is meant: node --disable-warning=FOOTLIGHT_NO_PROVIDER",
		);
	}
}

function registeredTracer(): Tracer | undefined {
	const provider = api.trace.getTracerProvider() as TracerProvider &
		Partial<Pick<api.ProxyTracerProvider, "getDelegateTracer">>;
	try {
		// The global provider is always a proxy; only its delegate tells whether anybody registered one.
		return typeof provider.getDelegateTracer === "function"
			? provider.getDelegateTracer("@footlight/core", version)
			: provider.getTracer("@footlight/core", version);
	} catch (error) {
		telemetryFailed("tracer provider", error);
		return undefined;
	}
}
