import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
	AlwaysOffSampler,
	AlwaysOnSampler,
	BatchSpanProcessor,
	type Sampler,
	type SpanExporter,
	TracerProvider,
} from "@opentelemetry/sdk-trace";

/** What stands behind the API in a row: an SDK with a batch processor that exports nowhere, one that samples nothing, none. */
export type Mode = "sdk" | "sampled-out" | "no-sdk";

const samplers = { sdk: new AlwaysOnSampler(), "sampled-out": new AlwaysOffSampler() };

/** What is registered in a process, and what came of it. */
export interface Provider {
	/** Samples as a mode does from now on. */
	use(mode: Mode): void;
	/** How many spans really came out: a subject that records none is no rival. */
	exported(): Promise<number>;
}

/** Registers an SDK for one mode, or for two that differ in nothing but their sampling. */
export function register(mode: Mode, other: Mode = mode): Provider {
	if (mode === "no-sdk" || other === "no-sdk") {
		if (mode !== other) throw new Error("bench: a process with no SDK cannot be one with an SDK as well");
		return { use() {}, exported: async () => 0 };
	}
	let exported = 0;
	const nowhere: SpanExporter = {
		export(spans, done) {
			exported += spans.length;
			done({ code: 0 });
		},
		forceFlush: async () => {},
		shutdown: async () => {},
	};
	let sampler: Sampler = samplers[mode];
	const either: Sampler = { shouldSample: (...given) => sampler.shouldSample(...given) };
	context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
	const provider = new TracerProvider({
		sampler: mode === other ? sampler : either,
		spanProcessors: [new BatchSpanProcessor({ exporter: nowhere })],
	});
	trace.setGlobalTracerProvider(provider);
	return {
		use(next) {
			if (next !== "no-sdk") sampler = samplers[next];
		},
		async exported() {
			await provider.forceFlush();
			return exported;
		},
	};
}
