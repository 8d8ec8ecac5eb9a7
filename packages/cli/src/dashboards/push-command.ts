import type { Command, Output } from "../command.ts";
import { Complaint } from "../complaint.ts";
import { readParameters } from "../read-parameters.ts";
import { readDuration } from "./duration.ts";
import { connectGrafana, type Grafana } from "./grafana.ts";
import { hasContent } from "./same-content.ts";
import { bearer, readAddress, readHeaders, type Server } from "./server.ts";
import { chooseDashboards, readShipped, type ShippedDashboard } from "./shipped.ts";

const options = {
	grafana: { type: "string" },
	token: { type: "string" },
	header: { type: "string", multiple: true },
	folder: { type: "string" },
	overwrite: { type: "boolean" },
	timeout: { type: "string" },
} as const;

/** `footlight dashboards push`: saves the dashboards in a Grafana. */
export const pushCommand: Command = {
	summary: "saves the dashboards in a Grafana, by its API",
	help: `Usage: footlight dashboards push [NAME...] --grafana URL [options]

Saves the dashboards, or those named, in a folder of Grafana. What is there already as it is shipped is left alone,
what differs too, unless --overwrite is given.

Options:
  --grafana URL    address of Grafana, with its path where it has one
  --token TOKEN    token of a service account with the role Editor; better in GRAFANA_TOKEN, where others do not see it
  --header HEADER  "Name: value" to send with every request; may be repeated
  --folder TITLE   folder to save them in, made if it is not there (default Footlight)
  --overwrite      replace dashboards that differ
  --timeout TIME   how long to wait for one answer (default 30s)

Exit code: 0 when Grafana has them all, 1 when it has not, 2 for wrong usage and where Grafana cannot be asked.
`,
	async run(parameters, output) {
		const { values, positionals } = readParameters(parameters, options, true);
		const { folder: title = "Footlight", overwrite = false } = values;
		if (title.trim() === "") throw new Complaint("--folder must be a title, got an empty one");
		const timeoutMs = readDuration("--timeout", values.timeout ?? "30s", "1s", "10m") * 1_000;
		const server = readServer(values.grafana, values.token, values.header ?? [], timeoutMs);
		const chosen = chooseDashboards(await readShipped(), positionals);
		const grafana = await connectGrafana(server);
		const { uid, isNew } = await grafana.folder(title);
		output.write(`${server.base} (Grafana ${grafana.version ?? "of a version it does not tell"})\n`);
		if (isNew) output.write(`made         folder ${title}\n`);
		let failed = 0;
		for (const dashboard of chosen) if (!(await push(dashboard, uid, overwrite, grafana, output))) failed++;
		return failed === 0 ? 0 : 1;
	},
};

/** Resolves to whether Grafana has the dashboard now. */
async function push(
	{ name, content }: ShippedDashboard,
	folderUid: string,
	overwrite: boolean,
	grafana: Grafana,
	{ write }: Output,
): Promise<boolean> {
	const say = (done: string, more: string) => write(`${done.padEnd(12)} ${name}: ${more}\n`);
	try {
		const present = await grafana.dashboard(content.uid);
		if (present !== undefined && hasContent(present.content, content)) {
			// One that is provisioned stays in the folder of its provider.
			if (present.folderUid === folderUid || present.provisionedFrom !== undefined) {
				say("as it was", content.title);
				return true;
			}
		}
		if (present?.provisionedFrom !== undefined) {
			say("left alone", `it differs, and is provisioned from ${present.provisionedFrom}: put the new file there`);
			return false;
		}
		if (present !== undefined && !overwrite) {
			say("left alone", "it differs, or is in another folder, and --overwrite replaces it");
			return false;
		}
		const url = await grafana.save(content, folderUid, overwrite);
		say(present === undefined ? "saved" : "overwritten", url);
		return true;
	} catch (error) {
		if (!(error instanceof Complaint)) throw error;
		say("failed", `${error.message}${error.cure === undefined ? "" : `\n    → ${error.cure}`}`);
		return false;
	}
}

function readServer(
	url: string | undefined,
	token: string | undefined,
	headers: readonly string[],
	timeoutMs: number,
): Server {
	const { base, headers: login } = readAddress("--grafana", url);
	const fromEnvironment = process.env.GRAFANA_TOKEN;
	const credential =
		token !== undefined ? bearer("--token", token) : fromEnvironment ? bearer("GRAFANA_TOKEN", fromEnvironment) : login;
	const all = { ...credential, ...readHeaders("--header", headers) };
	if (Object.keys(all).length === 0) {
		const cure = "Make a service account with the role Editor in Grafana, and set GRAFANA_TOKEN to a token of it.";
		throw new Complaint("there is no token: Grafana lets nobody save without one", cure);
	}
	const credentials = "Give a token of a service account by GRAFANA_TOKEN or --token; it may have expired.";
	return { product: "Grafana", base, headers: all, timeoutMs, credentials };
}
