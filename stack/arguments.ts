import { type Profile, profiles } from "./profiles.ts";

export const commands = ["up", "down", "status", "logs"] as const;

/** What the command line asks for. */
export interface Arguments {
	readonly command: (typeof commands)[number];
	readonly profiles: readonly Profile[];
	/** Handed on to Docker Compose. */
	readonly rest: readonly string[];
}

/** Reads the command line; what it does not know it names in words. */
export function readArguments([command = "up", ...parameters]: readonly string[]): Arguments | string {
	const known = commands.find((one) => one === command);
	if (known === undefined) return `stack: unknown command "${command}"; known commands are ${commands.join(", ")}`;
	const chosen: Profile[] = [];
	const rest: string[] = [];
	const left = parameters.values();
	for (const parameter of left) {
		const [option, value] = parameter.startsWith("--profile=") ? parameter.split("=", 2) : [parameter];
		if (option !== "--profile") {
			rest.push(parameter);
			continue;
		}
		const name = value ?? left.next().value ?? "";
		if (!isProfile(name)) {
			return `stack: unknown profile "${name}"; known profiles are ${Object.keys(profiles).join(", ")}`;
		}
		chosen.push(name);
	}
	return { command: known, profiles: chosen, rest };
}

function isProfile(name: string): name is Profile {
	return Object.hasOwn(profiles, name);
}
