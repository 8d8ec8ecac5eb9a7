import { parseArgs } from "node:util";

const usage = `Answers questions from the documentation of this workspace's dependencies, every step of it traced.

Usage: npm start -- [options]

  --once   ask each question once, send all telemetry, and exit
  --wait   stay after the last question of --once, for a look at the metrics, until Ctrl-C
  --logs   show the log lines too, not only the trees of finished runs
  --json   write nothing to stdout but a summary in JSON, at the end
  --help   show this text

Without --once it goes on asking until Ctrl-C.

Environment:
  OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL   ask a real service and not the local server
  OTEL_EXPORTER_OTLP_ENDPOINT                     where traces and logs go (default http://localhost:4318)
  OTEL_EXPORTER_PROMETHEUS_HOST, _PORT            where metrics are served (default 127.0.0.1:9464)
`;

export interface Arguments {
	readonly once: boolean;
	readonly wait: boolean;
	readonly logs: boolean;
	readonly json: boolean;
}

/** Reads the command line; ends the process after --help, and with code 2 for what it does not know. */
export function readArguments(args: readonly string[]): Arguments {
	const flag = { type: "boolean", default: false } as const;
	try {
		const { values } = parseArgs({
			args: [...args],
			options: { once: flag, wait: flag, logs: flag, json: flag, help: { ...flag, short: "h" } },
		});
		if (!values.help) return values;
	} catch (error) {
		process.stderr.write(`${(error as Error).message}\n\n${usage}`);
		process.exit(2);
	}
	process.stdout.write(usage);
	process.exit(0);
}
