import { genaiPrices } from "@footlight/adapters/genai-prices";
import { ownPrices, type PriceBook } from "@footlight/core";
import OpenAI from "openai";
import type { ReasoningEffort } from "../openai-server/chat-request.ts";
import { demoFaultsFor } from "../openai-server/fault-schedule.ts";
import { type OpenAiServerStats, startOpenAiServer } from "../openai-server/openai-server.ts";

/** A model and what is asked of it each time. */
export interface AnswerModel {
	readonly request: { readonly model: string; readonly reasoning_effort?: ReasoningEffort };
}

/** Where the answers come from: the real service, or the local server where no key is at hand. */
export interface ModelService {
	readonly client: OpenAI;
	readonly model: AnswerModel;
	/** For small things: what to call a conversation. */
	readonly small: { readonly client: OpenAI; readonly model: string };
	readonly description: string;
	/** What a call of it costs. */
	readonly prices: PriceBook;
	/** What the local servers counted; nobody knows for the real service. */
	stats(): { readonly server: OpenAiServerStats; readonly smallServer: OpenAiServerStats } | undefined;
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

/**
 * Connects to the service that OPENAI_API_KEY, OPENAI_BASE_URL and OPENAI_MODEL name, else starts local servers.
 *
 * @param readers - so many ask the local server at the same time
 */
export async function connectModelService(env: NodeJS.ProcessEnv, readers: number): Promise<ModelService> {
	const maxRetries = 0; // nothing is retried unseen
	if (env.OPENAI_API_KEY || env.OPENAI_BASE_URL) {
		const connect = () => new OpenAI({ apiKey: env.OPENAI_API_KEY || "none", maxRetries });
		const client = connect();
		const model = env.OPENAI_MODEL || "gpt-5-mini";
		return {
			...{ client, model: { request: { model } }, small: { client: connect(), model } },
			description: `${model} at ${client.baseURL}`,
			...{ prices: genaiPrices(), stats: () => undefined, close: async () => {} },
		};
	}
	const server = await startOpenAiServer({ faults: demoFaultsFor(readers), firstWordMs: 40 });
	// Another provider's, of which nobody has the prices: a price book never has all of them.
	const smallModel = "titles-1";
	const smallServer = await startOpenAiServer({ models: [smallModel], faults: "none", firstWordMs: 20 });
	return {
		client: new OpenAI({ apiKey: "local", baseURL: server.url, maxRetries }),
		model: { request: { model: "extractive-1", reasoning_effort: "minimal" } },
		small: { client: new OpenAI({ apiKey: "local", baseURL: smallServer.url, maxRetries }), model: smallModel },
		description: `a local server at ${server.url} (set OPENAI_API_KEY for the real service)`,
		prices: ownPrices(localPrices, { name: "docs-qa example" }),
		stats: () => ({ server: server.stats(), smallServer: smallServer.stats() }),
		async close() {
			await Promise.all([server.close(), smallServer.close()]);
		},
	};
}
