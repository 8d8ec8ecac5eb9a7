import { withoutTelemetry } from "@footlight/core/telemetry";
import { SinkFullError } from "../sinks/sink-error.ts";
import type { Line, RotatingFile } from "./rotating-file.ts";

/** A line that waits, and who is told what became of it. */
interface WaitingLine extends Line {
	readonly group: LineGroup;
}

/** Lines that were given at once. */
export interface LineGroup {
	/** Called for each line: with an error where it was not kept. */
	settled(error?: unknown): void;
	/** Nobody wants them any longer; such as are not being written are left out. */
	isCancelled?: boolean;
}

/** Lines on their way into a file: what comes in while one write goes on is the next write. */
export class LineQueue {
	readonly #name: string;
	readonly #file: RotatingFile;
	readonly #maxBytes: number;
	#waiting: WaitingLine[] = [];
	#bytes = 0;
	#working: Promise<void> | undefined;

	constructor(name: string, file: RotatingFile, maxBytes: number) {
		this.#name = name;
		this.#file = file;
		this.#maxBytes = maxBytes;
	}

	/** Takes lines, or throws where there is no room; something larger than all room is taken when nothing else waits. */
	add(texts: readonly string[], group: LineGroup): void {
		const lines = texts.map((text) => ({ text: `${text}\n`, bytes: Buffer.byteLength(text) + 1, group }));
		const bytes = lines.reduce((sum, line) => sum + line.bytes, 0);
		if (this.#bytes > 0 && this.#bytes + bytes > this.#maxBytes) {
			throw new SinkFullError(this.#name, `${this.#bytes} bytes`);
		}
		this.#bytes += bytes;
		for (const line of lines) this.#waiting.push(line);
		this.#working ??= this.#work();
	}

	/** Resolves when nothing waits. */
	async idle(): Promise<void> {
		while (this.#working !== undefined) await this.#working;
	}

	async #work(): Promise<void> {
		// What is given together, in one turn, is written together.
		await null;
		while (this.#waiting.length > 0) {
			const all = this.#waiting;
			this.#waiting = [];
			await this.#write(all.filter((line) => line.group.isCancelled !== true));
			this.#bytes -= all.reduce((sum, { bytes }) => sum + bytes, 0);
		}
		this.#working = undefined;
	}

	async #write(lines: readonly WaitingLine[]): Promise<void> {
		const { kept, error } = await withoutTelemetry(() => this.#file.append(lines));
		for (const [index, { group }] of lines.entries()) group.settled(index < kept ? undefined : error);
	}
}
