const narrow = /[iljtfI.,:;'|!()[\] ]/;
const wide = /[mwMW@%→]/;
const upper = /[A-Z0-9_$#&–+=<>~]/;

/** About how wide a text in Inter is, in pixels: pictures are laid out where no font can be measured. */
export function textWidth(text: string, fontPixels: number = 12): number {
	let ems = 0;
	for (const letter of text) {
		ems += narrow.test(letter) ? 0.32 : wide.test(letter) ? 0.88 : upper.test(letter) ? 0.645 : 0.57;
	}
	return ems * fontPixels;
}

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Writes any text as HTML. */
export function escapeHtml(text: string): string {
	return text.replace(/[&<>"]/g, (letter) => escapes[letter] as string);
}
