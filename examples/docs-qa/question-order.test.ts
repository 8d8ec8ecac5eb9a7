import { expect, test } from "vitest";
import { questionsOf } from "./question-order.ts";
import { questions } from "./questions.ts";

test("gives a reader who is alone the questions as they are listed", () => {
	expect(questionsOf(0, 0, 1)).toEqual(questions);
});

test("gives every question once in each pass, in an order of its own", () => {
	const textsOf = (reader: number, pass: number) => questionsOf(reader, pass, 2).map(({ text }) => text);
	const listed = questions.map(({ text }) => text);
	const orders = [0, 1].flatMap((reader) => [0, 1, 2, 3, 4, 5, 6].map((pass) => textsOf(reader, pass)));
	for (const order of orders) expect(order.toSorted()).toEqual(listed.toSorted());
	expect(new Set(orders.map((order) => order.join())).size).toBe(orders.length);
});

test("lets each of several ask under names of its own", () => {
	const users = [0, 1].map((reader) => new Set(questionsOf(reader, 0, 2).map(({ userId }) => userId)));
	expect(users[0]?.has("ada-1")).toBe(true);
	expect(users[1]?.has("ada-2")).toBe(true);
	expect(users[0]?.isDisjointFrom(users[1] as Set<string>)).toBe(true);
});
