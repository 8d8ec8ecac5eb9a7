import { expect, test } from "vitest";
import { pageFixture } from "./page.fixture.ts";
import { dashboardPage } from "./page.ts";

const { dashboard, range, ask } = pageFixture();
const { html, width, height, empty } = await dashboardPage(ask, dashboard, range);
const section = (title: string) => {
	const found = html.split("<section").find((text) => text.includes(`<h3>${title}<`));
	if (found === undefined) throw new Error(`no panel ${title}`);
	return found;
};

test("every panel stands in the grid with its title", () => {
	expect(html.match(/<section/g)).toHaveLength(dashboard.panels.length);
	for (const { title } of dashboard.panels) expect(section(title)).toContain("left:0px");
	expect(width).toBe(1_600);
	expect(height).toBe(96 + dashboard.panels.length * 8 * 38 + 8);
});

test("the page needs nothing but itself", () => {
	expect(html).not.toMatch(/(?:src|href)=/);
	expect(html.match(/url\((?!data:font\/woff2|#)/)).toBeNull();
});

test("nothing is drawn where no number is", () => {
	expect(html).not.toMatch(/NaN|undefined|Infinity/);
});

test("the timeline shows each state, and the legend its name", () => {
	const timeline = section("State of every breaker");
	for (const text of ["docs-qa.answer", "docs-qa.fetch", "closed", "half-open", "open"]) {
		expect(timeline).toContain(`>${text}<`);
	}
	// Green, yellow and red, somewhat transparent.
	for (const color of ["rgb(115,191,105)", "rgb(250,222,42)", "rgb(224,47,68)"]) expect(timeline).toContain(color);
});

test("series have the names and colours that the dashboard gives them", () => {
	expect(section("Calls through breakers by result")).toContain('<i class="" style="color:#E02F44"></i>failure');
});

test("the heatmap has cells and a scale, its exemplars are dots", () => {
	expect(section("Attempts per call").match(/<path/g)?.length).toBeGreaterThan(20);
	expect(section("Attempts per call")).toContain('class="scale"');
	expect(section("Run duration").match(/fill="#5794F2"/g)?.length).toBeGreaterThan(5);
});

test("the figure is written on its threshold's colour", () => {
	expect(section("Failed runs")).toMatch(
		/<div class="tile lone" style="background:#[0-9A-F]{6};.*<b style="font-size:\d+px">[\d.]+%<\/b>/s,
	);
});

test("the table has its headings, and cells that are coloured by their own thresholds", () => {
	const table = section("Stages");
	for (const heading of ["Pipeline", "Stage", "Calls/s", "Failed", "p95"]) expect(table).toContain(`>${heading}</th>`);
	expect(table).toMatch(/<td class="number" style="background:linear-gradient\([^"]*#E02F44[^"]*">[\d.]+%<\/td>/);
});

test("the gauge is as long as its share", () => {
	expect(section("Share of time not closed")).toMatch(/<i style="width:\d+\.\d+%;/);
});

test("a panel without answers says so, and is named", () => {
	expect(section("Retry budget used")).toContain("No data");
	expect(empty).toEqual(["Retry budget used"]);
});

test("what happened is drawn through every time axis", () => {
	// The dash of annotations, which no series and no threshold has.
	const dashes = (title: string) => section(title).match(/stroke-dasharray="4,4"/g)?.length ?? 0;
	expect(dashes("State of every breaker")).toBeGreaterThan(2);
	expect(dashes("Run duration")).toBe(dashes("State of every breaker"));
	expect(dashes("Stages")).toBe(0);
});
