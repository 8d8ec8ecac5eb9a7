/** Classes of well-known clients, by the provider name the GenAI conventions give them. */
const providers: Readonly<Record<string, string>> = {
	OpenAI: "openai",
	AzureOpenAI: "azure.ai.openai",
	Anthropic: "anthropic",
	AnthropicBedrock: "aws.bedrock",
	AnthropicVertex: "gcp.vertex_ai",
	BedrockRuntimeClient: "aws.bedrock",
	GoogleGenAI: "gcp.gemini",
	GoogleGenerativeAI: "gcp.gemini",
	Mistral: "mistral_ai",
	Groq: "groq",
	CohereClient: "cohere",
	CohereClientV2: "cohere",
};

/** The provider of a client, told from its class or one it extends. */
export function providerOf(target: object): string | undefined {
	for (let owner: object | null = target; owner !== null; owner = Object.getPrototypeOf(owner)) {
		const { value } = Object.getOwnPropertyDescriptor(owner, "constructor") ?? {};
		const provider = typeof value === "function" ? providers[value.name] : undefined;
		if (provider !== undefined) return provider;
	}
	return undefined;
}
