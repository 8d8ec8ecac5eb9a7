import { expect, test } from "vitest";
import { passageCopies } from "./passage-copies.ts";

const hit = (id: number) => ({ id, source: "lamp.md", heading: `Lamp ${id}`, score: 1 });
const passage = (id: number) => ({ ...hit(id), text: `text ${id}` });

test("gives the text that was kept, and of what nobody has read its heading", () => {
	const copies = passageCopies();
	copies.keep([passage(1)]);
	expect([copies.of(hit(1)), copies.of(hit(2))]).toEqual([passage(1), { ...hit(2), text: "Lamp 2." }]);
});

test("keeps those used last", () => {
	const copies = passageCopies(2);
	for (const id of [1, 2, 1, 3]) copies.keep([passage(id)]);
	expect([1, 2, 3].map((id) => copies.of(hit(id)).text)).toEqual(["text 1", "Lamp 2.", "text 3"]);
});
