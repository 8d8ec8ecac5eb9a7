import type { OtlpTarget } from "./otlp-target.ts";
import { networkProblem } from "./reachability.ts";
import { warn } from "./warning.ts";

/** How a server's answer is told, so that it can be told apart from failures of the network. */
const answered = "the server answered";

/** Says once that an address fails, and once that it works again, however many signals and batches go there. */
export interface ExportReport {
	failed(target: OtlpTarget, problem: string): void;
	delivered(target: OtlpTarget): void;
	/** What stands in the way now, by address. */
	problems(): string[];
}

export function exportReport(): ExportReport {
	const failing = new Map<string, string>();
	const saidFailing = new Set<string>();
	const saidRecovered = new Set<string>();
	return {
		failed(target, problem) {
			failing.set(target.url, `${target.url}: ${problem}`);
			const news = newsOf(target, problem);
			if (saidFailing.has(news)) return;
			saidFailing.add(news);
			const what = `${target.signal} cannot be delivered to ${target.url}: ${problem}.`;
			warn("FOOTLIGHT_EXPORT_FAILED", `${what} The application goes on without. ${adviceOn(target, problem)}`);
		},
		delivered({ url }) {
			if (!failing.delete(url)) return;
			const origin = originOf(url);
			if (saidRecovered.has(origin)) return;
			saidRecovered.add(origin);
			warn("FOOTLIGHT_EXPORT_RECOVERED", `${url} takes telemetry again.`);
		},
		problems: () => [...failing.values()],
	};
}

/**
 * What is one piece of news: when a collector is down, traces and logs fail for one reason; what a server answers, it
 * answers to one of them.
 */
function newsOf({ url }: OtlpTarget, problem: string): string {
	return problem.startsWith(answered) ? url : originOf(url);
}

function adviceOn({ signal }: OtlpTarget, problem: string): string {
	if (signal === "logs" && /answered 40[45]/.test(problem)) {
		return "Jaeger takes no logs: set OTEL_LOGS_EXPORTER=none, or send to a collector that takes them.";
	}
	return "Start a collector there, set OTEL_EXPORTER_OTLP_ENDPOINT, or ask `npx footlight doctor`.";
}

/** Puts an exporter's error into words: what the network or the server said. */
export function describeExportError(error: Error | undefined): string {
	const network = networkProblem(error);
	if (network !== undefined) return network;
	const { code, message = "" } = (error ?? {}) as { code?: unknown; message?: string };
	if (typeof code === "number" && code >= 100) return `${answered} ${code}${message ? ` ${message}` : ""}`;
	return message || "the export failed";
}

function originOf(url: string): string {
	try {
		return new URL(url).host;
	} catch {
		return url;
	}
}
