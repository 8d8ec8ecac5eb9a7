import { clearLine, moveCursor } from "node:readline";
import type { WriteStream } from "node:tty";

export interface Progress {
	/** Replaces the line on a terminal; elsewhere only the last one before `done` is written. */
	show(line: string): void;
	done(): void;
}

/** Shows how far something is, in one line. */
export function progressLine(output: NodeJS.WritableStream & Partial<Pick<WriteStream, "isTTY">>): Progress {
	let last: string | undefined;
	return {
		show(line) {
			const first = last === undefined;
			last = line;
			if (!output.isTTY) return;
			if (!first) moveCursor(output, 0, -1);
			clearLine(output, 0);
			// Each ends its line, so that a warning on the same terminal begins one of its own.
			output.write(`${line}\n`);
		},
		done() {
			if (!output.isTTY && last !== undefined) output.write(`${last}\n`);
		},
	};
}
