import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { root } from "../../scripts/command.ts";
import { type DemoSummary, demoEnvironment, demoProgram } from "../../stack/demo.ts";

/** A log line as the demo has written it. */
export interface WrittenLine {
	readonly time: number;
	readonly msg: string;
	readonly trace_id?: string;
	readonly span_id?: string;
	readonly "pipeline.name"?: string;
}

export interface DemoRun {
	readonly summary: DemoSummary;
	/** The log lines that it wrote to stderr, to compare with those that were exported. */
	readonly lines: readonly WrittenLine[];
}

/** Runs the demo once over its questions, to its end, with settings of OpenTelemetry. */
export async function runDemo(otlpUrl: string, settings: Readonly<Record<string, string>>): Promise<DemoRun> {
	const env = { ...demoEnvironment(otlpUrl), ...settings };
	const options = { cwd: root, env, timeout: 120_000, maxBuffer: 64 * 1024 * 1024 };
	const args = [...demoProgram, "--once", "--json", "--logs"];
	const { stdout, stderr } = await promisify(execFile)(process.execPath, args, options);
	// They stand among what a person reads, which may leave its own line open.
	const lines = [...stderr.matchAll(/\{"level":\d+,.*\}$/gm)].map(([line]) => JSON.parse(line) as WrittenLine);
	return { summary: JSON.parse(stdout) as DemoSummary, lines };
}
