/** A question as a user asks it, in one session of theirs. */
export interface Question {
	readonly text: string;
	readonly userId: string;
	readonly sessionId: string;
}

/** Questions that the documentation of this workspace's own dependencies answers; one of them two people ask. */
export const questions: readonly Question[] = [
	{ text: "How do I redact sensitive keys with pino?", userId: "ada", sessionId: "ada-logging" },
	{ text: "Why does pino recommend running transports in a worker thread?", userId: "ada", sessionId: "ada-logging" },
	{ text: "How does MiniSearch do fuzzy search and prefix search?", userId: "grace", sessionId: "grace-search" },
	{ text: "How do I change the tokenizer of MiniSearch?", userId: "grace", sessionId: "grace-search" },
	{ text: "How do I cancel a request of the OpenAI library?", userId: "alan", sessionId: "alan-models" },
	{ text: "How many times does the OpenAI library retry by default?", userId: "alan", sessionId: "alan-models" },
	{ text: "How do I handle errors of the OpenAI library?", userId: "alan", sessionId: "alan-models" },
	{ text: "Which special tokens does gpt-tokenizer disallow by default?", userId: "alan", sessionId: "alan-models" },
	{
		text: "How can the OpenTelemetry SDK be disabled from the environment?",
		userId: "barbara",
		sessionId: "barbara-tracing",
	},
	{
		text: "How do I configure the timeout of the OTLP trace exporter?",
		userId: "barbara",
		sessionId: "barbara-tracing",
	},
	{ text: "What does AsyncLocalStorage do for the context manager?", userId: "barbara", sessionId: "barbara-tracing" },
	{ text: "How do I abort a tinybench benchmark while it runs?", userId: "linus", sessionId: "linus-testing" },
	{ text: "How do I redact sensitive keys with pino?", userId: "edsger", sessionId: "edsger-logging" },
	{
		text: "Why should I migrate to fast-check for property based testing?",
		userId: "linus",
		sessionId: "linus-testing",
	},
];
