import { parseArgs } from "node:util";

const usage = `Answers questions from the documentation of this workspace's dependencies, every step of it traced.

Usage: npm start -- [options]

  --once      ask each question once, send all telemetry, and exit
  --wait      stay after the last question of --once, for a look at the metrics, until Ctrl-C
  --users N   N people ask at the same time, 1 to 20 (default 1); of more than one only the trees are shown
  --logs      show the log lines too, not only the trees of finished runs
  --json      write nothing to stdout but a summary in JSON, at the end
  --help      show this text

Without --once it goes on asking until Ctrl-C, or until it is terminated.

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
	/** So many ask at the same time. */
	readonly users: number;
}

const mostUsers = 20;

/** Reads the command line; ends the process after --help, and with code 2 for what it does not know. */
export function readArguments(args: readonly string[]): Arguments {
	const flag = { type: "boolean", default: false } as const;
	try {
		const { values } = parseArgs({
			args: [...args],
			options: {
				...{ once: flag, wait: flag, logs: flag, json: flag, help: { ...flag, short: "h" } },
				users: { type: "string", default: "1" },
			},
		});
		if (!values.help) return { ...values, users: readUsers(values.users) };
	} catch (error) {
		process.stderr.write(`${(error as Error).message}\n\n${usage}`);
		process.exit(2);
	}
	process.stdout.write(usage);
	process.exit(0);
}

function readUsers(given: string): number {
	const users = Number(given);
	if (Number.isInteger(users) && users >= 1 && users <= mostUsers) return users;
	throw new RangeError(`Option '--users' must be an integer from 1 to ${mostUsers}, got '${given}'`);
}
