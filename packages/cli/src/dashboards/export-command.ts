import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "../command.ts";
import { Complaint } from "../complaint.ts";
import { readParameters } from "../read-parameters.ts";
import { readLinks } from "./rule-links.ts";
import { chooseDashboards, readShipped } from "./shipped.ts";

const options = {
	to: { type: "string" },
	stdout: { type: "boolean" },
	rules: { type: "boolean" },
	force: { type: "boolean" },
	"runbook-url": { type: "string" },
	"grafana-url": { type: "string" },
} as const;

interface ExportedFile {
	readonly file: string;
	readonly text: string;
}

/** `footlight dashboards export`: writes the files for Grafana's and Prometheus' own configuration. */
export const exportCommand: Command = {
	summary: "writes the dashboards, and the rules, as files",
	help: `Usage: footlight dashboards export [NAME...] --to FOLDER [--rules] [--force]
                                   [--runbook-url URL] [--grafana-url URL]
       footlight dashboards export NAME --stdout
       footlight dashboards export --rules --stdout

Writes the dashboards, or those named, as the JSON that Grafana's file provisioning and its import take.
A file that differs is left alone, unless --force is given.

Options:
  --to FOLDER        where to write; made if it is not there
  --stdout           print one file instead
  --rules            the alerts and recording rules for Prometheus; where no dashboard is named, those alone
  --force            overwrite files that differ
  --runbook-url URL  address of the file of runbooks, for the runbook_url of the alerts instead of docs/runbooks.md
  --grafana-url URL  address of Grafana, for the dashboard_url of the alerts; with its path where it has one

Exit code: 0 when all is written, 1 when a file that differs was left alone, 2 for wrong usage and where it cannot
write.
`,
	async run(parameters, output) {
		const { values, positionals } = readParameters(parameters, options, true);
		const { to, stdout = false, rules = false, force = false } = values;
		if ((to === undefined) === !stdout) {
			throw new Complaint("it takes either --to FOLDER or --stdout", "Say where to write.");
		}
		if (to?.trim() === "") throw new Complaint("--to must be a folder, got an empty name");
		if (stdout && force) throw new Complaint("--force goes with --to");
		const link = readLinks(values["runbook-url"], values["grafana-url"], rules);
		const shipped = await readShipped();
		const files: readonly ExportedFile[] = [
			...(rules && positionals.length === 0 ? [] : chooseDashboards(shipped, positionals)),
			...(rules ? shipped.rules.map(({ file, text }) => ({ file, text: link(text) })) : []),
		];
		if (to !== undefined) return writeFiles(to, files, force, output.write);
		const [only] = files;
		if (only === undefined || files.length > 1) {
			throw new Complaint(`--stdout prints one file, and these are ${files.length}`, "Name one, or write to a folder.");
		}
		output.write(only.text);
		return 0;
	},
};

async function writeFiles(
	folder: string,
	files: readonly ExportedFile[],
	force: boolean,
	say: (line: string) => void,
): Promise<number> {
	let left = 0;
	try {
		await mkdir(folder, { recursive: true });
		for (const { file, text } of files) {
			const path = join(folder, file);
			const present = await readIfThere(path);
			if (present === text) {
				say(`as it was    ${path}\n`);
			} else if (present === undefined || force) {
				await writeFile(path, text);
				say(`${present === undefined ? "written     " : "overwritten "} ${path}\n`);
			} else {
				left++;
				say(`left alone   ${path}: it differs, and --force overwrites it\n`);
			}
		}
	} catch (error) {
		throw new Complaint(`cannot write to ${folder}: ${(error as Error).message}`);
	}
	return left === 0 ? 0 : 1;
}

async function readIfThere(path: string): Promise<string | undefined> {
	try {
		return await readFile(path, "utf8");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
		throw error;
	}
}
