import { spawn } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { root } from "./command.ts";

export interface GroupOptions {
	/** Added to the environment of this process. */
	readonly env: Readonly<Record<string, string>>;
	/** Longest it may run. */
	readonly timeoutMs: number;
	/**
	 * Time for what it started to end after it.
	 * @default 5_000
	 */
	readonly graceMs?: number;
}

let running: number | undefined;

/**
 * Runs a command in a process group of its own, with what it prints shown; resolves to what went wrong, in words.
 *
 * A command that leaves a process behind has failed, and what it left is stopped.
 */
export async function runGroup(
	command: string,
	args: readonly string[],
	{ env, timeoutMs, graceMs = 5_000 }: GroupOptions,
): Promise<string | undefined> {
	const child = spawn(command, args, {
		cwd: root,
		env: { ...process.env, ...env },
		stdio: ["ignore", "inherit", "inherit"],
		detached: true,
	});
	running = child.pid;
	let expired = false;
	const timer = setTimeout(() => {
		expired = true;
		stopGroup();
	}, timeoutMs);
	const code = await new Promise<number | string>((resolve) => {
		child.once("error", (error) => resolve(error.message));
		child.once("exit", (code, signal) => resolve(code ?? signal ?? "no exit code"));
	});
	clearTimeout(timer);
	const left = await leftBehind(graceMs);
	if (left) stopGroup();
	running = undefined;
	if (expired) return `stopped, since it was not done after ${timeoutMs / 1_000} s`;
	if (code !== 0) return `failed with ${code}`;
	return left ? "left a process behind" : undefined;
}

/** Stops the group that runs, which this process has started. */
export function stopGroup(): void {
	try {
		if (running !== undefined) process.kill(-running, "SIGKILL");
	} catch {
		// It has ended by itself.
	}
}

async function leftBehind(graceMs: number): Promise<boolean> {
	if (running === undefined) return false;
	for (const endMs = performance.now() + graceMs; performance.now() < endMs; await wait(50)) {
		try {
			process.kill(-running, 0);
		} catch {
			return false;
		}
	}
	return true;
}
