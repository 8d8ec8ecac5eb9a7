import type { Command, CommandGroup, Output } from "./command.ts";
import { Complaint } from "./complaint.ts";
import { dashboardsCommands } from "./dashboards/commands.ts";
import { doctorCommand } from "./doctor-command.ts";
import { version } from "./version.ts";

const footlight: CommandGroup = {
	summary: "looks at what Footlight records, and at where it goes",
	commands: { doctor: doctorCommand },
};
const groups: Readonly<Record<string, CommandGroup>> = { dashboards: dashboardsCommands };

/** Runs the command line without the name of the program, and resolves to the exit code. */
export async function run(parameters: string[], output: Output): Promise<number> {
	const [name, ...rest] = parameters;
	if (name === "--version" || name === "-v") {
		output.write(`${version}\n`);
		return 0;
	}
	const group = name !== undefined && Object.hasOwn(groups, name) ? groups[name] : undefined;
	if (group !== undefined) return runOneOf(group.commands, `footlight ${name}`, rest, output);
	return runOneOf(footlight.commands, "footlight", parameters, output, groups);
}

async function runOneOf(
	commands: Readonly<Record<string, Command>>,
	path: string,
	[name, ...rest]: string[],
	output: Output,
	others: Readonly<Record<string, CommandGroup>> = {},
): Promise<number> {
	const known = { ...commands, ...others };
	if (name === "--help" || name === "-h" || name === "help") {
		output.write(help(path, known));
		return 0;
	}
	if (name === undefined) {
		output.complain(help(path, known));
		return 2;
	}
	const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
	if (command === undefined) {
		output.complain(`${path}: unknown command "${name}"; known commands are ${Object.keys(known).sort().join(", ")}\n`);
		return 2;
	}
	if (rest.includes("--help") || rest.includes("-h")) {
		output.write(command.help);
		return 0;
	}
	try {
		return await command.run(rest, output);
	} catch (error) {
		if (!(error instanceof Complaint)) throw error;
		const cure = error.cure === undefined ? "" : `    → ${error.cure}\n`;
		output.complain(`${path} ${name}: ${error.message}\n${cure}`);
		return 2;
	}
}

function help(path: string, known: Readonly<Record<string, { readonly summary: string }>>): string {
	const width = Math.max(...Object.keys(known).map(({ length }) => length)) + 2;
	const lines = Object.entries(known).map(([name, { summary }]) => `  ${name.padEnd(width)} ${summary}`);
	const more = path === "footlight" ? `, "footlight --version" for the version` : "";
	return `Usage: ${path} <command> [options]

Commands:
${lines.join("\n")}

Run "${path} <command> --help" for the options of a command${more}.
`;
}
