import { setTimeout as sleep } from "node:timers/promises";
import { CircuitOpenError, type PipelineReport } from "@footlight/core";
import type { answering } from "./answering.ts";
import type { AuditLog } from "./audit-log.ts";
import type { followingUp } from "./follow-up.ts";
import { questionsOf } from "./question-order.ts";
import type { Question } from "./questions.ts";

const pauseMs = 1_000;
/** Readers take longer for a word than the local model does: it is held back. */
const readingMs = 9;

export interface ReaderOptions {
	/** From 0. */
	readonly reader: number;
	readonly readers: number;
	readonly once: boolean;
	readonly signal: AbortSignal;
	readonly answers: ReturnType<typeof answering>;
	readonly followUps: ReturnType<typeof followingUp>;
	readonly audit: AuditLog;
	/** What a reader hears of each question. */
	readonly hear: {
		asked(question: string): void;
		word(word: string): void;
		failed(error: unknown): void;
	};
	/** Gets the report of each run: of a question, and of what followed from its answer. */
	readonly report: { asked(report: PipelineReport): void; ran(report: PipelineReport): void };
}

/** Asks one question after another: each once, or on and on until the signal aborts. */
export async function startReader(options: ReaderOptions): Promise<void> {
	const { reader, readers, once, signal } = options;
	for (let pass = 0; pass === 0 || !once; pass++) {
		for (const question of questionsOf(reader, pass, readers)) {
			if (signal.aborted) return;
			await ask(question, options);
			if (!once) await pause(pauseMs, signal);
		}
	}
}

async function ask(
	{ text, userId, sessionId }: Question,
	{ signal, answers, followUps, audit, hear, report }: ReaderOptions,
) {
	const entry = { user: userId, session: sessionId, question: text };
	const ids = { userId, sessionId, signal };
	hear.asked(text);
	audit.write({ ...entry, action: "asked" });
	const stream = answers.stream(text, ids);
	let answer = "";
	try {
		for await (const word of stream) {
			answer += word;
			hear.word(word);
			await sleep(readingMs);
		}
	} catch (error) {
		if (!signal.aborted) hear.failed(error);
	}
	const { report: run } = await stream.result;
	report.asked(run);
	const { outcome, error, spend } = run;
	audit.write({ ...entry, action: outcome === "ok" ? "answered" : "failed", costUsd: spend.costUsd });
	if (outcome === "ok") report.ran((await followUps.run({ question: text, answer }, ids)).report);
	if (error instanceof CircuitOpenError) await pause(error.retryAfterMs ?? 0, signal);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
	await sleep(ms, undefined, { signal }).catch(() => {});
}
