import { spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the workspace is. */
export const root: string = fileURLToPath(new URL("..", import.meta.url));

export interface CommandOptions {
	readonly cwd?: string;
	/** Added to the environment of this process. */
	readonly env?: Readonly<Record<string, string>>;
	/** Path of the Node that the command is to find first; by default the workspace's. */
	readonly node?: string;
	/** After so long the command is ended. @default never */
	readonly timeoutMs?: number;
}

export interface Finished {
	readonly exitCode: number;
	readonly stdout: string;
	readonly stderr: string;
}

/** Runs a command to its end, with what it prints shown; true if it exited with 0. */
export async function show(command: string, args: readonly string[], options: CommandOptions = {}): Promise<boolean> {
	const child = spawn(command, args, { ...settings(options), stdio: ["ignore", "inherit", "inherit"] });
	return (await ended(child)) === 0;
}

/** Runs a command to its end, with what it prints kept. */
export async function capture(
	command: string,
	args: readonly string[],
	options: CommandOptions = {},
): Promise<Finished> {
	const child = spawn(command, args, { ...settings(options), stdio: ["ignore", "pipe", "pipe"] });
	const printed = { stdout: "", stderr: "" };
	child.stdout.setEncoding("utf8").on("data", (text: string) => (printed.stdout += text));
	child.stderr.setEncoding("utf8").on("data", (text: string) => (printed.stderr += text));
	return { exitCode: await ended(child), ...printed };
}

/** Runs a command that has to succeed, and gives what it printed to standard output. */
export async function output(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
	const { exitCode, stdout, stderr } = await capture(command, args, options);
	if (exitCode === 0) return stdout;
	throw new Error(`${command} ${args.join(" ")} exited with ${exitCode}\n${stdout}${stderr}`);
}

function ended(child: ReturnType<typeof spawn>): Promise<number> {
	return new Promise((resolve, reject) => {
		child.once("error", reject);
		child.once("close", (code, signal) => resolve(code ?? (signal ? 128 : 1)));
	});
}

function settings({ cwd = root, env, node = process.execPath, timeoutMs }: CommandOptions) {
	const own = { ...env, PATH: `${dirname(node)}${delimiter}${path()}` };
	return { cwd, env: { ...outerEnvironment(), ...own }, timeout: timeoutMs };
}

/** Without what npm tells the scripts of this workspace: an npm started in another folder would take it as meant for itself. */
function outerEnvironment(): NodeJS.ProcessEnv {
	const inner =
		/^(?:npm_(?:package|lifecycle)_|npm_(?:command|execpath|node_execpath)$|npm_config_(?:local_prefix|workspaces?)$|NODE_OPTIONS$|VITEST|TEST$|VITE_|NODE_ENV$|DEV$|PROD$|SSR$|MODE$|BASE_URL$|INIT_CWD$)/;
	return Object.fromEntries(Object.entries(process.env).filter(([name]) => !inner.test(name)));
}

/** Without the commands of the workspace, which no user has. */
function path(): string {
	const commands = join("node_modules", ".bin");
	return (process.env.PATH ?? "")
		.split(delimiter)
		.filter((folder) => !folder.endsWith(commands))
		.join(delimiter);
}
