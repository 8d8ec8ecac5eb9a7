import { existsSync, mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** Makes a folder, and those it is in. Node's own way never comes back where the kernel allows none, as in `/proc`. */
export function makeFolder(folder: string): void {
	const path = resolve(folder);
	const parent = dirname(path);
	try {
		mkdirSync(path, { mode: 0o700 });
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === "EEXIST") return;
		if (code !== "ENOENT" || existsSync(parent)) throw error;
		makeFolder(parent);
		makeFolder(path);
	}
}
