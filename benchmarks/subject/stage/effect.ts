import { OtelTracer } from "@effect/opentelemetry";
import { Effect, ManagedRuntime } from "effect";
import { type Stage, work } from "../../work.ts";

const runtime = ManagedRuntime.make(OtelTracer.layerGlobal);

const stage: Stage = (value) =>
	runtime.runPromise(
		Effect.withSpan(
			Effect.promise(() => work(value)),
			"work",
		),
	);

export default stage;
