import { doctorCommand } from "./doctor-command.ts";
import { version } from "./version.ts";

/** Where a command writes. */
export interface Output {
	/** What was asked for. */
	readonly write: (text: string) => void;
	/** Why it could not be done. */
	readonly complain: (text: string) => void;
}

/** A command of `footlight`; resolves to the exit code: 0 well, 1 something was found, 2 wrong usage. */
export interface Command {
	readonly summary: string;
	readonly help: string;
	run(parameters: string[], output: Output): Promise<number>;
}

const commands: Readonly<Record<string, Command>> = { doctor: doctorCommand };

const help = `Usage: footlight <command> [options]

Commands:
${Object.entries(commands)
	.map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
	.join("\n")}

Run "footlight <command> --help" for the options of a command, "footlight --version" for the version.
`;

/** Runs the command line without the name of the program, and resolves to the exit code. */
export async function run(parameters: string[], output: Output): Promise<number> {
	const [name, ...rest] = parameters;
	if (name === "--help" || name === "-h" || name === "help") {
		output.write(help);
		return 0;
	}
	if (name === "--version" || name === "-v") {
		output.write(`${version}\n`);
		return 0;
	}
	if (name === undefined) {
		output.complain(help);
		return 2;
	}
	const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
	if (command === undefined) {
		output.complain(`footlight: unknown command "${name}"; known commands are ${Object.keys(commands).join(", ")}\n`);
		return 2;
	}
	if (rest.includes("--help") || rest.includes("-h")) {
		output.write(command.help);
		return 0;
	}
	return command.run(rest, output);
}
