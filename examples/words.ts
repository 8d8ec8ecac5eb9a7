import { stemmer } from "stemmer";

const stopWords: ReadonlySet<string> = new Set(
	(
		"a about after all also an and any are as at be because been before being but by can could did do does during each for from " +
		"get had has have how i if in into is it its just like many may me might more most much must my no not of on one or other " +
		"our out over same should so some such than that the their them then there these they this those to too under up us use " +
		"used using was way we were what when where which while who whose why will with would you your"
	).split(" "),
);

/** Returns the stem of a word, or undefined where the word says nothing about the subject ("how", "the", "a"). */
export function stem(word: string): string | undefined {
	const lower = word.toLowerCase();
	return stopWords.has(lower) ? undefined : stemmer(lower);
}

/** Returns the stems of the words of a text that say what it is about, in order. */
export function contentWords(text: string): string[] {
	const words = text.match(/[\p{L}\p{N}]+/gu) ?? [];
	return words.flatMap((word) => stem(word) ?? []);
}
