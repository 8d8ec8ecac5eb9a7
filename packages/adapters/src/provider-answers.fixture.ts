// Over 250 lines: a table that is read from top to bottom, one row for each shape, tier and cache class.

/** An answer in the shape of a provider's public documentation, and the arithmetic of what it costs. */
export interface ProviderAnswer {
	readonly title: string;
	readonly provider?: string;
	/** Name of the stage: that of the client's method. */
	readonly method: string;
	/** What is asked; the tier asked for is not the one that counts. */
	readonly request?: object;
	readonly answer?: unknown;
	/** Chunks or events, where the answer is a stream. */
	readonly chunks?: readonly unknown[];
	/** Day of the call. @default "2026-11-21" */
	readonly on?: string;
	/** Tokens times US dollars for a million, in dollars; "unpriced" or "unmetered" where nobody can say. */
	readonly costs: number | "unpriced" | "unmetered";
	readonly tokens?: Readonly<{
		input: number;
		output: number;
		cacheRead?: number;
		cacheWrite?: number;
		reasoning?: number;
	}>;
}

const M = 1_000_000;

const openAi = { provider: "openai", method: "chat.completions.create", request: { model: "gpt-5-mini" } };
const completion = {
	id: "chatcmpl-1",
	object: "chat.completion",
	model: "gpt-5-mini-2025-08-07",
	service_tier: "default",
	choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "…" } }],
	usage: {
		prompt_tokens: 812,
		completion_tokens: 96,
		total_tokens: 908,
		prompt_tokens_details: { cached_tokens: 512, audio_tokens: 0 },
		completion_tokens_details: { reasoning_tokens: 64, audio_tokens: 0 },
	},
};
const completionTokens = { input: 812, output: 96, cacheRead: 512, reasoning: 64 };
// gpt-5-mini: 0.25 for input, 0.025 out of the cache, 2 for output, reasoning included.
const completionAt = (factor: number) => (((812 - 512) * 0.25 + 512 * 0.025 + 96 * 2) / M) * factor;
const chunk = { id: "chatcmpl-1", object: "chat.completion.chunk", model: "gpt-5-mini-2025-08-07" };

const responses = { provider: "openai", method: "responses.create", request: { model: "gpt-5.6-sol" } };
const response = {
	id: "resp-1",
	object: "response",
	model: "gpt-5.6-sol-2026-06-18",
	service_tier: "default",
	status: "completed",
	output: [{ type: "message", content: [{ type: "output_text", text: "…" }] }],
	usage: {
		input_tokens: 1_000,
		input_tokens_details: { cached_tokens: 300, cache_write_tokens: 200 },
		output_tokens: 50,
		output_tokens_details: { reasoning_tokens: 20 },
		total_tokens: 1_050,
	},
};
const responseTokens = { input: 1_000, output: 50, cacheRead: 300, cacheWrite: 200, reasoning: 20 };
// gpt-5.6-sol: 4 for input, 5 into the cache, 0.4 out of it, 20 for output; until 2026-08-20 it was 5, 6.25, 0.5 and 30.
const responseAt = (factor: number) => ((500 * 4 + 200 * 5 + 300 * 0.4 + 50 * 20) / M) * factor;

