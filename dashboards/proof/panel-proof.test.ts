import { expect, test } from "vitest";
import type { Panel } from "../generator/specification.ts";
import { type Answer, panelComplaints } from "./panel-proof.ts";

const panel: Panel = {
	kind: "timeseries",
	title: "Calls",
	description: "Calls.",
	unit: "ops",
	width: 12,
	queries: [{ expression: "rate(calls[1m])", legend: "calls" }],
	expected: [0, 10],
};

const complaintsAbout = (values: readonly (readonly number[])[], changes: Partial<Panel> = {}) => {
	const answer: Answer = values.map((one) => ({ values: one }));
	return panelComplaints({ ...panel, ...changes } as Panel, async () => answer);
};

test("is content with series that move within what the panel expects", async () => {
	expect(await complaintsAbout([[0, 1, 10]])).toEqual([]);
});

test.each([
	["nothing came back", [], "calls: no data"],
	["a value is no number", [[1, Number.NaN, Number.POSITIVE_INFINITY]], "calls: values that are no numbers: 2 of 3"],
	["a value is too high", [[1, 11]], "calls: 1 to 11 is outside of 0 to 10"],
	["a value is too low", [[-1, 1]], "calls: -1 to 1 is outside of 0 to 10"],
	["all is zero", [[0, 0], [0]], "calls: only zeros"],
	["all stands still", [[3, 3], [3]], "nothing on it moves"],
] as const)("complains where %s", async (_, values, complaint) => {
	expect(await complaintsAbout(values)).toEqual([complaint]);
});

test("lets stand still, or be zero, what the panel gives a reason for", async () => {
	expect(await complaintsAbout([[3, 3]], { steady: "a limit" })).toEqual([]);
	expect(await complaintsAbout([[0, 0]], { mayBeZero: "none overflows" })).toEqual([]);
	expect(await complaintsAbout([[0, 0]], { steady: "a limit" })).toEqual(["calls: only zeros"]);
});

test("complains of a query that is refused, in the words of the refusal", async () => {
	const refused = () => Promise.reject(new Error("parse error"));
	expect(await panelComplaints(panel, refused)).toEqual(["calls: parse error"]);
});

test("holds each query to account, and movement of any of them against standing still", async () => {
	const two: Panel = { ...panel, queries: [panel.queries[0], { expression: "limit", legend: "limit" }] };
	const ask = async (expression: string) => (expression === "limit" ? [{ values: [5, 5] }] : [{ values: [1, 2] }]);
	expect(await panelComplaints(two, ask)).toEqual([]);
	expect(await panelComplaints(two, async (text) => (text === "limit" ? [] : ask(text)))).toEqual(["limit: no data"]);
});
