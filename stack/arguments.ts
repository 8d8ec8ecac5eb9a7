import { profiles } from "./places.ts";

/** What Docker Compose is asked for each command. */
export const commands = {
	// The demo's image is made of the checkout, and follows it.
	up: ["up", "--build", "--detach", "--wait"],
	down: ["down", "--remove-orphans"],
	status: ["ps"],
	logs: ["logs", "--follow"],
} as const satisfies Record<string, readonly string[]>;

/** What the command line asks for. */
export interface Arguments {
	readonly command: keyof typeof commands;
	readonly profiles: readonly (keyof typeof profiles)[];
	/** Handed on to Docker Compose. */
	readonly rest: readonly string[];
}

/** Reads the command line; what it does not know it names in words. */
export function readArguments([command = "up", ...parameters]: readonly string[]): Arguments | string {
	if (!has(commands, command)) {
		return `stack: unknown command "${command}"; known commands are ${Object.keys(commands).join(", ")}`;
	}
	const chosen: (keyof typeof profiles)[] = [];
	const rest: string[] = [];
	const left = parameters.values();
	for (const parameter of left) {
		const [option, value] = parameter.startsWith("--profile=") ? parameter.split("=", 2) : [parameter];
		if (option !== "--profile") {
			rest.push(parameter);
			continue;
		}
		const name = value ?? left.next().value ?? "";
		if (!has(profiles, name)) {
			return `stack: unknown profile "${name}"; known profiles are ${Object.keys(profiles).join(", ")}`;
		}
		chosen.push(name);
	}
	return { command, profiles: chosen, rest };
}

function has<T extends object>(known: T, name: string): name is string & keyof T {
	return Object.hasOwn(known, name);
}