const openAiAnswers: readonly ProviderAnswer[] = [
	{ title: "OpenAI chat", ...openAi, answer: completion, costs: completionAt(1), tokens: completionTokens },
	{
		title: "OpenAI chat, streamed, the usage in the last chunk",
		...openAi,
		chunks: [
			{
				...chunk,
				choices: [{ index: 0, delta: { role: "assistant", content: "…" }, finish_reason: null }],
				usage: null,
			},
			{ ...chunk, choices: [{ index: 0, delta: {}, finish_reason: "stop" }], usage: null },
			{ ...chunk, choices: [], usage: completion.usage },
		],
		costs: completionAt(1),
		tokens: completionTokens,
	},
	{
		title: "OpenAI chat, streamed without stream_options: the usage never comes",
		...openAi,
		chunks: [{ ...chunk, choices: [{ index: 0, delta: { content: "…" }, finish_reason: "stop" }] }],
		costs: "unmetered",
	},
	{
		title: "OpenAI chat in tier flex: half",
		...openAi,
		answer: { ...completion, service_tier: "flex" },
		costs: completionAt(0.5),
	},
	{
		title: "OpenAI chat in tier batch: half",
		...openAi,
		answer: { ...completion, service_tier: "batch" },
		costs: completionAt(0.5),
	},
	{
		title: "OpenAI chat asked for in flex and served in the default tier: whole",
		...openAi,
		request: { model: "gpt-5-mini", service_tier: "flex" },
		answer: completion,
		costs: completionAt(1),
	},
	{
		title: "OpenAI chat in tier priority: double for gpt-5.4",
		...openAi,
		request: { model: "gpt-5.4" },
		answer: { ...completion, model: "gpt-5.4-2026-03-05", service_tier: "priority" },
		costs: ((300 * 2.5 + 512 * 0.25 + 96 * 15) / M) * 2,
	},
	{
		title: "OpenAI chat in tier priority: 2.5 times as much for gpt-5.5",
		...openAi,
		request: { model: "gpt-5.5" },
		answer: { ...completion, model: "gpt-5.5", service_tier: "priority" },
		costs: ((300 * 5 + 512 * 0.5 + 96 * 30) / M) * 2.5,
	},
	{
		title: "OpenAI chat in tier priority, of a model that no document gives a price for",
		...openAi,
		answer: { ...completion, service_tier: "priority" },
		costs: "unpriced",
		tokens: completionTokens,
	},
	{
		title: "OpenAI chat in tier scale, which is paid for in advance",
		...openAi,
		answer: { ...completion, service_tier: "scale" },
		costs: "unpriced",
	},
	{
		title: "OpenAI chat beyond 272,000 tokens of input",
		...openAi,
		request: { model: "gpt-5.5" },
		answer: {
			...completion,
			model: "gpt-5.5",
			usage: { prompt_tokens: 300_000, completion_tokens: 100, prompt_tokens_details: { cached_tokens: 100_000 } },
		},
		costs: (200_000 * 10 + 100_000 * 1 + 100 * 45) / M,
	},
	{
		title: "OpenAI chat with audio in and out",
		...openAi,
		request: { model: "gpt-audio" },
		answer: {
			...completion,
			model: "gpt-audio",
			usage: {
				prompt_tokens: 100,
				completion_tokens: 60,
				prompt_tokens_details: { audio_tokens: 40, cached_tokens: 0 },
				completion_tokens_details: { audio_tokens: 50, reasoning_tokens: 0 },
			},
		},
		costs: (60 * 2.5 + 40 * 32 + 10 * 10 + 50 * 64) / M,
		tokens: { input: 100, output: 60 },
	},
	{ title: "OpenAI responses", ...responses, answer: response, costs: responseAt(1), tokens: responseTokens },
	{
		title: "OpenAI responses at the price of July",
		...responses,
		on: "2026-07-20",
		answer: response,
		costs: (500 * 5 + 200 * 6.25 + 300 * 0.5 + 50 * 30) / M,
	},
	{
		title: "OpenAI responses, streamed, the tier served in the last event",
		...responses,
		chunks: [
			{ type: "response.created", response: { ...response, service_tier: "auto", status: "in_progress", usage: null } },
			{ type: "response.output_text.delta", item_id: "msg-1", output_index: 0, delta: "…" },
			{ type: "response.completed", response: { ...response, service_tier: "flex" } },
		],
		costs: responseAt(0.5),
		tokens: responseTokens,
	},
	{
		title: "OpenAI responses in tier ultrafast, for which we know no price",
		...responses,
		answer: { ...response, service_tier: "ultrafast" },
		costs: "unpriced",
	},
	{
		title: "OpenAI responses that keep tokens in the cache for twelve hours, for which we know no price",
		...responses,
		answer: {
			...response,
			usage: {
				...response.usage,
				input_tokens_details: {
					cached_tokens: 300,
					cache_write_tokens: 200,
					cache_write_tokens_details: { ttl_12h_tokens: 200, ttl_30m_tokens: 0 },
				},
			},
		},
		costs: "unpriced",
	},
	{
		title: "OpenAI embeddings",
		provider: "openai",
		method: "embeddings.create",
		request: { model: "text-embedding-3-small" },
		answer: {
			object: "list",
			data: [{ object: "embedding", index: 0, embedding: [0.1] }],
			model: "text-embedding-3-small",
			usage: { prompt_tokens: 8, total_tokens: 8 },
		},
		costs: (8 * 0.02) / M,
		tokens: { input: 8, output: 0 },
	},
	{
		title: "OpenAI's shape from OpenRouter, which says itself what it charges",
		provider: "openrouter",
		method: "chat.completions.create",
		request: { model: "some/model" },
		answer: { ...completion, model: "some/model", usage: { ...completion.usage, cost: 0.0123 } },
		costs: 0.0123,
	},
	{
		title: "a model that nobody knows",
		provider: "openai",
		method: "chat.completions.create",
		request: { model: "house-model" },
		answer: { ...completion, model: "house-model" },
		costs: "unpriced",
		tokens: completionTokens,
	},
];

