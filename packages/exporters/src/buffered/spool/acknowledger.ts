import { open, unlink } from "node:fs/promises";
import { telemetryFailed } from "@footlight/core";
import { withoutTelemetry } from "@footlight/core/telemetry";
import { encodeRanges, encodeSeal, joinRanges, sealBytes } from "./acknowledgement.ts";
import type { Segment } from "./segment.ts";

/** Writes down what is settled, and how a segment was ended, all that came in meanwhile at once: nobody waits for it. */
export class Acknowledger {
	readonly #grown: (bytes: number) => void;
	readonly #unsaved = new Set<Segment>();
	#saving: Promise<void> | undefined;

	/** @param grown - told how many bytes were written for a segment that is still there */
	constructor(grown: (bytes: number) => void) {
		this.#grown = grown;
	}

	save(segment: Segment): void {
		this.#unsaved.add(segment);
		this.#saving ??= withoutTelemetry(() => this.#saveAll());
	}

	/** Resolves when all that was settled so far is written down, as far as it can be. */
	async flush(): Promise<void> {
		if (this.#unsaved.size > 0) this.#saving ??= withoutTelemetry(() => this.#saveAll());
		await this.#saving;
	}

	async #saveAll(): Promise<void> {
		await undefined;
		const failed: Segment[] = [];
		for (const segment of this.#unsaved) {
			this.#unsaved.delete(segment);
			if (!(await this.#saveOne(segment))) failed.push(segment);
		}
		// With what is settled next: on a full disk it would fail at once again.
		for (const segment of failed) this.#unsaved.add(segment);
		this.#saving = undefined;
	}

	async #saveOne(segment: Segment): Promise<boolean> {
		const isToSeal = segment.isSealed && !segment.isSealSaved;
		if (segment.isGone || (segment.unsaved.length === 0 && !isToSeal)) return true;
		const ranges = joinRanges(segment.unsaved);
		segment.unsaved = [];
		try {
			const seal = isToSeal ? [encodeSeal(segment, segment.seed)] : [];
			const bytes = Buffer.concat([encodeRanges(ranges, segment.seed), ...seal]);
			const file = await open(segment.acknowledgementPath, segment.acknowledgementBytes === 0 ? "w" : "r+", 0o600);
			try {
				for (let written = 0; written < bytes.length; ) {
					const position = segment.acknowledgementBytes + written;
					written += (await file.write(bytes, written, bytes.length - written, position)).bytesWritten;
				}
			} finally {
				await file.close();
			}
			if (segment.isGone) await unlink(segment.acknowledgementPath);
			else {
				segment.acknowledgementBytes += bytes.length;
				segment.isSealSaved ||= isToSeal;
				// The room for a seal is reckoned from the beginning.
				this.#grown(bytes.length - (isToSeal ? sealBytes : 0));
			}
			return true;
		} catch (error) {
			// Where its folder was deleted there is nothing that could be given again.
			if (segment.isGone || (error as NodeJS.ErrnoException).code === "ENOENT") return true;
			segment.unsaved.unshift(...ranges);
			telemetryFailed("spool", error);
			return false;
		}
	}
}
