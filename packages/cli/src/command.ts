/** Where a command writes. */
export interface Output {
	/** What was asked for. */
	readonly write: (text: string) => void;
	/** Why it could not be done. */
	readonly complain: (text: string) => void;
}

/** A command; resolves to the exit code: 0 well, 1 something was found. What it throws as a Complaint makes it 2. */
export interface Command {
	readonly summary: string;
	readonly help: string;
	run(parameters: string[], output: Output): Promise<number>;
}

/** Commands under one name. */
export interface CommandGroup {
	readonly summary: string;
	readonly commands: Readonly<Record<string, Command>>;
}
