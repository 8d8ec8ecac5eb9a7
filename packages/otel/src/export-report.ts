import { warn } from "@footlight/core";
import type { LostParcel } from "./exit-export.ts";
import { isAnswer } from "./export-problem.ts";
import { addressCure, type OtlpTarget } from "./otlp-target.ts";
import { warnAtExit } from "./warn-at-exit.ts";
import { isWebPage, webPageCure } from "./web-page.ts";

/** Says once that an address fails, and once that it works again, however many signals and batches go there. */
export interface ExportReport {
	failed(target: OtlpTarget, problem: string): void;
	delivered(target: OtlpTarget): void;
	/** Says what the end of the process has left undelivered, unless its reason is known already. */
	lostAtExit(lost: readonly LostParcel[]): void;
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
			const what = isAnswer(problem) ? target.signal : "telemetry";
			warn(
				"FOOTLIGHT_EXPORT_FAILED",
				`${what} cannot be delivered to ${news}: ${problem}. The application goes on without. ${adviceOn(target, problem)}`,
			);
		},
		delivered({ url }) {
			if (!failing.delete(url)) return;
			const origin = originOf(url);
			if (saidRecovered.has(origin)) return;
			saidRecovered.add(origin);
			warn("FOOTLIGHT_EXPORT_RECOVERED", `${origin} takes telemetry again.`);
		},
		lostAtExit(lost) {
			const news = lost.filter(({ target, problem }) => !saidFailing.has(newsOf(target, problem)));
			if (news.length === 0) return;
			const what = news.map(
				({ target, items, problem }) => `${amount(target, items.length)} to ${target.url} (${problem})`,
			);
			const advice = new Set(news.map(({ target, problem }) => adviceOn(target, problem)));
			warnAtExit(
				"FOOTLIGHT_EXPORT_FAILED",
				`at the exit could not be delivered: ${what.join(", ")}. ${[...advice].join(" ")}`,
			);
		},
		problems: () => [...failing.values()],
	};
}

/**
 * What is one piece of news: when a collector is down, traces and logs fail for one reason; what a server answers, it
 * answers to one of them.
 */
function newsOf({ url }: OtlpTarget, problem: string): string {
	return isAnswer(problem) ? url : originOf(url);
}

function adviceOn({ signal, url }: OtlpTarget, problem: string): string {
	const cure = addressCure(url) ?? (isWebPage(problem) ? webPageCure : undefined);
	if (cure !== undefined) return cure;
	if (signal !== "traces" && isAnswer(problem) && /\b40[45]\b/.test(problem)) {
		const setting = signal === "logs" ? "OTEL_LOGS_EXPORTER=none" : "OTEL_METRICS_EXPORTER=prometheus";
		return `Jaeger takes no ${signal}: set ${setting}, or send to a collector that takes them.`;
	}
	return "Start a collector there, set OTEL_EXPORTER_OTLP_ENDPOINT, or ask `npx @footlight/cli doctor`.";
}

function amount({ signal }: OtlpTarget, count: number): string {
	const unit = signal === "traces" ? "span" : "log record";
	return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** What the addresses of both signals have in common, whole or malformed. */
function originOf(url: string): string {
	const { protocol, host } = URL.parse(url) ?? { protocol: "", host: "" };
	return host === "" ? url.replace(/\/v1\/(?:traces|logs|metrics)$/, "") : `${protocol}//${host}`;
}
