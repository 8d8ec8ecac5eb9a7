import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { DoctorOptions, DoctorReport } from "@footlight/otel";
import type { Command } from "./command.ts";
import { Complaint } from "./complaint.ts";
import { readParameters } from "./read-parameters.ts";

const options = {
	endpoint: { type: "string" },
	json: { type: "boolean" },
	import: { type: "string" },
} as const;

/** `footlight doctor`: says in words why no spans appear. */
export const doctorCommand: Command = {
	summary: "says why no spans appear, and sends a test span",
	help: `Usage: footlight doctor [--endpoint URL] [--import FILE] [--json]

Looks at the OTEL_* variables, at the packages installed in this folder, and at the
endpoint, to which it sends a real test span named footlight.doctor. It also asks who
serves metrics where Prometheus would look for them.

Options:
  --endpoint URL  base address to try instead of OTEL_EXPORTER_OTLP_ENDPOINT
  --import FILE   module that starts telemetry; its process is looked at too
  --json          print the findings as JSON

Exit code: 0 when all is well, 1 when an error was found, 2 for wrong usage.
`,
	async run(parameters, output) {
		const { endpoint, json = false, import: file } = readParameters(parameters, options).values;
		if (file !== undefined) await load(file);
		const report = await examine({ ...(endpoint !== undefined && { endpoint }), inProcess: file !== undefined });
		output.write(json ? `${JSON.stringify(report.findings, null, 2)}\n` : print(report));
		return report.healthy ? 0 : 1;
	},
};

async function load(file: string): Promise<void> {
	try {
		await import(pathToFileURL(resolve(file)).href);
	} catch (error) {
		throw new Complaint(`cannot import ${file}: ${(error as Error).message}`);
	}
}

async function examine(chosen: DoctorOptions): Promise<DoctorReport> {
	// It brings the SDK, which no other command waits for.
	const { doctor } = await import("@footlight/otel");
	try {
		return await doctor(chosen);
	} catch (error) {
		throw new Complaint((error as Error).message);
	}
}

function print({ text, healthy }: DoctorReport): string {
	const verdict = healthy ? "Spans can reach the collector." : "Spans do not reach the collector.";
	return `${text}\n\n${verdict}\n`;
}
