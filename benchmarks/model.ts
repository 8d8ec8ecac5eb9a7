/** A model's answer, as small as they come, with what OpenAI bills. */
export interface Completion {
	readonly id: string;
	readonly model: string;
	readonly choices: readonly { readonly index: number; readonly finish_reason: string }[];
	readonly usage: {
		readonly prompt_tokens: number;
		readonly completion_tokens: number;
		readonly prompt_tokens_details: { readonly cached_tokens: number };
	};
}

export interface CompletionRequest {
	readonly model: string;
	readonly messages: readonly { readonly role: string; readonly content: string }[];
}

export const request: CompletionRequest = { model: "gpt-5-mini", messages: [{ role: "user", content: "How much?" }] };

/** US dollars for a million tokens: the one table of all subjects. */
export const priceTable = {
	"gpt-5-mini": { inputUsdPerMillionTokens: 0.25, outputUsdPerMillionTokens: 2, cacheReadUsdPerMillionTokens: 0.025 },
};

/** What one answer costs: 800 fresh and 200 cached tokens in, 100 out. */
export const usdPerAnswer = (800 * 0.25 + 200 * 0.025 + 100 * 2) / 1e6;

/** The stage that every subject with cost wraps: it awaits once, and answers. */
export async function complete({ model }: CompletionRequest): Promise<Completion> {
	await undefined;
	return {
		id: "chatcmpl-7",
		model,
		choices: [{ index: 0, finish_reason: "stop" }],
		usage: { prompt_tokens: 1_000, completion_tokens: 100, prompt_tokens_details: { cached_tokens: 200 } },
	};
}
