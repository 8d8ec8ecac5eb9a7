import type { WriteStream } from "node:tty";

/** Shows what is being said in the title of the terminal's window, where there is one. */
export function captionTitle(output: NodeJS.WritableStream & Partial<Pick<WriteStream, "isTTY">>): {
	show(caption: string): void;
	clear(): void;
} {
	const title = (text: string) => {
		// Whatever could end the sequence, or begin another, is left out.
		if (output.isTTY) output.write(`\u001b]0;${text.replace(/\p{Cc}+/gu, " ").trim()}\u0007`);
	};
	return { show: (caption) => title(`docs-qa: ${caption}`), clear: () => title("") };
}
