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
		on: ["run", "stage", "attempt", "log"],
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
		on: ["attempt", "log"],
		description: "Number of the attempt; the first is 1.",
		example: 2,
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
