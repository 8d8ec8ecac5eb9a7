import { open, readdir, rename, unlink } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";

interface Rotated {
	readonly number: number;
	readonly path: string;
}

/**
 * The files that a file was before: `events.000001.jsonl` is the first, numbers only grow, so that a name once given
 * always means the same lines.
 */
export class RotatedFiles {
	readonly #path: string;
	readonly #prefix: string;
	readonly #extension: string;

	constructor(path: string) {
		this.#path = path;
		this.#extension = extname(path);
		this.#prefix = `${basename(path, this.#extension)}.`;
	}

	/** Gives the file the next name; another process that rotates it too gets another one. */
	async add(): Promise<void> {
		for (let number = ((await this.#all()).at(-1)?.number ?? 0) + 1; ; number++) {
			const name = `${this.#prefix}${String(number).padStart(6, "0")}${this.#extension}`;
			const path = join(dirname(this.#path), name);
			try {
				// Only one can make it: a rename alone would put one file in place of another.
				await (await open(path, "wx")).close();
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code === "EEXIST") continue;
				throw error;
			}
			try {
				return await rename(this.#path, path);
			} catch (error) {
				await unlink(path).catch(() => {});
				throw error;
			}
		}
	}

	/** Deletes the oldest, until so many are left. */
	async prune(most: number): Promise<void> {
		const all = await this.#all();
		for (const { path } of all.slice(0, Math.max(0, all.length - most))) {
			await unlink(path).catch((error: NodeJS.ErrnoException) => {
				if (error.code !== "ENOENT") throw error;
			});
		}
	}

	/** The oldest first. */
	async #all(): Promise<readonly Rotated[]> {
		const folder = dirname(this.#path);
		return (await readdir(folder))
			.flatMap((name) => {
				const number = this.#numberOf(name);
				return number === undefined ? [] : [{ number, path: join(folder, name) }];
			})
			.sort((one, other) => one.number - other.number);
	}

	#numberOf(name: string): number | undefined {
		if (!name.startsWith(this.#prefix) || !name.endsWith(this.#extension)) return undefined;
		const text = name.slice(this.#prefix.length, name.length - this.#extension.length);
		return /^\d{6,15}$/.test(text) ? Number(text) : undefined;
	}
}
