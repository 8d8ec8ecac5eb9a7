import { type ChildOptions, type Ended, runChild } from "./child-process.fixture.ts";

export interface ProgramEnded extends Ended {
	/** What the program gave to `print`. */
	readonly printed: unknown[];
}

/** Runs a program that may `print` JSON, in a process of its own: providers are global. */
export async function runProgram(endpoint: string, program: string, options: ChildOptions = {}): Promise<ProgramEnded> {
	const code = `
		import { context, logs, metrics, trace } from "@opentelemetry/api";
		import { startTelemetry } from "@footlight/otel";
		const print = (value) => console.log("PRINT" + JSON.stringify(value));
		${program}`;
	const ended = await runChild(code, { ...options, env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...options.env } });
	if (ended.code !== 0) throw new Error(ended.stderr);
	const printed = [...ended.stdout.matchAll(/^PRINT(.*)$/gm)].map(([, json]) => JSON.parse(json as string));
	return { ...ended, printed };
}