const anthropic = { provider: "anthropic", method: "messages.create", request: { model: "claude-sonnet-4-6" } };
const message = {
	id: "msg-1",
	type: "message",
	role: "assistant",
	model: "claude-sonnet-4-6",
	content: [{ type: "text", text: "…" }],
	stop_reason: "end_turn",
};
const used = { input_tokens: 100, output_tokens: 50, service_tier: "standard", inference_geo: "not_available" };
// claude-sonnet-4-6: 3 for input, 3.75 into the cache for 5 minutes, 6 for an hour, 0.3 out of it, 15 for output.
const cached = {
	...used,
	cache_read_input_tokens: 1_000,
	cache_creation_input_tokens: 700,
	cache_creation: { ephemeral_5m_input_tokens: 500, ephemeral_1h_input_tokens: 200 },
};
const cachedTokens = { input: 1_800, output: 50, cacheRead: 1_000, cacheWrite: 700 };
const cachedAt = (factor: number) => ((100 * 3 + 500 * 3.75 + 200 * 6 + 1_000 * 0.3 + 50 * 15) / M) * factor;
const opus = { ...anthropic, request: { model: "claude-opus-4-8" } };
const opusMessage = { ...message, model: "claude-opus-4-8" };
// claude-opus-4-8: 5 for input, 25 for output.
const opusAt = (factor: number) => ((100 * 5 + 50 * 25) / M) * factor;

