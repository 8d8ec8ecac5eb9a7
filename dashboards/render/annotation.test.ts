import { expect, test } from "vitest";
import { annotationsOf, joined } from "./annotation.ts";
import { colorOf } from "./color.ts";
import type { Dashboard } from "./dashboard.ts";

const range = { fromMs: 1_000_000, toMs: 1_200_000, scrapeMs: 5_000 };
const dashboard = (useValueForTime: boolean): Dashboard => ({
	uid: "a",
	title: "A",
	description: "",
	panels: [],
	templating: { list: [{ name: "job", type: "query", allValue: ".+" }] },
	annotations: { list: [{ name: "opened", iconColor: "red", expr: 'x{job=~"$job"}', useValueForTime }] },
});

test("points that are a step apart are one event", () => {
	expect(joined([0, 5, 10, 30, 40], 5)).toEqual([
		[0, 10],
		[30, 30],
		[40, 40],
	]);
});

test("a point is an event where its value is above zero", async () => {
	const values = [
		[1_010, "0"],
		[1_015, "1"],
		[1_020, "1"],
		[1_100, "2"],
	];
	const found = await annotationsOf(
		async (_, { query }) => ({ result: query === 'x{job=~".+"}' ? [{ metric: {}, values }] : [] }),
		dashboard(false),
		range,
	);
	const opened = { name: "opened", color: colorOf("red") };
	expect(found).toEqual([
		{ ...opened, fromMs: 1_015_000, toMs: 1_020_000 },
		{ ...opened, fromMs: 1_100_000, toMs: 1_100_000 },
	]);
});

test("the value says when it happened where the annotation wants it so; what was before the range is left out", async () => {
	const values = [
		[1_010, "900000"],
		[1_050, "1048500"],
		[1_055, "1048500"],
	];
	const found = await annotationsOf(async () => ({ result: [{ metric: {}, values }] }), dashboard(true), range);
	expect(found).toEqual([{ name: "opened", color: colorOf("red"), fromMs: 1_048_500, toMs: 1_048_500 }]);
});
