import { spawnSync } from "node:child_process";

/** Runs a file of `measure/` in a process of its own, and gives what it printed last. */
export function measured(label: string, file: string, args: readonly string[], flags: readonly string[] = []): unknown {
	const { status, stdout, stderr } = spawnSync(
		process.execPath,
		["--disable-warning=FOOTLIGHT_NO_PROVIDER", ...flags, `measure/${file}`, ...args],
		{ cwd: import.meta.dirname, encoding: "utf8" },
	);
	if (status !== 0) throw new Error(`bench: ${label} failed:\n${stderr}${stdout}`);
	return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}
