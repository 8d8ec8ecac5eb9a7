import { show } from "@footlight/core/option";
import { Complaint } from "../complaint.ts";
import { limit } from "./limit.ts";
import { type Answer, addressCure, messageOf, notServed, refuseStranger, request } from "./request.ts";
import type { Server } from "./server.ts";
import type { Window } from "./window.ts";

/** A series, with its values in the order of time. */
export interface Series {
	readonly labels: Readonly<Record<string, string>>;
	readonly values: readonly number[];
	readonly times: readonly number[];
}

/** A process that Prometheus scrapes. */
export interface ScrapeTarget {
	readonly labels: Readonly<Record<string, string>>;
	readonly health: string;
	readonly scrapeUrl: string;
	readonly lastError: string;
	readonly scrapeInterval?: string;
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
	function ask<T>(path: string, form?: Readonly<Record<string, string>>): Promise<T> {
		const key = JSON.stringify([path, form]);
		const asked =
			known.get(key) ??
			inTurn(async () => dataOf(server, await request(server, path, { ...(form && { form }), signal })));
		known.set(key, asked);
		return asked as Promise<T>;
	}

	async function tell<T>(path: string): Promise<T | undefined> {
		try {
			return await ask<T>(path);
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
			return seriesIn(await ask<QueryData>("/api/v1/query", { query: expression, time: String(atSeconds) }));
		},
		async queryRange(expression, { start, end, step }) {
			const range = { start: String(start), end: String(end), step: String(step) };
			return seriesIn(await ask<QueryData>("/api/v1/query_range", { query: expression, ...range }));
		},
		labelValues(label, selector, window) {
			const parameters = new URLSearchParams({
				...(selector !== undefined && { "match[]": selector }),
				...(window !== undefined && { start: String(window.start), end: String(window.end) }),
			});
			return ask(`/api/v1/label/${encodeURIComponent(label)}/values?${parameters}`);
		},
		async targets() {
			return (await tell<{ readonly activeTargets: readonly ScrapeTarget[] }>("/api/v1/targets?state=active"))
				?.activeTargets;
		},
		async alertNames() {
			const data = await tell<{ readonly groups: readonly { readonly rules: readonly { readonly name: string }[] }[] }>(
				"/api/v1/rules?type=alert",
			);
			return data?.groups.flatMap(({ rules }) => rules.map(({ name }) => name));
		},
	};
}

interface QueryData {
	readonly resultType: string;
	readonly result: readonly {
		readonly metric: Readonly<Record<string, string>>;
		readonly value?: readonly [number, string];
		readonly values?: readonly (readonly [number, string])[];
		readonly histogram?: unknown;
		readonly histograms?: readonly unknown[];
	}[];
}

function seriesIn({ resultType, result }: QueryData): readonly Series[] {
	if (resultType === "scalar" || resultType === "string") {
		const [time, value] = result as unknown as readonly [number, string];
		return [{ labels: {}, times: [time], values: [Number(value)] }];
	}
	return result.map(({ metric, value, values }) => {
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
		const { version, application, revision } = dataOf<Readonly<Record<string, string>>>(server, answer);
		// Others that speak its language count their versions otherwise.
		if (application === undefined && revision !== undefined && version !== undefined) refuseOld(version, server);
		return application === undefined ? version : `${application} ${version ?? ""}`.trim();
	}
	// Not every server that speaks its language tells its version.
	const probe = await request(server, "/api/v1/query?query=1", { signal });
	refuseStranger(server, probe);
	if (probe.status === 404) throw await notServed(server, "/api/v1/status/buildinfo");
	dataOf(server, probe);
	return undefined;
}

function refuseOld(version: string, { base }: Server): void {
	const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
	const [leastMajor, leastMinor] = oldestVersion;
	if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return;
	const cure = `Update it to ${oldestVersion.join(".")} or newer.`;
	throw new Complaint(`${base} is Prometheus ${version}, which is too old for the dashboards and alerts`, cure);
}

function dataOf<T>(server: Server, answer: Answer): T {
	refuseStranger(server, answer);
	const { status, json } = answer;
	const { status: said, data, error } = (json ?? {}) as { status?: string; data?: T; error?: string };
	if (said === "success" && data !== undefined) return data;
	if (typeof error === "string") throw new Complaint(error);
	if (status === 403) throw forbidden(server);
	if (status === 200) {
		throw new Complaint(
			`${server.base} does not answer as Prometheus, but with ${show(messageOf(answer))}`,
			addressCure(server),
		);
	}
	throw new Complaint(`${server.base} answered ${status}: ${messageOf(answer) || "nothing more"}`, addressCure(server));
}

function forbidden(server: Server): Complaint {
	return new Complaint(`${server.base} answered 403: these credentials may not ask it`, server.credentials);
}