const anthropicAnswers: readonly ProviderAnswer[] = [
	{
		title: "Anthropic messages",
		...anthropic,
		answer: { ...message, usage: { ...used, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 } },
		costs: (100 * 3 + 50 * 15) / M,
		tokens: { input: 100, output: 50 },
	},
	{
		title: "Anthropic messages out of the cache",
		...anthropic,
		answer: { ...message, usage: { ...used, cache_read_input_tokens: 1_000, cache_creation_input_tokens: 0 } },
		costs: (100 * 3 + 1_000 * 0.3 + 50 * 15) / M,
		tokens: { input: 1_100, output: 50, cacheRead: 1_000 },
	},
	{
		title: "Anthropic messages into the cache for five minutes",
		...anthropic,
		answer: {
			...message,
			usage: {
				...used,
				cache_creation_input_tokens: 500,
				cache_creation: { ephemeral_5m_input_tokens: 500, ephemeral_1h_input_tokens: 0 },
			},
		},
		costs: (100 * 3 + 500 * 3.75 + 50 * 15) / M,
		tokens: { input: 600, output: 50, cacheWrite: 500 },
	},
	{
		title: "Anthropic messages into the cache for an hour",
		...anthropic,
		answer: {
			...message,
			usage: {
				...used,
				cache_creation_input_tokens: 200,
				cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 200 },
			},
		},
		costs: (100 * 3 + 200 * 6 + 50 * 15) / M,
		tokens: { input: 300, output: 50, cacheWrite: 200 },
	},
	{
		title: "Anthropic messages, streamed, with every class of the cache",
		...anthropic,
		chunks: [
			{
				type: "message_start",
				message: { ...message, content: [], stop_reason: null, usage: { ...cached, output_tokens: 1 } },
			},
			{ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "…" } },
			{ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 50, input_tokens: null } },
			{ type: "message_stop" },
		],
		costs: cachedAt(1),
		tokens: cachedTokens,
	},
	{
		title: "Anthropic messages with thinking, which is part of the output",
		...anthropic,
		answer: { ...message, usage: { ...used, output_tokens_details: { thinking_tokens: 30 } } },
		costs: (100 * 3 + 50 * 15) / M,
		tokens: { input: 100, output: 50, reasoning: 30 },
	},
	{
		title: "Anthropic messages in tier batch: half, the cache too",
		...anthropic,
		answer: { ...message, usage: { ...cached, service_tier: "batch" } },
		costs: cachedAt(0.5),
		tokens: cachedTokens,
	},
	{
		title: "Anthropic messages in tier priority, which is paid for in advance",
		...anthropic,
		answer: { ...message, usage: { ...used, service_tier: "priority" } },
		costs: "unpriced",
	},
	{
		title: "Anthropic messages with searches, which no tier makes cheaper",
		...anthropic,
		answer: {
			...message,
			usage: { ...used, service_tier: "batch", server_tool_use: { web_search_requests: 3, web_fetch_requests: 1 } },
		},
		costs: ((100 * 3 + 50 * 15) / M) * 0.5 + (3 * 10) / 1_000,
	},
	{
		title: "Anthropic messages in the fast mode of Opus 4.8: double",
		...opus,
		answer: { ...opusMessage, usage: { ...used, speed: "fast" } },
		costs: opusAt(2),
	},
	{
		title: "Anthropic messages in the fast mode of Opus 5: double",
		...anthropic,
		request: { model: "claude-opus-5" },
		answer: { ...message, model: "claude-opus-5", usage: { ...used, speed: "fast" } },
		costs: opusAt(2),
	},
	{
		title: "Anthropic messages in the fast mode of Opus 4.6: six times as much",
		...anthropic,
		request: { model: "claude-opus-4-6" },
		answer: { ...message, model: "claude-opus-4-6", usage: { ...used, speed: "fast" } },
		costs: opusAt(6),
	},
	{
		title: "Anthropic messages in the fast mode of a model for which we know no price of it",
		...anthropic,
		request: { model: "claude-opus-5-5" },
		answer: { ...message, model: "claude-opus-5-5", usage: { ...used, speed: "fast" } },
		costs: "unpriced",
	},
	{
		title: "Anthropic messages answered in the US: a tenth more",
		...opus,
		answer: { ...opusMessage, usage: { ...used, inference_geo: "us", speed: "standard" } },
		costs: opusAt(1.1),
	},
	{
		title: "Anthropic messages in a batch answered in the US",
		...opus,
		answer: { ...opusMessage, usage: { ...used, service_tier: "batch", inference_geo: "us" } },
		costs: opusAt(0.5 * 1.1),
	},
	{
		title: "Anthropic messages whose context was compacted, which its usage does not include",
		...opus,
		answer: {
			...opusMessage,
			usage: {
				...used,
				iterations: [
					{ type: "compaction", input_tokens: 1_000, output_tokens: 20 },
					{ type: "message", input_tokens: 100, output_tokens: 50 },
				],
			},
		},
		costs: opusAt(1) + (1_000 * 5 + 20 * 25) / M,
		tokens: { input: 1_100, output: 70 },
	},
];

const google = { provider: "gcp.gemini", method: "models.generateContent", request: { model: "gemini-2.5-flash" } };
const generated = {
	responseId: "r-1",
	modelVersion: "gemini-2.5-flash",
	candidates: [{ index: 0, finishReason: "STOP", content: { parts: [{ text: "…" }] } }],
};
// gemini-2.5-flash: 0.3 for input, 1 for audio, 0.03 out of the cache (audio 0.1), 2.5 for output, thoughts included.
const metadata = { promptTokenCount: 1_000, candidatesTokenCount: 50, thoughtsTokenCount: 30, totalTokenCount: 1_080 };
const generatedAt = (factor: number) => ((1_000 * 0.3 + 80 * 2.5) / M) * factor;

