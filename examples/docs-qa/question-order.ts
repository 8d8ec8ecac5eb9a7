import { type Question, questions } from "./questions.ts";

/** Any two of them, and the number of questions, have no common divisor: each leads past all questions. */
const strides = [1, 5, 9, 3, 13, 11];

/**
 * The questions of one pass of one reader: the first reader's first pass as they are listed, every other in an order of its
 * own, by nothing but the two numbers.
 *
 * @param reader - from 0; where there are several, each asks under names of its own
 */
export function questionsOf(reader: number, pass: number, readers: number): Question[] {
	const stride = strides[(reader + pass) % strides.length] ?? 1;
	const start = reader * 5 + pass * 3;
	return questions.map((_, index) => {
		const question = questions[(start + index * stride) % questions.length] as Question;
		if (readers === 1) return question;
		const { text, userId, sessionId } = question;
		return { text, userId: `${userId}-${reader + 1}`, sessionId: `${sessionId}-${reader + 1}` };
	});
}
