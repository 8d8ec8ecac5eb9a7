import type { Tracer, TracerProvider } from "@opentelemetry/api";
import * as api from "@opentelemetry/api";
import type { CaptureOptions } from "./capture.ts";
import type { Clock } from "./clock.ts";
import type { EventSink } from "./event.ts";
import type { Logger } from "./logger.ts";
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
	#tracer: Tracer | undefined;

	constructor(
		name: string,
		settings: {
			readonly logger: Logger | undefined;
			readonly sinks: readonly EventSink[];
			readonly clock: Clock;
			readonly capture: CaptureOptions;
			readonly tracerProvider: TracerProvider | undefined;
		},
	) {
		this.name = name;
		this.logger = settings.logger;
		this.sinks = settings.sinks;
		this.clock = settings.clock;
		this.capture = settings.capture;
		this.#tracer = settings.tracerProvider?.getTracer("@footlight/core", version);
	}

	/** The tracer, once a provider is registered; an application may register it after its stages are defined. */
	get tracer(): Tracer | undefined {
		this.#tracer ??= registeredTracer();
		return this.#tracer;
	}

	/** True when a call of this pipeline would reach anybody: a provider, a logger, a sink. */
	get listening(): boolean {
		return this.tracer !== undefined || this.logger !== undefined || this.sinks.length > 0;
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
