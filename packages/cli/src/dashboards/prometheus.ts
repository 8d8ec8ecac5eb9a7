import { Complaint } from "../complaint.ts";
import type { Guard } from "./answer-shapes.ts";
import {
	isBuildInformation,
	isListOf,
	isQueryData,
	isRules,
	isTargets,
	isText,
	type QueryData,
	type ScrapeTarget,
} from "./answer-shapes.ts";
import { limit } from "./limit.ts";
import { type Answer, addressCure, messageOf, notServed, refuseStranger, request, strange } from "./request.ts";
import type { Server } from "./server.ts";
import type { Window } from "./window.ts";

/** A series, with its values in the order of time. */
export interface Series {
	readonly labels: Readonly<Record<string, string>>;
	readonly values: readonly number[];
	readonly times: readonly number[];
}

/** A Prometheus, or what speaks like one. Every question may be refused: that throws a Complaint in its words. */
export interface Prometheus {
	readonly url: string;
	/** Undefined where it does not tell. */
	readonly version: string | undefined;
	query(expression: string, atSeconds: number): Promise<readonly Series[]>;
	queryRange(expression: string, window: Window): Promise<readonly Series[]>;
	/** Values of a label, of all times where no window is given. */
	labelValues(label: string, selector?: string, window?: Window): Promise<readonly string[]>;
	/** Undefined where it does not tell. */
	targets(): Promise<readonly ScrapeTarget[] | undefined>;
	/** Names of the alerts it has loaded; undefined where it does not tell. */
	alertNames(): Promise<readonly string[] | undefined>;
}

/** From this version on it knows all that the expressions and rules use. */
const oldestVersion = [2, 42] as const;
const mostAtOnce = 4;

/** Makes sure that a Prometheus answers, of a version that will do. No question lasts longer than `signal` allows. */
export async function connectPrometheus(server: Server, signal?: AbortSignal): Promise<Prometheus> {
	const inTurn = limit(mostAtOnce);
	const known = new Map<string, Promise<unknown>>();

	/** The same question is asked once. */
	function ask<T>(path: string, isData: Guard<T>, form?: Readonly<Record<string, string>>): Promise<T> {
		const key = JSON.stringify([path, form]);
		const asked =
			known.get(key) ??
			inTurn(async () => dataOf(server, await request(server, path, { ...(form && { form }), signal }), isData));
		known.set(key, asked);
		return asked as Promise<T>;
	}

	async function tell<T>(path: string, isData: Guard<T>): Promise<T | undefined> {
		try {
			return await ask(path, isData);
		} catch (error) {
			// Managed ones keep these to themselves.
			if (error instanceof Complaint) return undefined;
			throw error;
		}
	}

	const version = await versionOf(server, signal);
	return {
		url: server.base,
		version,
		async query(expression, atSeconds) {
			return seriesIn(await ask("/api/v1/query", isQueryData, { query: expression, time: String(atSeconds) }));
		},
		async queryRange(expression, { start, end, step }) {
			const range = { start: String(start), end: String(end), step: String(step) };
			return seriesIn(await ask("/api/v1/query_range", isQueryData, { query: expression, ...range }));
		},
		labelValues(label, selector, window) {
			const parameters = new URLSearchParams({
				...(selector !== undefined && { "match[]": selector }),
				...(window !== undefined && { start: String(window.start), end: String(window.end) }),
			});
			return ask(`/api/v1/label/${encodeURIComponent(label)}/values?${parameters}`, isListOf(isText));
		},
		async targets() {
			return (await tell("/api/v1/targets?state=active", isTargets))?.activeTargets;
		},
		async alertNames() {
			const data = await tell("/api/v1/rules?type=alert", isRules);
			return data?.groups.flatMap(({ rules }) => rules.map(({ name }) => name));
		},
	};
}

function seriesIn(data: QueryData): readonly Series[] {
	if (data.resultType === "scalar" || data.resultType === "string") {
		const [time, value] = data.result;
		return [{ labels: {}, times: [time], values: [Number(value)] }];
	}
	return data.result.map(({ metric, value, values }) => {
		const points = values ?? (value === undefined ? [] : [value]);
		return { labels: metric, times: points.map(([time]) => time), values: points.map(([, text]) => numberOf(text)) };
	});
}

function numberOf(text: string): number {
	return text === "+Inf" ? Number.POSITIVE_INFINITY : text === "-Inf" ? Number.NEGATIVE_INFINITY : Number(text);
}

async function versionOf(server: Server, signal: AbortSignal | undefined): Promise<string | undefined> {
	const answer = await request(server, "/api/v1/status/buildinfo", { signal });
	refuseStranger(server, answer);
	if (answer.status === 403) throw forbidden(server);
	if (answer.status === 200) {
		const { version, application, revision } = dataOf(server, answer, isBuildInformation);
		// Others that speak its language count their versions otherwise.
		if (application === undefined && revision !== undefined && version !== undefined) refuseOld(version, server);
		return application === undefined ? version : `${application} ${version ?? ""}`.trim();
	}
	// Not every server that speaks its language tells its version.
	const probe = await request(server, "/api/v1/query?query=1", { signal });
	refuseStranger(server, probe);
	if (probe.status === 404) throw await notServed(server, "/api/v1/status/buildinfo");
	dataOf(server, probe, isQueryData);
	return undefined;
}

function refuseOld(version: string, { base }: Server): void {
	const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
	const [leastMajor, leastMinor] = oldestVersion;
	if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return;
	const cure = `Update it to ${oldestVersion.join(".")} or newer.`;
	throw new Complaint(`${base} is Prometheus ${version}, which is too old for the dashboards and alerts`, cure);
}

function dataOf<T>(server: Server, answer: Answer, isData: Guard<T>): T {
	refuseStranger(server, answer);
	const { status, json } = answer;
	const { status: said, data, error } = (json ?? {}) as { status?: unknown; data?: unknown; error?: unknown };
	if (said === "success" && isData(data)) return data;
	if (typeof error === "string") throw new Complaint(error);
	if (status === 403) throw forbidden(server);
	if (status === 200) {
		throw strange(server, answer);
	}
	throw new Complaint(`${server.base} answered ${status}: ${messageOf(answer) || "nothing more"}`, addressCure(server));
}

function forbidden(server: Server): Complaint {
	return new Complaint(`${server.base} answered 403: these credentials may not ask it`, server.credentials);
}
