// Over 250 lines: a table that is read from top to bottom.
/** What a value of an attribute is, and where Footlight puts it. */
export interface AttributeDefinition {
	readonly type: "string" | "string[]" | "int" | "double" | "boolean" | "object";
	/** The places that carry it: run, stage or attempt spans, the exception events of spans, log lines, events. */
	readonly on: readonly ("run" | "stage" | "attempt" | "exception" | "log" | "event")[];
	readonly description: string;
	readonly example: string | number | boolean | readonly string[];
}

/**
 * Every attribute Footlight puts on a span, a log line or an event: the one table that code, docs and tests share.
 *
 * Names under `gen_ai.`, `error.`, `exception.`, `code.`, `session.` and `user.` are those of the OpenTelemetry semantic conventions
 * (1.45.0, and semantic-conventions-genai 1.42.0-dev); the rest are Footlight's own.
 */
export const attributes = {
	"pipeline.name": {
		type: "string",
		on: ["run", "stage", "attempt", "log", "event"],
		description: "Name given to footlight(name).",
		example: "docs-qa",
	},
	"pipeline.run.id": {
		type: "string",
		on: ["run", "stage", "attempt", "log", "event"],
		description: "Identifier of the run; absent on a stage called outside a run.",
		example: "0b1f6a6e-6a0b-4c59-9d0e-0d9a2f6f3f11",
	},
	"pipeline.parent_run.id": {
		type: "string",
		on: ["run", "stage", "attempt", "log", "event"],
		description: "Identifier of the run that this run was started in; absent on a run of its own.",
		example: "6f4a7f0c-6c1b-4a55-8a57-9d2f3a7f6f10",
	},
	"pipeline.execution_mode": {
		type: "string",
		on: ["run", "stage", "attempt", "log", "event"],
		description: "Mode the run was started in, as the application names it.",
		example: "practice",
	},
	"pipeline.topology": {
		type: "string",
		on: ["run", "stage", "attempt", "log", "event"],
		description: "Shape of the pipeline, as the application names it.",
		example: "rag",
	},
	"pipeline.request.id": {
		type: "string",
		on: ["run", "stage", "attempt", "log", "event"],
		description: "Identifier of the request that caused the run.",
		example: "req-7",
	},
	"pipeline.organization.id": {
		type: "string",
		on: ["run", "stage", "attempt", "log", "event"],
		description: "Organization or tenant the run belongs to.",
		example: "acme",
	},
	"session.id": {
		type: "string",
		on: ["run", "stage", "attempt", "log", "event"],
		description: "Session of the user.",
		example: "session-3",
	},
	"user.id": {
		type: "string",
		on: ["run", "stage", "attempt", "log", "event"],
		description: "User of the run.",
		example: "user-7",
	},
	"stage.name": {
		type: "string",
		on: ["stage", "attempt", "log", "event"],
		description: "Name of the stage.",
		example: "retrieve",
	},
	"stage.kind": {
		type: "string",
		on: ["stage", "log"],
		description: "Kind of the stage: stage, model, tool, agent, retrieval, rpc or job.",
		example: "model",
	},
	outcome: {
		type: "string",
		on: ["run", "stage", "attempt", "log"],
		description: "How it ended: ok, error, skipped, fallback, cancelled, timeout, rejected or interrupted.",
		example: "ok",
	},
	"error.type": {
		type: "string",
		on: ["run", "stage", "attempt", "log", "event"],
		description: "Class or code of the error; absent when there was none.",
		example: "RateLimitError",
	},
	"exception.type": {
		type: "string",
		on: ["exception"],
		description: "Class or code of the error, as in error.type.",
		example: "RateLimitError",
	},
	"exception.message": {
		type: "string",
		on: ["exception"],
		description: "Message of the error, bounded and redacted.",
		example: "429 too many requests",
	},
	"exception.stacktrace": {
		type: "string",
		on: ["exception"],
		description: "Stack of the error, bounded and redacted; absent when what was thrown has none.",
		example: "RateLimitError: 429 too many requests\n    at ask (answer.ts:7:9)",
	},
	err: {
		type: "object",
		on: ["log"],
		description:
			"The error itself, where it surfaced, for the logger's serializer; with capture.redact, its redacted form.",
		example: "RateLimitError",
	},
	trace_id: {
		type: "string",
		on: ["log"],
		description: "Trace of the call, in hexadecimal.",
		example: "0af7651916cd43dd8448eb211c80319c",
	},
	span_id: {
		type: "string",
		on: ["log"],
		description: "Span of the call, in hexadecimal.",
		example: "b7ad6b7169203331",
	},
	duration_ms: {
		type: "double",
		on: ["log"],
		description: "How long the call took, in milliseconds; a stream's is its whole lifetime.",
		example: 12.5,
	},
	"retry.attempt": {
		type: "int",
		on: ["attempt", "log", "event"],
		description: "Number of the attempt; the first is 1.",
		example: 2,
	},
	"retry.attempt_count": {
		type: "int",
		on: ["stage", "attempt"],
		description: "Attempts that the call took; absent where one was enough.",
		example: 3,
	},
	"retry.max_attempts": {
		type: "int",
		on: ["event"],
		description: "Most attempts that the call may take.",
		example: 3,
	},
	"retry.delay_ms": {
		type: "double",
		on: ["event"],
		description: "How long the next attempt is put off, in milliseconds.",
		example: 150,
	},
	"retry.delay_source": {
		type: "string",
		on: ["event"],
		description: "Who said how long: backoff, or retry_after where the other side did.",
		example: "backoff",
	},
	"retry.stop_reason": {
		type: "string",
		on: ["event"],
		description:
			"Why there is no further attempt: max_attempts, max_duration, deadline, retry_after (the other side asks for longer than may be waited), budget_exhausted or non_retryable.",
		example: "max_attempts",
	},
	"circuit_breaker.name": {
		type: "string",
		on: ["stage", "attempt", "log", "event"],
		description: "Name of the circuit breaker.",
		example: "docs-qa.load",
	},
	"circuit_breaker.state": {
		type: "string",
		on: ["stage", "attempt", "log", "event"],
		description:
			"State the call found the circuit breaker in, or the one it changed to: closed, open, half_open, forced_open or disabled.",
		example: "open",
	},
	"circuit_breaker.from_state": {
		type: "string",
		on: ["log", "event"],
		description: "State the circuit breaker was in before.",
		example: "closed",
	},
	"circuit_breaker.reason": {
		type: "string",
		on: ["log", "event"],
		description:
			"Why it changed its state: consecutive_failures, failure_rate, slow_call_rate, probe_failed, probes_succeeded, time or manual.",
		example: "failure_rate",
	},
	"circuit_breaker.failure_rate": {
		type: "double",
		on: ["log", "event"],
		description: "Share of failures in the window; absent where the breaker has none.",
		example: 0.6,
	},
	"circuit_breaker.slow_call_rate": {
		type: "double",
		on: ["log", "event"],
		description: "Share of slow calls in the window; absent where the breaker has none.",
		example: 0.1,
	},
	"circuit_breaker.failures": {
		type: "int",
		on: ["log", "event"],
		description: "Failures in a row, or in the window.",
		example: 5,
	},
	"circuit_breaker.calls": {
		type: "int",
		on: ["log", "event"],
		description: "Calls in the window; absent where the breaker has none.",
		example: 10,
	},
	"circuit_breaker.open_ms": {
		type: "double",
		on: ["log", "event"],
		description: "How long it stays open, in milliseconds.",
		example: 10000,
	},
	"timeout.limit_ms": {
		type: "double",
		on: ["stage", "attempt"],
		description: "Time limit that the call did not keep, in milliseconds.",
		example: 2000,
	},
	"timeout.awaited": {
		type: "string",
		on: ["stage", "attempt"],
		description: "What did not come in time: result, first_item or next_item.",
		example: "result",
	},
	"timeout.heard": {
		type: "boolean",
		on: ["stage", "attempt"],
		description:
			"False where the function went on without having asked for its signal: it could not hear that it was given up.",
		example: true,
	},
	"fallback.name": {
		type: "string",
		on: ["stage", "attempt"],
		description: "Which fallback answered: its name, or its number in the chain.",
		example: "cached answer",
	},
	"bulkhead.name": {
		type: "string",
		on: ["stage", "attempt"],
		description: "Name of the bulkhead.",
		example: "model",
	},
	"bulkhead.wait_ms": {
		type: "double",
		on: ["stage", "attempt"],
		description: "How long the call waited for a place in the bulkhead, in milliseconds; absent where it need not.",
		example: 12.5,
	},
	"hedge.attempt_count": {
		type: "int",
		on: ["stage", "attempt"],
		description: "Calls that were made for one, the first included; absent where that was enough.",
		example: 2,
	},
	"hedge.winner": {
		type: "int",
		on: ["stage", "attempt"],
		description: "Which of them answered; the first is 1.",
		example: 2,
	},
	"hedge.delay_ms": {
		type: "double",
		on: ["event"],
		description: "How long the first was waited for, in milliseconds.",
		example: 100,
	},
	"rate_limit.policy": {
		type: "string",
		on: ["stage", "attempt", "log", "event"],
		description: "Name of the rate limit.",
		example: "per-user",
	},
	"rate_limit.type": {
		type: "string",
		on: ["stage", "attempt", "event"],
		description: "Window that is used up: minute, hour, day, burst, or its own name.",
		example: "minute",
	},
	"rate_limit.limit": {
		type: "int",
		on: ["stage", "attempt", "event"],
		description: "Calls that the window allows.",
		example: 60,
	},
	"rate_limit.retry_after_ms": {
		type: "double",
		on: ["stage", "attempt", "event"],
		description: "When the next call will be let through, in milliseconds.",
		example: 1200,
	},
	"cache.name": {
		type: "string",
		on: ["stage", "attempt", "log", "event"],
		description: "Name of the cache.",
		example: "docs-qa.embed",
	},
	"cache.result": {
		type: "string",
		on: ["stage", "attempt"],
		description: "What the cache had: hit, stale, coalesced, miss, bypass or error.",
		example: "hit",
	},
	"cache.age_ms": {
		type: "double",
		on: ["event"],
		description: "Age of the answer, in milliseconds.",
		example: 1500,
	},
	"feature_flag.key": {
		type: "string",
		on: ["stage", "attempt", "event"],
		description: "Key of the feature flag.",
		example: "new-ranker",
	},
	"feature_flag.provider.name": {
		type: "string",
		on: ["event"],
		description: "Name of the provider of feature flags.",
		example: "in-memory",
	},
	"feature_flag.set.id": {
		type: "string",
		on: ["event"],
		description: "Set that the flag belongs to, where the provider says it.",
		example: "ranking",
	},
	"feature_flag.version": {
		type: "string",
		on: ["event"],
		description: "Version of the rules that were used, where the provider says it.",
		example: "12",
	},
	"feature_flag.result.value": {
		type: "boolean",
		on: ["stage", "attempt", "event"],
		description: "What the flag gave; on events only where it has no variant.",
		example: true,
	},
	"feature_flag.result.variant": {
		type: "string",
		on: ["stage", "attempt", "event"],
		description: "Variant the flag gave; absent where it has none.",
		example: "on",
	},
	"feature_flag.result.reason": {
		type: "string",
		on: ["stage", "attempt", "event"],
		description: "Why it gave that, in the words of the conventions.",
		example: "targeting_match",
	},
	"feature_flag.context.id": {
		type: "string",
		on: ["event"],
		description: "For whom the flag was evaluated: the targeting key.",
		example: "user-7",
	},
	"feature_flag.error.message": {
		type: "string",
		on: ["event"],
		description: "What went wrong in the evaluation.",
		example: "flag not found",
	},
	"stream.item_count": {
		type: "int",
		on: ["stage", "run", "log"],
		description: "Items the stream handed to its consumer.",
		example: 42,
	},
	"stream.time_to_first_item_ms": {
		type: "double",
		on: ["stage", "run", "log"],
		description: "From the start of the call to the first item, in milliseconds.",
		example: 180.2,
	},
	"stream.abandoned": {
		type: "boolean",
		on: ["stage", "run", "log"],
		description: "True when a stream was neither read to its end nor cancelled; its span ends at its last activity.",
		example: true,
	},
	"stage.input": {
		type: "string",
		on: ["stage"],
		description: "Arguments as JSON, bounded and redacted; only with capture.input.",
		example: '["what is a span?"]',
	},
	"stage.output": {
		type: "string",
		on: ["stage", "run"],
		description: "Result as JSON, bounded and redacted; only with capture.output. A stream's items are not captured.",
		example: '{"answer":"…"}',
	},
	"pipeline.cost.usd": {
		type: "double",
		on: ["run", "stage"],
		description: "Money spent by the call and all below it, in US dollars.",
		example: 0.0021,
	},
	"pipeline.cost.wasted_usd": {
		type: "double",
		on: ["run", "stage"],
		description: "Money that failed attempts of the call and of all below it spent, in US dollars.",
		example: 0.0007,
	},
	"gen_ai.operation.name": {
		type: "string",
		on: ["stage"],
		description: "What a model, tool, agent or retrieval stage does.",
		example: "chat",
	},
	"gen_ai.provider.name": {
		type: "string",
		on: ["stage"],
		description: "Provider of the model.",
		example: "openai",
	},
	"gen_ai.request.model": { type: "string", on: ["stage"], description: "Model asked for.", example: "gpt-5-mini" },
	"gen_ai.request.stream": {
		type: "boolean",
		on: ["stage"],
		description: "True when the answer was asked for as a stream.",
		example: true,
	},
	"gen_ai.request.max_tokens": {
		type: "int",
		on: ["stage"],
		description: "Most tokens the model may answer with.",
		example: 256,
	},
	"gen_ai.request.temperature": {
		type: "double",
		on: ["stage"],
		description: "Temperature asked for.",
		example: 0.2,
	},
	"gen_ai.response.id": {
		type: "string",
		on: ["stage", "attempt"],
		description: "Identifier of the answer.",
		example: "chatcmpl-1",
	},
	"gen_ai.response.model": {
		type: "string",
		on: ["stage", "attempt"],
		description: "Model that answered.",
		example: "gpt-5-mini-2026-08-07",
	},
	"gen_ai.response.finish_reasons": {
		type: "string[]",
		on: ["stage", "attempt"],
		description: "Why the model stopped, one for each choice.",
		example: ["stop"],
	},
	"gen_ai.response.time_to_first_chunk": {
		type: "double",
		on: ["stage"],
		description: "From the request to the first chunk, in seconds.",
		example: 0.18,
	},
	"gen_ai.usage.input_tokens": {
		type: "int",
		on: ["stage", "attempt"],
		description: "Tokens of the prompt, cached ones included.",
		example: 812,
	},
	"gen_ai.usage.output_tokens": {
		type: "int",
		on: ["stage", "attempt"],
		description: "Tokens of the answer.",
		example: 96,
	},
	"gen_ai.usage.cache_read.input_tokens": {
		type: "int",
		on: ["stage", "attempt"],
		description: "Tokens of the prompt that were read from the provider's cache.",
		example: 512,
	},
	"gen_ai.usage.cache_write.input_tokens": {
		type: "int",
		on: ["stage", "attempt"],
		description: "Tokens of the prompt that were written to the provider's cache.",
		example: 128,
	},
	"gen_ai.usage.reasoning.output_tokens": {
		type: "int",
		on: ["stage", "attempt"],
		description: "Tokens of the answer spent on reasoning.",
		example: 64,
	},
	"gen_ai.usage.cost.amount": {
		type: "double",
		on: ["stage", "attempt"],
		description:
			"What the call of the model cost, its own tokens only; absent where the price of any part is not known. Sums are in pipeline.cost.usd.",
		example: 0.0021,
	},
	"gen_ai.usage.cost.currency": {
		type: "string",
		on: ["stage", "attempt"],
		description: "Currency of the amount.",
		example: "USD",
	},
	"gen_ai.usage.cost.source": {
		type: "string",
		on: ["stage", "attempt"],
		description: "Who said so: provider where the answer did, local where a price book was asked.",
		example: "local",
	},
	"budget.name": { type: "string", on: ["log", "event"], description: "Name of the budget.", example: "per-user" },
	"budget.limit_usd": {
		type: "double",
		on: ["log", "event"],
		description: "Limit of the budget, in US dollars.",
		example: 0.5,
	},
	"budget.spent_usd": {
		type: "double",
		on: ["log", "event"],
		description: "What had been spent of the budget, in US dollars.",
		example: 0.52,
	},
	"stream.name": {
		type: "string",
		on: ["event"],
		description: "Name of the queue or the buffer.",
		example: "tokens",
	},
	"stream.queue_size": {
		type: "int",
		on: ["event"],
		description: "Items in the queue.",
		example: 12,
	},
	"stream.capacity": {
		type: "int",
		on: ["event"],
		description: "Items that the queue has room for.",
		example: 16,
	},
	"stream.fill_ratio": {
		type: "double",
		on: ["event"],
		description: "How full the queue is, from 0 to 1: by items or by bytes, whichever is fuller.",
		example: 0.8,
	},
	"stream.drop_reason": {
		type: "string",
		on: ["event"],
		description:
			"Why an item never came out of the queue: drop_oldest, drop_newest, rejected, timeout, cancelled or closed.",
		example: "drop_oldest",
	},
	"stream.dropped": {
		type: "int",
		on: ["event"],
		description: "Items that were dropped since the event before.",
		example: 3,
	},
	"stream.blocked_producers": {
		type: "int",
		on: ["event"],
		description: "Producers that wait for room.",
		example: 1,
	},
	"stream.blocked_ms": {
		type: "double",
		on: ["event"],
		description: "Time that producers have waited for room so far, in milliseconds, summed over them.",
		example: 250,
	},
	"stream.blocked_puts": {
		type: "int",
		on: ["event"],
		description: "Items that had to wait for room.",
		example: 7,
	},
	"stream.throttled_ms": {
		type: "double",
		on: ["event"],
		description: "How long the queue was above its high water mark and not yet below the low one, in milliseconds.",
		example: 40,
	},
	"stream.items_in": {
		type: "int",
		on: ["event"],
		description: "Items that the queue took in.",
		example: 1000,
	},
	"stream.items_out": {
		type: "int",
		on: ["event"],
		description: "Items that were taken out of the queue.",
		example: 990,
	},
	"stream.items_dropped": {
		type: "int",
		on: ["event"],
		description: "Items that were put to the queue and never came out of it.",
		example: 10,
	},
	"stream.peak_size": {
		type: "int",
		on: ["event"],
		description: "Most items that waited in the queue at a time.",
		example: 16,
	},
	"stream.buffer_ms": {
		type: "double",
		on: ["event"],
		description: "Playing time in the buffer, in milliseconds.",
		example: 180,
	},
	"stream.max_buffer_ms": {
		type: "double",
		on: ["event"],
		description: "Playing time that the buffer has room for, in milliseconds.",
		example: 2000,
	},
	"stream.dropped_ms": {
		type: "double",
		on: ["event"],
		description: "Playing time that was dropped, in milliseconds.",
		example: 50,
	},
	"stream.requested_ms": {
		type: "double",
		on: ["event"],
		description: "Playing time that was asked for, in milliseconds.",
		example: 20,
	},
	"stream.underrun_ms": {
		type: "double",
		on: ["event"],
		description: "How long the buffer had too little, in milliseconds.",
		example: 120,
	},
	"exporter.name": {
		type: "string",
		on: ["event"],
		description: "Name of the exporter.",
		example: "audit",
	},
	"analytics.dropped": {
		type: "int",
		on: ["event"],
		description: "Items that an exporter shed since the event before.",
		example: 5,
	},
	"analytics.total_dropped": {
		type: "int",
		on: ["event"],
		description: "Items that the exporter has shed since it was made.",
		example: 25,
	},
	"analytics.buffer_size": {
		type: "int",
		on: ["event"],
		description: "Items in the exporter's memory.",
		example: 1000,
	},
	"analytics.capacity": {
		type: "int",
		on: ["event"],
		description: "Items that the exporter's memory has room for.",
		example: 1000,
	},
	"pipeline.sampling.adjusted_count": {
		type: "double",
		on: ["run", "stage", "attempt"],
		description:
			"How many spans this one stands for, itself included, after tail sampling: the sum of it is their number.",
		example: 10,
	},
	"pipeline.sampling.reason": {
		type: "string",
		on: ["run", "stage"],
		description:
			"Why tail sampling kept the trace that begins here: error, rejected, interrupted, retried, fallback, expensive, slow, chosen (by keepIf) or sampled (by chance).",
		example: "retried",
	},
	"gen_ai.tool.name": { type: "string", on: ["stage"], description: "Name of the tool.", example: "search" },
	"gen_ai.agent.name": { type: "string", on: ["stage"], description: "Name of the agent.", example: "planner" },
	"code.function.name": {
		type: "string",
		on: ["stage"],
		description: "Name of the wrapped function, where it has one.",
		example: "searchIndex",
	},
} as const;

/** Name of an attribute that Footlight itself may set. */
export type AttributeName = keyof typeof attributes;
