import { clearLine, cursorTo } from "node:readline";
import type { WriteStream } from "node:tty";

export interface Progress {
	/** Replaces the line on a terminal; elsewhere only the last one before `done` is written. */
	show(line: string): void;
	done(): void;
}

/** Shows how far something is, in one line. */
export function progressLine(output: NodeJS.WritableStream & Partial<Pick<WriteStream, "isTTY">>): Progress {
	let last = "";
	return {
		show(line) {
			last = line;
			if (!output.isTTY) return;
			cursorTo(output, 0);
			output.write(line);
			clearLine(output, 1);
		},
		done() {
			output.write(output.isTTY ? "\n" : `${last}\n`);
		},
	};
}
