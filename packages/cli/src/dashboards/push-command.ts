import type { Command, Output } from "../command.ts";
import { Complaint } from "../complaint.ts";
import { readParameters } from "../read-parameters.ts";
import { readDuration } from "./duration.ts";
import { connectGrafana, type Grafana } from "./grafana.ts";
import { StrangeAnswer } from "./request.ts";
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
		const present = await grafana.findFolder(title);
		const plans: Plan[] = [];
		for (const dashboard of chosen) plans.push(await plan(dashboard, present, overwrite, grafana));
		// A folder that nothing is put in is not made.
		const isNeeded = present === undefined && plans.some(({ save }) => save !== undefined);
		const folderUid = isNeeded ? await grafana.makeFolder(title) : (present ?? "");
		output.write(`${server.base} (Grafana ${grafana.version ?? "of a version it does not tell"})\n`);
		if (isNeeded) output.write(`made         folder ${title}\n`);
		let failed = 0;
		for (const one of plans) if (!(await carryOut(one, folderUid, overwrite, grafana, output))) failed++;
		return failed === 0 ? 0 : 1;
	},
};

/** What is to be done about a dashboard: it is saved, or what is said of it instead. */
interface Plan {
	readonly dashboard: ShippedDashboard;
	readonly save?: "saved" | "overwritten";
	readonly keep?: { readonly done: "as it was" | "left alone"; readonly more: string };
}

async function plan(
	dashboard: ShippedDashboard,
	folderUid: string | undefined,
	overwrite: boolean,
	grafana: Grafana,
): Promise<Plan> {
	const { content } = dashboard;
	const leave = (more: string): Plan => ({ dashboard, keep: { done: "left alone", more } });
	const present = await grafana.dashboard(content.uid);
	if (present === undefined) return { dashboard, save: "saved" };
	const isProvisioned = present.provisionedFrom !== undefined;
	// One that is provisioned stays in the folder of its provider.
	if (hasContent(present.content, content) && (present.folderUid === folderUid || isProvisioned)) {
		return { dashboard, keep: { done: "as it was", more: content.title } };
	}
	if (isProvisioned) {
		return leave(`it differs, and is provisioned from ${present.provisionedFrom}: put the new file there`);
	}
	return overwrite
		? { dashboard, save: "overwritten" }
		: leave("it differs, or is in another folder, and --overwrite replaces it");
}

/** Resolves to whether Grafana has the dashboard now. */
async function carryOut(
	{ dashboard: { name, content }, save, keep }: Plan,
	folderUid: string,
	overwrite: boolean,
	grafana: Grafana,
	{ write }: Output,
): Promise<boolean> {
	const say = (done: string, more: string) => write(`${done.padEnd(12)} ${name}: ${more}\n`);
	if (keep !== undefined) say(keep.done, keep.more);
	if (save === undefined) return keep?.done === "as it was";
	try {
		say(save, await grafana.save(content, folderUid, overwrite));
		return true;
	} catch (error) {
		// Who answers so is no Grafana: the others would fare alike.
		if (!(error instanceof Complaint) || error instanceof StrangeAnswer) throw error;
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
