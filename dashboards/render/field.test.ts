import { expect, test } from "vitest";
import { colorOf } from "./color.ts";
import { seriesColor, settingsOf, valueColor, valueText } from "./field.ts";

const config = {
	defaults: { unit: "s", custom: { fillOpacity: 8 } },
	overrides: [
		{
			matcher: { id: "byName", options: "error" },
			properties: [{ id: "color", value: { mode: "fixed", fixedColor: "semi-dark-red" } }],
		},
		{ matcher: { id: "byRegexp", options: "/^threshold/" }, properties: [{ id: "custom.fillOpacity", value: 0 }] },
	],
};
const thresholds = {
	steps: [
		{ value: null, color: "green" },
		{ value: 0.1, color: "yellow" },
		{ value: 0.5, color: "red" },
	],
};

test("an override by name gives a series its colour, others get their place's", () => {
	expect(seriesColor(settingsOf({ name: "error" }, config), 3)).toBe(colorOf("semi-dark-red"));
	expect(seriesColor(settingsOf({ name: "errors" }, config), 0)).toBe(colorOf("green"));
	expect(seriesColor(settingsOf({ name: "errors" }, config), 1)).toBe(colorOf("yellow"));
});

test("an override by pattern changes only what it names", () => {
	expect(settingsOf({ name: "threshold of a" }, config)).toEqual({ unit: "s", custom: { fillOpacity: 0 } });
	expect(settingsOf({ name: "the threshold" }, config)).toEqual(config.defaults);
});

test("an override by value finds what was zero all the time", () => {
	const hidden = { legend: true, viz: true };
	const overrides = [
		{
			matcher: { id: "byValue", options: { reducer: "allIsZero" } },
			properties: [{ id: "custom.hideFrom", value: hidden }],
		},
	];
	const hideFrom = (...values: (number | null)[]) =>
		settingsOf({ name: "a", points: values.map((value, at) => [at, value]) }, { defaults: {}, overrides }).custom
			?.hideFrom;
	expect(hideFrom(0, null, 0)).toEqual(hidden);
	expect(hideFrom(0, 0.1)).toBeUndefined();
});

test("a matcher that is not drawn is refused", () => {
	const overrides = [{ matcher: { id: "byType", options: "number" }, properties: [] }];
	expect(() => settingsOf({ name: "a" }, { defaults: {}, overrides })).toThrow("byType");
});

test("a value has the colour of the highest threshold that it reaches", () => {
	expect([0, 0.1, 0.49, 0.5, 7].map((value) => valueColor(value, { thresholds }))).toEqual(
		["green", "yellow", "yellow", "red", "red"].map(colorOf),
	);
	expect(valueColor(undefined, { thresholds })).toBe(colorOf("green"));
});

test("no value has the colour that is mapped to it, and not that of the lowest threshold", () => {
	const result = { text: "–", color: "purple" };
	const mappings = [{ type: "special" as const, options: { match: "null+nan", result } }];
	expect(valueColor(undefined, { thresholds, mappings })).toBe(colorOf("purple"));
	expect(valueColor(0, { thresholds, mappings })).toBe(colorOf("green"));
});

test("a mapping goes before unit and threshold", () => {
	const settings = {
		unit: "s",
		thresholds,
		mappings: [{ type: "value" as const, options: { 2: { text: "open", color: "purple" } } }],
	};
	expect(valueText(2, settings)).toBe("open");
	expect(valueColor(2, settings)).toBe(colorOf("purple"));
	expect(valueText(1, settings)).toBe("1 s");
});