const googleAnswers: readonly ProviderAnswer[] = [
	{
		title: "Google generateContent with thoughts",
		...google,
		answer: { ...generated, usageMetadata: metadata },
		costs: generatedAt(1),
		tokens: { input: 1_000, output: 80, reasoning: 30 },
	},
	{
		title: "Google generateContent out of the cache",
		...google,
		answer: { ...generated, usageMetadata: { ...metadata, cachedContentTokenCount: 600 } },
		costs: (400 * 0.3 + 600 * 0.03 + 80 * 2.5) / M,
		tokens: { input: 1_000, output: 80, cacheRead: 600, reasoning: 30 },
	},
	{
		title: "Google generateContent, streamed, counted along with each chunk",
		...google,
		method: "models.generateContentStream",
		chunks: [
			{
				...generated,
				candidates: [{ index: 0, content: {} }],
				usageMetadata: { promptTokenCount: 1_000, totalTokenCount: 1_000 },
			},
			{ ...generated, usageMetadata: metadata },
		],
		costs: generatedAt(1),
		tokens: { input: 1_000, output: 80, reasoning: 30 },
	},
	{
		title: "Google generateContent with the results of tools, which are input",
		...google,
		answer: { ...generated, usageMetadata: { ...metadata, toolUsePromptTokenCount: 200 } },
		costs: (1_200 * 0.3 + 80 * 2.5) / M,
		tokens: { input: 1_200, output: 80, reasoning: 30 },
	},
	{
		title: "Google generateContent with audio, part of it out of the cache",
		...google,
		answer: {
			...generated,
			usageMetadata: {
				...metadata,
				cachedContentTokenCount: 300,
				promptTokensDetails: [
					{ modality: "TEXT", tokenCount: 600 },
					{ modality: "AUDIO", tokenCount: 400 },
				],
				cacheTokensDetails: [
					{ modality: "TEXT", tokenCount: 200 },
					{ modality: "AUDIO", tokenCount: 100 },
				],
			},
		},
		costs: (400 * 0.3 + 300 * 1 + 200 * 0.03 + 100 * 0.1 + 80 * 2.5) / M,
	},
	{
		title: "Google generateContent beyond 200,000 tokens of input",
		...google,
		request: { model: "gemini-2.5-pro" },
		answer: {
			...generated,
			modelVersion: "gemini-2.5-pro",
			usageMetadata: { promptTokenCount: 250_000, candidatesTokenCount: 100, totalTokenCount: 250_100 },
		},
		costs: (250_000 * 2.5 + 100 * 15) / M,
	},
	{
		title: "Google generateContent in tier flex: half, as its headers say",
		...google,
		answer: {
			...generated,
			usageMetadata: metadata,
			sdkHttpResponse: { headers: { "x-gemini-service-tier": "flex" } },
		},
		costs: generatedAt(0.5),
	},
	{
		title: "Google generateContent in tier batch: half",
		...google,
		answer: { ...generated, usageMetadata: { ...metadata, serviceTier: "batch" } },
		costs: generatedAt(0.5),
	},
	{
		title: "Google generateContent in tier flex out of the cache, whose price there no document says",
		...google,
		answer: {
			...generated,
			usageMetadata: { ...metadata, cachedContentTokenCount: 600, trafficType: "ON_DEMAND_FLEX" },
		},
		costs: "unpriced",
	},
	{
		title: "Google generateContent in tier priority, whose price is a range",
		...google,
		answer: { ...generated, usageMetadata: { ...metadata, trafficType: "ON_DEMAND_PRIORITY" } },
		costs: "unpriced",
	},
	{
		title: "Google generateContent on demand",
		...google,
		provider: "gcp.vertex_ai",
		answer: { ...generated, usageMetadata: { ...metadata, trafficType: "ON_DEMAND" } },
		costs: generatedAt(1),
	},
	{
		title: "Google generateContent on provisioned throughput, which is paid for in advance",
		...google,
		provider: "gcp.vertex_ai",
		answer: { ...generated, usageMetadata: { ...metadata, trafficType: "PROVISIONED_THROUGHPUT" } },
		costs: "unpriced",
	},
];

const sdkUsage = {
	inputTokens: 812,
	inputTokenDetails: { noCacheTokens: 300, cacheReadTokens: 512, cacheWriteTokens: 0 },
	outputTokens: 96,
	outputTokenDetails: { textTokens: 32, reasoningTokens: 64 },
	totalTokens: 908,
};
const aiSdk = { provider: "openai", method: "generateText", request: { model: "gpt-5-mini" } };
const step = { response: { id: "r-1", modelId: "gpt-5-mini" }, finishReason: "stop", usage: sdkUsage };

