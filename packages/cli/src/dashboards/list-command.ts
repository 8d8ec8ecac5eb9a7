import type { Command } from "../command.ts";
import { readParameters } from "../read-parameters.ts";
import { questionsOf } from "./question.ts";
import { readShipped, type Shipped } from "./shipped.ts";

/** `footlight dashboards list`: names what is shipped. */
export const listCommand: Command = {
	summary: "names the dashboards and rules that are shipped",
	help: `Usage: footlight dashboards list [--json]

Names the dashboards and the files of rules that are shipped with this version.

Options:
  --json  print them as JSON

Exit code: 0, or 2 for wrong usage.
`,
	async run(parameters, output) {
		const { json = false } = readParameters(parameters, { json: { type: "boolean" } }).values;
		const shipped = await readShipped();
		output.write(json ? `${JSON.stringify(describe(shipped), null, 2)}\n` : print(describe(shipped)));
		return 0;
	},
};

type Description = ReturnType<typeof describe>;

function describe({ dashboards, rules }: Shipped) {
	return {
		dashboards: dashboards.map(({ name, file, content }) => ({
			name,
			uid: content.uid,
			title: content.title,
			description: content.description ?? "",
			panels: questionsOf(content).filter(({ kind }) => kind === "panel").length,
			file,
		})),
		rules: rules.map(({ file, groups }) => {
			const all = groups.flatMap(({ rules }) => rules);
			const alerts = all.flatMap(({ alert }) => alert ?? []);
			return { file, alerts, recordings: all.flatMap(({ record }) => record ?? []) };
		}),
	};
}

function print({ dashboards, rules }: Description): string {
	const width = Math.max(...dashboards.map(({ name }) => name.length), ...rules.map(({ file }) => file.length));
	const lines = [
		...dashboards.map(
			({ name, panels, description }) => `${name.padEnd(width)}  ${String(panels).padStart(3)} panels  ${description}`,
		),
		...rules.map(
			({ file, alerts, recordings }) =>
				`${file.padEnd(width)}  ${String(alerts.length).padStart(3)} alerts, ${recordings.length} recording rules`,
		),
	];
	return `${lines.join("\n")}\n`;
}
