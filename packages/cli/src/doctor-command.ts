import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { type DoctorReport, doctor } from "@footlight/otel";
import type { Command, Output } from "./run.ts";

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
		let values: { endpoint?: string; json?: boolean; import?: string };
		try {
			values = parseArgs({ args: parameters, options, allowPositionals: false }).values;
		} catch (error) {
			output.complain(`footlight doctor: ${(error as Error).message}\n`);
			return 2;
		}
		const { endpoint, json = false, import: file } = values;
		if (file !== undefined && !(await load(file, output))) return 2;
		try {
			const report = await doctor({ ...(endpoint !== undefined && { endpoint }), inProcess: file !== undefined });
			output.write(json ? `${JSON.stringify(report.findings, null, 2)}\n` : print(report));
			return report.healthy ? 0 : 1;
		} catch (error) {
			output.complain(`footlight doctor: ${(error as Error).message}\n`);
			return 2;
		}
	},
};

async function load(file: string, { complain }: Output): Promise<boolean> {
	try {
		await import(pathToFileURL(resolve(file)).href);
		return true;
	} catch (error) {
		complain(`footlight doctor: cannot import ${file}: ${(error as Error).message}\n`);
		return false;
	}
}

function print({ text, healthy }: DoctorReport): string {
	const verdict = healthy ? "Spans can reach the collector." : "Spans do not reach the collector.";
	return `${text}\n\n${verdict}\n`;
}
