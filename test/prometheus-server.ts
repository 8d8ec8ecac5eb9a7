import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** False where the programs `prometheus` and `promtool` (Debian package `prometheus`) are not both installed. */
export const hasPrometheus: boolean = ["prometheus", "promtool"].every(
	(program) => spawnSync(program, ["--version"]).status === 0,
);

/** A series of a metric: its labels, and its value. */
export interface Series {
	readonly labels: Readonly<Record<string, string>>;
	readonly value: number;
}

/** An exemplar that Prometheus has kept. */
export interface StoredExemplar {
	readonly metric: string;
	readonly labels: Readonly<Record<string, string>>;
}

export interface PrometheusServer {
	readonly url: string;
	/** Asks for the latest values. */
	query(expression: string): Promise<Series[]>;
	/** Asks for the exemplars of the last ten minutes. */
	exemplars(expression: string): Promise<StoredExemplar[]>;
	close(): Promise<void>;
}

/** Starts a real Prometheus on loopback that scrapes a target (`127.0.0.1:9464`) five times a second and keeps exemplars. */
export async function startPrometheus(target: string): Promise<PrometheusServer> {
	const folder = await mkdtemp(join(tmpdir(), "footlight-prometheus-"));
	const config = join(folder, "prometheus.yaml");
	const job = `  - job_name: app\n    static_configs: [{ targets: ["${target}"] }]\n`;
	await writeFile(config, `global: { scrape_interval: 200ms, scrape_timeout: 200ms }\nscrape_configs:\n${job}`);
	const child = spawn(
		"prometheus",
		[
			...[`--config.file=${config}`, `--storage.tsdb.path=${join(folder, "data")}`],
			...["--web.listen-address=127.0.0.1:0", "--enable-feature=exemplar-storage"],
		],
		{ stdio: ["ignore", "ignore", "pipe"] },
	);
	const url = `http://${await addressOf(child)}`;

	async function ask<T>(path: string, parameters: Readonly<Record<string, string>>): Promise<T> {
		const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
		const { data, error } = (await response.json()) as { data: T; error?: string };
		if (error !== undefined) throw new Error(`prometheus: ${path}: ${error}`);
		return data;
	}

	return {
		url,
		async query(expression) {
			type Data = { result: { metric: Record<string, string>; value: [number, string] }[] };
			const { result } = await ask<Data>("query", { query: expression });
			return result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }));
		},
		async exemplars(expression) {
			const nowSeconds = Date.now() / 1_000;
			const range = { start: String(nowSeconds - 600), end: String(nowSeconds + 60) };
			type Data = { seriesLabels: { __name__: string }; exemplars: { labels: Record<string, string> }[] }[];
			const found = await ask<Data>("query_exemplars", { query: expression, ...range });
			return found.flatMap(({ seriesLabels, exemplars }) =>
				exemplars.map(({ labels }) => ({ metric: seriesLabels.__name__, labels })),
			);
		},
		async close() {
			const ended = once(child, "exit");
			if (child.exitCode === null && child.kill()) await ended;
			await rm(folder, { recursive: true, force: true });
		},
	};
}

/** The address it says it listens on; rejects with what it said where it ends before. */
function addressOf(child: ChildProcess): Promise<string> {
	return new Promise((resolve, reject) => {
		const said: string[] = [];
		createInterface({ input: child.stderr as NodeJS.ReadableStream }).on("line", (line) => {
			said.push(line);
			const address = /msg="Listening on" address=(\S+)/.exec(line)?.[1];
			if (address !== undefined) resolve(address);
		});
		child.once("error", reject);
		child.once("exit", () => reject(new Error(`prometheus ended:\n${said.join("\n")}`)));
	});
}

/** What `promtool check metrics` has to say about a text; empty where it is content. */
export function checkMetrics(text: string): string {
	const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
	return `${status === 0 ? "" : `status ${status}\n`}${stdout}${stderr}`;
}

/** Reads the series of a metric out of a text that was scraped. */
export function seriesIn(text: string, name: string): Series[] {
	return text
		.split("\n")
		.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
		.map((line) => {
			const [, labels = "", value] = /^[\w:]+(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
			const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
			return {
				labels: Object.fromEntries(pairs.map(([, key = "", text = ""]) => [key, text])),
				value: Number(value),
			};
		});
}
