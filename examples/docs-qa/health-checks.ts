import { footlight, tracing } from "@footlight/core";
import type { TracerProvider } from "@opentelemetry/api";
import { FetchError } from "./fetch-passages.ts";

const everyMs = 500;
const timeoutMs = 2_000;

/**
 * Looks now and then whether the server of passages is well; each look is a trace, and no more than that. Returns what stops
 * it.
 */
export function startHealthChecks(passagesUrl: string, tracerProvider: TracerProvider): () => Promise<void> {
	const light = footlight("docs-health", { tracerProvider, use: [tracing()] });
	const check = light.stage("passages", async () => {
		const response = await fetch(new URL("health", passagesUrl), { signal: AbortSignal.timeout(timeoutMs) });
		await response.body?.cancel();
		if (!response.ok) throw new FetchError(response);
	});
	const checks = new Set<Promise<void>>();
	const timer = setInterval(() => {
		const checked = light
			.run(() => check())
			.catch(() => {}) // its trace says what was wrong
			.finally(() => checks.delete(checked));
		checks.add(checked);
	}, everyMs);
	return async () => {
		clearInterval(timer);
		await Promise.all(checks);
	};
}
