import type { Attributes } from "@opentelemetry/api";
import type { Definition } from "../call.ts";
import { telemetryFailed } from "../telemetry-failure.ts";

/** What the GenAI conventions ask of one call of a model, before its answer. */
export interface GenAiCall {
	readonly spanName: string;
	readonly requestAttributes: Attributes;
}

export interface GenAiStage {
	readonly attributes: Attributes;
	begin(input: readonly unknown[]): GenAiCall | undefined;
}

/** Last parts of client methods, and the operation each performs; anything else on a model is `chat`. */
const operations: readonly (readonly [RegExp, string])[] = [
	[/embed/i, "embeddings"],
	[/(^|\.)generateContent(Stream)?$/, "generate_content"],
	[/^(?!.*chat).*(^|\.)completions\.create$/, "text_completion"],
];

/**
 * Names and attributes of the GenAI conventions for stages of a kind they know; undefined for all others.
 *
 * Read of a request: `model`, `stream`, `max_tokens` and its newer names, `temperature`. Nothing else is looked at.
 */
export function genAiStage(definition: Definition): GenAiStage | undefined {
	const { kind, name, provider } = definition;
	switch (kind) {
		case "model": {
			const operation = operationOf(name);
			return {
				attributes: { "gen_ai.operation.name": operation, ...(provider && { "gen_ai.provider.name": provider }) },
				begin: (input) => modelCall(operation, input),
			};
		}
		case "tool":
			return withoutModel({ "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name });
		case "agent":
			return withoutModel({ "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name });
		case "retrieval":
			return withoutModel({ "gen_ai.operation.name": "retrieval" });
		default:
			return undefined;
	}
}

/** What a method of a model's client performs, told from its name. */
export function operationOf(name: string): string {
	return operations.find(([pattern]) => pattern.test(name))?.[1] ?? "chat";
}

function withoutModel(attributes: Attributes): GenAiStage {
	return { attributes, begin: () => undefined };
}

function modelCall(operation: string, input: readonly unknown[]): GenAiCall {
	const requestAttributes = readRequest(input[0]);
	const model = requestAttributes["gen_ai.request.model"];
	return {
		spanName: model === undefined ? operation : `${operation} ${model}`,
		requestAttributes,
	};
}

function readRequest(value: unknown): Attributes {
	const attributes: Attributes = {};
	if (typeof value !== "object" || value === null) return attributes;
	try {
		const request = value as Record<string, unknown>;
		const model = modelName(request.model);
		if (model !== undefined) attributes["gen_ai.request.model"] = model;
		if (request.stream === true) attributes["gen_ai.request.stream"] = true;
		const maxTokens = request.max_tokens ?? request.max_completion_tokens ?? request.max_output_tokens;
		if (typeof maxTokens === "number") attributes["gen_ai.request.max_tokens"] = maxTokens;
		if (typeof request.temperature === "number") attributes["gen_ai.request.temperature"] = request.temperature;
	} catch (error) {
		// A getter of the request threw: the call has its span all the same.
		telemetryFailed("model request", error);
	}
	return attributes;
}

/** The model that the arguments of a call ask for; the AI SDK has an object for it. */
export function requestModel(input: readonly unknown[]): string | undefined {
	try {
		return modelName((input[0] as { readonly model?: unknown } | null | undefined)?.model);
	} catch {
		return undefined;
	}
}

function modelName(model: unknown): string | undefined {
	const name = typeof model === "object" ? (model as { readonly modelId?: unknown } | null)?.modelId : model;
	return typeof name === "string" && name !== "" ? name : undefined;
}
