import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Segment } from "./segment.ts";
import { keyOfRecord } from "./segment.ts";
import type { ReadRecord } from "./segment-reader.ts";
import type { SpoolLogOptions } from "./settings.ts";
import { SpoolLog } from "./spool-log.ts";

/** Folders that are gone when the test is over. */
export class TestFolders {
	readonly #root: string = mkdtempSync(join(tmpdir(), "footlight-spool-"));
	#made = 0;

	make(): string {
		return join(this.#root, String(this.#made++));
	}

	/** What a process that was killed at this moment would have left, its lock apart. */
	imageOf(directory: string): string {
		const image = this.make();
		// Acknowledgements before their records, which are deleted in the other order, at this moment perhaps.
		for (const path of filesOf(directory, "").filter((name) => !name.includes("lock."))) {
			const copy = join(image, path.slice(directory.length));
			if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) mkdirSync(copy, { recursive: true });
			else copyIfThere(path, copy);
		}
		return image;
	}

	[Symbol.dispose](): void {
		rmSync(this.#root, { recursive: true, force: true });
	}
}

/** What a log has told its host. */
export class Heard {
	readonly lost: Record<string, number> = {};
	readonly shed: Segment[] = [];
}

export function openLog(options: SpoolLogOptions): { log: SpoolLog; heard: Heard } {
	const heard = new Heard();
	const log = new SpoolLog(options, {
		lost: (records, reason) => {
			heard.lost[reason] = (heard.lost[reason] ?? 0) + records;
		},
		shed: (segment) => heard.shed.push(segment),
	});
	return { log, heard };
}

/** All that waits, taken. */
export async function readAll(log: SpoolLog): Promise<{ key: string; text: string; record: ReadRecord }[]> {
	const records: ReadRecord[] = [];
	while (log.unread > 0) {
		const { unread } = log;
		const next = await log.read(1_000, 2 ** 20);
		if (log.unread === unread) throw new Error(`${unread} records are said to be there, and cannot be read`);
		for (const record of next) log.take(record);
		records.push(...next);
	}
	return records.map((record) => ({ key: keyOfRecord(record), text: record.payload.toString(), record }));
}

export async function textsOf(log: SpoolLog): Promise<string[]> {
	return (await readAll(log)).map(({ text }) => text);
}

export function append(log: SpoolLog, texts: readonly string[], rank = 1): void {
	for (const text of texts) {
		const refusal = log.append(text, rank, undefined);
		if (refusal !== undefined) throw new Error(refusal);
	}
}

/** Paths of the files with this ending, the oldest first. */
export function filesOf(directory: string, ending: string): string[] {
	return readdirSync(directory, { recursive: true, encoding: "utf8" })
		.filter((name) => name.endsWith(ending))
		.sort()
		.map((name) => join(directory, name));
}

export function bytesOf(directory: string, ending: string): number {
	return filesOf(directory, ending).reduce((sum, path) => sum + statSync(path).size, 0);
}

function copyIfThere(path: string, copy: string): void {
	try {
		copyFileSync(path, copy);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
	}
}
