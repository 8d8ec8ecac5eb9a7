import type { Command } from "../command.ts";
import { Complaint } from "../complaint.ts";
import { readParameters } from "../read-parameters.ts";
import { check, type FileFindings } from "./check.ts";
import { findingsAsJson, printFindings } from "./check-report.ts";
import { readDuration } from "./duration.ts";
import { fails } from "./finding.ts";
import { findAbsence, findMissingRules, findStandstill, type GeneralProblem } from "./presence.ts";
import { connectPrometheus } from "./prometheus.ts";
import { bearer, readAddress, readHeaders, type Server } from "./server.ts";
import { chooseDashboards, readShipped } from "./shipped.ts";
import { lookAround } from "./surroundings.ts";

const options = {
	prometheus: { type: "string" },
	range: { type: "string" },
	job: { type: "string" },
	header: { type: "string", multiple: true },
	timeout: { type: "string" },
	lenient: { type: "boolean" },
	json: { type: "boolean" },
} as const;

/** All questions together take no longer than so many of the slowest. */
const mostTimeouts = 12;

/** `footlight dashboards check`: says which panels have no data, and why. */
export const checkCommand: Command = {
	summary: "says which panels have no data in a live Prometheus, and why",
	help: `Usage: footlight dashboards check [NAME...] --prometheus URL [options]

Asks a live Prometheus everything that the dashboards, or those named, and the alerts ask, with "All" chosen
in their variables, and says of each panel whether it has data, or why not: its metric was never there, is there under
another name, has no such labels, has no sample in this time, or is 0 so far. An alert whose condition holds is marked
with "!". Where nothing of Footlight is there, or nothing of the job, that alone is said.

Options:
  --prometheus URL  address of Prometheus, with its path where it has one
  --range TIME      how far to look back (default 30m)
  --job NAME        only the series of this job
  --header HEADER   "Name: value" to send with every request; may be repeated
  --timeout TIME    how long to wait for one answer (default 10s)
  --lenient         what is not in use, or idle, is well too; not that no application is scraped any more, nor that
                    Prometheus has not loaded the rules
  --json            print the findings as JSON

The token in PROMETHEUS_TOKEN is sent as "Authorization: Bearer".

Exit code: 0 when every panel and variable has data, the rules are loaded, an application is scraped now, and nothing
is wrong with the alerts and annotations; 1 when not; 2 for wrong usage and where Prometheus cannot be asked.
`,
	async run(parameters, output) {
		const { values, positionals } = readParameters(parameters, options, true);
		const range = readDuration("--range", values.range ?? "30m", "1m", "30d");
		const { job, json = false, lenient = false } = values;
		if (job?.trim() === "") throw new Complaint("--job must be the name of a job, got an empty one");
		const timeoutMs = readDuration("--timeout", values.timeout ?? "10s", "1s", "10m") * 1_000;
		const server = readServer(values.prometheus, values.header ?? [], timeoutMs);
		const whole = await readShipped();
		const chosen = chooseDashboards(whole, positionals);
		const prometheus = await connectPrometheus(server, AbortSignal.timeout(timeoutMs * mostTimeouts));
		const around = await lookAround(prometheus, whole, () => Date.now() / 1_000, range);
		const conclude = (files: readonly FileFindings[], problems: readonly GeneralProblem[]): number => {
			const ok = problems.length === 0 && !files.some(({ findings }) => findings.some((one) => fails(one, lenient)));
			output.write(json ? findingsAsJson(files, around, problems, ok) : printFindings(files, around, problems));
			return ok ? 0 : 1;
		};
		const absence = await findAbsence(around, job);
		// Everything else would only say the same again.
		if (absence !== undefined) return conclude([], [absence]);
		// Who names dashboards asks for those alone.
		const rules = positionals.length === 0 ? whole.rules : [];
		const standstill = await findStandstill(around, job);
		const missing = rules.length === 0 ? undefined : findMissingRules(around);
		const chosenValues = new Map(job === undefined ? [] : [["job", job]]);
		const files = await check({ dashboards: chosen, rules }, chosenValues, around);
		return conclude(
			files,
			[standstill, missing].filter((one) => one !== undefined),
		);
	},
};

function readServer(url: string | undefined, headers: readonly string[], timeoutMs: number): Server {
	const { base, headers: login } = readAddress("--prometheus", url);
	const token = process.env.PROMETHEUS_TOKEN;
	return {
		product: "Prometheus",
		base,
		headers: { ...login, ...(token ? bearer("PROMETHEUS_TOKEN", token) : {}), ...readHeaders("--header", headers) },
		timeoutMs,
		credentials: 'Set PROMETHEUS_TOKEN, or give --header "Authorization: ...".',
	};
}
