import { genaiPrices } from "@footlight/adapters/genai-prices";
import { ownPrices, type PriceBook } from "@footlight/core";
import OpenAI from "openai";
import { type OpenAiServerStats, startOpenAiServer } from "../openai-server/openai-server.ts";

/** Where the answers come from: the real service, or the local server where no key is at hand. */
export interface ModelService {
	readonly client: OpenAI;
	readonly model: string;
	readonly description: string;
	/** What a call of it costs. */
	readonly prices: PriceBook;
	/** What the local server counted; nobody knows for the real service. */
	stats(): OpenAiServerStats | undefined;
	close(): Promise<void>;
}

/** Nobody sells the local model: prices as a small model might have them, so that there is money to be seen. */
export const localPrices = {
	"extractive-1": {
		inputUsdPerMillionTokens: 0.25,
		cacheReadUsdPerMillionTokens: 0.025,
		outputUsdPerMillionTokens: 2,
	},
};

/** Connects to the service that OPENAI_API_KEY, OPENAI_BASE_URL and OPENAI_MODEL name, else starts the local server. */
export async function connectModelService(env: NodeJS.ProcessEnv): Promise<ModelService> {
	const maxRetries = 0; // nothing is retried unseen
	if (env.OPENAI_API_KEY || env.OPENAI_BASE_URL) {
		const client = new OpenAI({ apiKey: env.OPENAI_API_KEY || "none", maxRetries });
		const model = env.OPENAI_MODEL || "gpt-5-mini";
		const description = `${model} at ${client.baseURL}`;
		return { client, model, description, prices: genaiPrices(), stats: () => undefined, close: async () => {} };
	}
	const server = await startOpenAiServer();
	return {
		client: new OpenAI({ apiKey: "local", baseURL: server.url, maxRetries }),
		model: "extractive-1",
		description: `a local server at ${server.url} (set OPENAI_API_KEY for the real service)`,
		prices: ownPrices(localPrices, { name: "docs-qa example" }),
		stats: server.stats,
		close: server.close,
	};
}
