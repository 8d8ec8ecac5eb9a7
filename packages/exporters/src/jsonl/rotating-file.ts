import type { Stats } from "node:fs";
import { type FileHandle, mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "@footlight/core";
import { FileSinkError, fileError } from "./file-sink-error.ts";
import { RotatedFiles } from "./rotated-files.ts";

export interface RotatingFileSettings {
	readonly path: string;
	readonly maxBytes: number;
	readonly maxFiles: number;
	readonly maxAgeMs: number;
	/** Whether a line is kept once the operating system has it, or once the disk has. */
	readonly durability: "process" | "disk";
	readonly mode: number;
	readonly clock: Clock;
	/** Hears of what went wrong and was mended, or can wait. */
	readonly trouble: (error: unknown) => void;
}

/** A line with its line end, and how long it is. */
export interface Line {
	readonly text: string;
	readonly bytes: number;
}

/** What has become of lines: the first `kept` are in the file, `error` says why the rest is not. */
export interface Appended {
	readonly kept: number;
	readonly error?: unknown;
}

interface OpenFile {
	readonly handle: FileHandle;
	readonly bornMs: number;
	/** A crash, or a full disk, has left half a line at the end. */
	isTorn: boolean;
	size: number;
}

/** Somebody who deletes the file again and again shall not keep the sink busy for ever. */
const mostRewrites = 3;
const lineEnd = 10;

/**
 * A file of lines that is put aside when it is large or old. One call at a time.
 *
 * It looks after each write what became of the file: one that was deleted is made anew and written again, one that was
 * renamed is left to whoever did it.
 */
export class RotatingFile {
	readonly #settings: RotatingFileSettings;
	readonly #rotated: RotatedFiles;
	#file: OpenFile | undefined;

	constructor(settings: RotatingFileSettings) {
		this.#settings = settings;
		this.#rotated = new RotatedFiles(settings.path);
	}

	async append(lines: readonly Line[]): Promise<Appended> {
		let kept = 0;
		let rewrites = 0;
		while (kept < lines.length) {
			try {
				const { file, room } = await this.#ready((lines[kept] as Line).bytes);
				const part = fitting(lines, kept, room);
				const written = await this.#write(file, part);
				kept += written.kept;
				if (written.error !== undefined) return { kept, error: fileError(this.#settings.path, written.error) };
				if (!(await this.#isLost(file))) continue;
				kept -= written.kept;
				if (++rewrites > mostRewrites) throw new FileSinkError(`${this.#settings.path} is deleted again and again`);
			} catch (error) {
				await this.close();
				return { kept, error: fileError(this.#settings.path, error) };
			}
		}
		return { kept };
	}

	/** Lets go of the file; the next line opens it again. */
	async close(): Promise<void> {
		const file = this.#file;
		this.#file = undefined;
		await file?.handle.close().catch(this.#settings.trouble);
	}

	/** The file, rotated if it is time, and how many bytes of it are left. */
	async #ready(bytes: number): Promise<{ file: OpenFile; room: number }> {
		const { maxBytes } = this.#settings;
		const opened = await this.#opened();
		if (!this.#isDue(opened, bytes)) return { file: opened, room: maxBytes - opened.size };
		await this.#rotate();
		const file = await this.#opened();
		// Where it could not be put aside it grows: better a large file than no lines.
		return { file, room: this.#isDue(file, bytes) ? Number.POSITIVE_INFINITY : maxBytes - file.size };
	}

	async #opened(): Promise<OpenFile> {
		this.#file ??= await this.#open();
		return this.#file;
	}

	#isDue(file: OpenFile, bytes: number): boolean {
		const { maxBytes, maxAgeMs, clock } = this.#settings;
		return file.size > 0 && (file.size + bytes > maxBytes || clock.now() - file.bornMs >= maxAgeMs);
	}

	async #open(): Promise<OpenFile> {
		const { path, mode, clock } = this.#settings;
		await mkdir(dirname(path), { recursive: true });
		const handle = await open(path, "a+", mode);
		try {
			const { size, birthtimeMs, mtimeMs } = await handle.stat();
			const last = new Uint8Array(1);
			if (size > 0) await handle.read(last, 0, 1, size - 1);
			// Some file systems do not know when a file was made.
			const bornMs = size === 0 ? clock.now() : birthtimeMs || mtimeMs;
			return { handle, size, bornMs, isTorn: size > 0 && last[0] !== lineEnd };
		} catch (error) {
			await handle.close().catch(() => {});
			throw error;
		}
	}

	async #rotate(): Promise<void> {
		const { path, maxFiles, trouble } = this.#settings;
		const isOurs = this.#file !== undefined && (await this.#look(this.#file)).isAtPath;
		await this.close();
		try {
			// Another process may have put it aside already.
			if (isOurs) await this.#rotated.add();
			await this.#rotated.prune(maxFiles - 1);
		} catch (error) {
			trouble(new FileSinkError(`cannot rotate ${path}`, { cause: error }));
		}
	}

	async #write(file: OpenFile, lines: readonly Line[]): Promise<Appended> {
		const start = file.isTorn ? "\n" : "";
		const data = Buffer.from(start + lines.map(({ text }) => text).join(""));
		let written = 0;
		try {
			// A write may take less than it was given.
			while (written < data.length) {
				const { bytesWritten } = await file.handle.write(data, written);
				if (bytesWritten === 0) throw new FileSinkError(`${this.#settings.path} takes nothing`);
				written += bytesWritten;
			}
			if (this.#settings.durability === "disk") await file.handle.datasync();
			file.isTorn = false;
			file.size += data.length;
			return { kept: lines.length };
		} catch (error) {
			const kept = this.#settings.durability === "disk" ? 0 : linesWithin(lines, written - start.length);
			const keptBytes = lines.slice(0, kept).reduce((sum, { bytes }) => sum + bytes, 0);
			await this.#cut(file, written, kept === 0 ? 0 : start.length + keptBytes);
			await this.close();
			return { kept, error };
		}
	}

	/** Takes back what was written of lines that are not kept: they may be written again. */
	async #cut(file: OpenFile, written: number, keep: number): Promise<void> {
		if (written === keep) return;
		try {
			const { size } = await file.handle.stat();
			// Where another process has written behind it, it stays; what opens the file next ends the torn line.
			if (size === file.size + written) await file.handle.truncate(file.size + keep);
		} catch {
			// The same: the torn line is ended by the next.
		}
	}

	/** True where what was written is gone, because somebody deleted the file. */
	async #isLost(file: OpenFile): Promise<boolean> {
		const { path, trouble } = this.#settings;
		const { own, isAtPath } = await this.#look(file);
		file.size = own.size;
		if (isAtPath) return false;
		await this.close();
		if (own.nlink > 0) return false;
		trouble(new FileSinkError(`${path} was deleted, and is made anew`));
		return true;
	}

	async #look({ handle }: OpenFile): Promise<{ own: Stats; isAtPath: boolean }> {
		const [own, found] = await Promise.all([handle.stat(), stat(this.#settings.path).catch(() => undefined)]);
		return { own, isAtPath: found !== undefined && own.ino === found.ino && own.dev === found.dev };
	}
}

/** As many lines from there on as there is room for, but at least one. */
function fitting(lines: readonly Line[], from: number, room: number): readonly Line[] {
	let end = from + 1;
	let bytes = lines[from]?.bytes ?? 0;
	for (; end < lines.length; end++) {
		bytes += (lines[end] as Line).bytes;
		if (bytes > room) break;
	}
	return lines.slice(from, end);
}

function linesWithin(lines: readonly Line[], bytes: number): number {
	let sum = 0;
	const beyond = lines.findIndex((line) => {
		sum += line.bytes;
		return sum > bytes;
	});
	return beyond === -1 ? lines.length : beyond;
}