const aiSdkAnswers: readonly ProviderAnswer[] = [
	{
		title: "AI SDK 6 and 7, of one step",
		...aiSdk,
		answer: { steps: [step], totalUsage: sdkUsage },
		costs: completionAt(1),
		tokens: completionTokens,
	},
	{
		title: "AI SDK of several steps, each at its tier",
		...aiSdk,
		answer: {
			steps: [step, { ...step, providerMetadata: { openai: { serviceTier: "flex" } } }],
			totalUsage: { ...sdkUsage, inputTokens: 1_624 },
		},
		costs: completionAt(1) + completionAt(0.5),
		tokens: { input: 1_624, output: 192, cacheRead: 1_024, reasoning: 128 },
	},
	{
		title: "AI SDK with the usage that Anthropic gave, by the time it is kept in the cache",
		provider: "anthropic",
		method: "generateText",
		request: { model: { modelId: "claude-sonnet-4-6", provider: "anthropic.messages" } },
		answer: { steps: [{ response: { id: "m-1", modelId: "claude-sonnet-4-6" }, usage: { ...sdkUsage, raw: cached } }] },
		costs: cachedAt(1),
		tokens: cachedTokens,
	},
	{
		title: "AI SDK 5",
		...aiSdk,
		answer: {
			steps: [
				{
					response: { id: "r-1", modelId: "gpt-5-mini" },
					usage: { inputTokens: 812, outputTokens: 96, cachedInputTokens: 512, reasoningTokens: 64 },
				},
			],
		},
		costs: completionAt(1),
		tokens: completionTokens,
	},
	{
		title: "AI SDK 5 with Anthropic, whose input does not include the cache",
		provider: "anthropic",
		method: "generateText",
		request: { model: "claude-sonnet-4-6" },
		answer: {
			steps: [
				{
					response: { id: "m-1", modelId: "claude-sonnet-4-6" },
					usage: { inputTokens: 100, outputTokens: 50, cachedInputTokens: 1_000 },
					providerMetadata: { anthropic: { usage: cached, cacheCreationInputTokens: 700 } },
				},
			],
		},
		costs: cachedAt(1),
		tokens: cachedTokens,
	},
	{
		title: "AI SDK, the parts of a stream",
		...aiSdk,
		method: "streamText",
		chunks: [
			{ type: "start-step" },
			{ type: "text-delta", id: "0", text: "…" },
			{ type: "finish-step", ...step },
			{ type: "finish", finishReason: "stop", totalUsage: sdkUsage },
		],
		costs: completionAt(1),
		tokens: completionTokens,
	},
	{
		title: "AI SDK, a stream of an object",
		...aiSdk,
		method: "streamObject",
		chunks: [
			{ type: "object", object: {} },
			{ type: "finish", finishReason: "stop", usage: sdkUsage, response: { id: "r-1", modelId: "gpt-5-mini" } },
		],
		costs: completionAt(1),
		tokens: completionTokens,
	},
	{
		title: "AI SDK, a model itself",
		...aiSdk,
		method: "doGenerate",
		request: {},
		answer: {
			content: [],
			finishReason: { unified: "stop", raw: "stop" },
			usage: {
				inputTokens: { total: 812, noCache: 300, cacheRead: 512, cacheWrite: 0 },
				outputTokens: { total: 96, text: 32, reasoning: 64 },
			},
			response: { id: "r-1", modelId: "gpt-5-mini" },
		},
		costs: completionAt(1),
		tokens: completionTokens,
	},
	{
		title: "AI SDK, an embedding",
		provider: "openai",
		method: "embed",
		request: { model: { modelId: "text-embedding-3-small", provider: "openai.embedding" } },
		answer: { value: "…", embedding: [0.1], usage: { tokens: 8 } },
		costs: (8 * 0.02) / M,
		tokens: { input: 8, output: 0 },
	},
];

export const providerAnswers: readonly ProviderAnswer[] = [
	...openAiAnswers,
	...anthropicAnswers,
	...googleAnswers,
	...aiSdkAnswers,
];
