import { ApiError } from "./api-error.ts";

export interface ChatMessage {
	readonly role: string;
	readonly content: string;
}

const efforts = ["minimal", "low", "medium", "high"] as const;

export type ReasoningEffort = (typeof efforts)[number];

/** The part of a chat completion request that the server acts on. */
export interface ChatRequest {
	readonly model: string;
	readonly messages: readonly ChatMessage[];
	readonly stream: boolean;
	readonly includeUsage: boolean;
	readonly maxTokens: number | undefined;
	/** How long the model thinks before it answers; undefined where it does not. */
	readonly reasoningEffort: ReasoningEffort | undefined;
}

/** Reads a chat completion request; throws {@link ApiError} with the status and code the real service gives. */
export function parseChatRequest(json: string, models: readonly string[]): ChatRequest {
	const body = parseObject(json);
	const model = body.model;
	if (typeof model !== "string" || model === "") throw missing("model");
	if (!models.includes(model)) {
		throw new ApiError(404, `The model \`${model}\` does not exist or you do not have access to it.`, {
			code: "model_not_found",
			param: "model",
		});
	}
	if (body.n !== undefined && body.n !== null && body.n !== 1) throw invalid("n", "this server gives one choice");
	return {
		model,
		messages: parseMessages(body.messages),
		stream: parseBoolean("stream", body.stream),
		includeUsage: isObject(body.stream_options) && body.stream_options.include_usage === true,
		maxTokens: parseMaxTokens(body),
		reasoningEffort: parseEffort(body.reasoning_effort),
	};
}

function parseObject(json: string): Record<string, unknown> {
	let body: unknown;
	try {
		body = JSON.parse(json);
	} catch {
		body = undefined;
	}
	if (!isObject(body)) {
		throw new ApiError(400, "We could not parse the JSON body of your request. The API expects a JSON object.");
	}
	return body;
}

function parseMessages(messages: unknown): ChatMessage[] {
	if (messages === undefined) throw missing("messages");
	if (!Array.isArray(messages) || messages.length === 0) throw invalid("messages", "expected an array of messages");
	return messages.map((message: unknown, index) => {
		if (!isObject(message)) throw invalid(`messages[${index}]`, "expected an object");
		if (typeof message.role !== "string") throw missing(`messages[${index}].role`);
		return { role: message.role, content: parseContent(message.content, `messages[${index}].content`) };
	});
}

/** Content is a text, or parts of which only those with text matter here. */
function parseContent(content: unknown, param: string): string {
	if (typeof content === "string") return content;
	if (content === undefined || content === null) return "";
	if (!Array.isArray(content)) throw invalid(param, "expected a string or an array of parts");
	return content.map((part: unknown) => (isObject(part) && typeof part.text === "string" ? part.text : "")).join("\n");
}

function parseMaxTokens(body: Record<string, unknown>): number | undefined {
	const param = "max_completion_tokens" in body ? "max_completion_tokens" : "max_tokens";
	const value = body[param];
	if (value === undefined || value === null) return undefined;
	if (typeof value !== "number" || !Number.isInteger(value) || value < 1) {
		throw invalid(param, "expected an integer of at least 1");
	}
	return value;
}

function parseEffort(value: unknown): ReasoningEffort | undefined {
	if (value === undefined || value === null || value === "none") return undefined;
	const effort = efforts.find((known) => known === value);
	if (effort === undefined) throw invalid("reasoning_effort", `expected one of none, ${efforts.join(", ")}`);
	return effort;
}

function parseBoolean(param: string, value: unknown): boolean {
	if (value === undefined || value === null) return false;
	if (typeof value !== "boolean") throw invalid(param, "expected a boolean");
	return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function missing(param: string): ApiError {
	return new ApiError(400, `Missing required parameter: '${param}'.`, { code: "missing_required_parameter", param });
}

function invalid(param: string, reason: string): ApiError {
	return new ApiError(400, `Invalid value for '${param}': ${reason}.`, { code: "invalid_value", param });
}
