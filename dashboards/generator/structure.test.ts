import { describe, expect, it, test } from "vitest";
import { type CommittedDashboard, type CommittedPanel, committedDashboards, panelsOf } from "./committed.fixture.ts";
import { dashboards } from "./index.ts";

/** Kinds of panels that Grafana 12 and 13 bring along. */
const panelTypes = ["timeseries", "stat", "state-timeline", "heatmap", "table", "bargauge", "row"];
const columns = 24;

test("there is a dashboard for each that is written, in files by their uids", () => {
	const uids = committedDashboards.map(({ uid }) => uid);
	expect(uids.toSorted()).toEqual(dashboards.map(({ name }) => `footlight-${name}`).toSorted());
	expect(new Set(uids).size).toBe(uids.length);
});

describe.each(committedDashboards.map((dashboard) => [dashboard.title, dashboard] as const))("%s", (_, dashboard) => {
	const { uid, panels, schemaVersion, tags, links, templating, annotations } = dashboard;

	it("has a uid that Grafana takes, and no number of one Grafana", () => {
		expect(uid).toMatch(/^[a-z][a-z0-9-]{0,39}$/);
		expect(dashboard).not.toHaveProperty("id");
		expect(dashboard).not.toHaveProperty("__inputs");
	});

	it("is classic JSON as Grafana 12 and 13 read it", () => {
		expect(schemaVersion).toBeGreaterThanOrEqual(39);
		expect(schemaVersion).toBeLessThanOrEqual(42);
		expect(dashboard).not.toHaveProperty("elements");
		expect(Array.isArray(templating.list) && Array.isArray(annotations.list)).toBe(true);
		expect(panels.map(({ type }) => type).filter((type) => !panelTypes.includes(type))).toEqual([]);
	});

	it("numbers its panels and letters their queries, each once", () => {
		expect(panels.map(({ id }) => id)).toEqual(panels.map((_, index) => index + 1));
		for (const { targets = [] } of panels) {
			expect(targets.map(({ refId }) => refId)).toEqual(targets.map((_, at) => String.fromCharCode(65 + at)));
		}
	});

	it.each(rowsOf(dashboard))("fills its grid without a gap or an overlap: %s", (_, { gridPos }, inside) => {
		expect(gridPos).toMatchObject({ x: 0, w: columns, h: 1 });
		const top = gridPos.y + 1;
		const bottom = Math.max(...inside.map(({ gridPos: { y, h } }) => y + h));
		expect(linesOf(inside, top, bottom)).toEqual(Array(bottom - top).fill("1".repeat(columns)));
	});

	it("has its rows one below the other", () => {
		const tops = rowsOf(dashboard).map(([, { gridPos }]) => gridPos.y);
		const bottoms = rowsOf(dashboard).map(([, , inside]) => Math.max(...inside.map(({ gridPos: { y, h } }) => y + h)));
		expect(tops.slice(1)).toEqual(bottoms.slice(0, -1));
		expect(panels[0]).toMatchObject({ type: "row", gridPos: { y: 0 } });
	});

	it("is in the menu that leads to all of them, with time and variables", () => {
		expect(tags).toContain("footlight");
		expect(links).toContainEqual(
			expect.objectContaining({ type: "dashboards", tags: ["footlight"], keepTime: true, includeVars: true }),
		);
	});

	it("has panels of different titles", () => {
		const titles = panels.map(({ title }) => title);
		expect(titles).toEqual([...new Set(titles)]);
	});

	describe.each(panelsOf(dashboard).map((panel) => [panel.title, panel] as const))("%s", (_, panel) => {
		it("says what it shows, and what to do: a sentence or more", () => {
			expect(panel.description).toMatch(/^[^ ].{30,}[.]$/);
		});

		it("has thresholds that rise from a colour for the least", () => {
			const [first, ...others] = panel.fieldConfig?.defaults.thresholds?.steps ?? [];
			expect(first).toEqual({ color: expect.any(String), value: null });
			const values = others.map(({ value }) => value);
			expect(values).toEqual([...new Set(values)].toSorted((a, b) => Number(a) - Number(b)));
		});

		it("leads from a point to traces, and to dashboards and variables that exist", () => {
			const found = panel.fieldConfig?.defaults.links ?? [];
			expect(found.map(({ title }) => title)).toContain("Traces in Jaeger");
			expect(found.flatMap(({ url }) => deadEnds(url, dashboard))).toEqual([]);
		});
	});
});

test("a link is seen to lead nowhere", () => {
	const [dashboard] = committedDashboards as [CommittedDashboard];
	expect(deadEnds("/d/footlight-nowhere?var-job=x", dashboard)).toEqual(["no dashboard footlight-nowhere"]);
	expect(deadEnds("/d/footlight-telemetry?var-stage=x", dashboard)).toEqual([
		"footlight-telemetry has no variable stage",
	]);
	expect(deadEnds(`/explore?left=\${nothing}`, dashboard)).toEqual([`${dashboard.uid} has no variable nothing`]);
	expect(deadEnds("https://example.com/", dashboard)).toEqual(["https://example.com/ is not of this Grafana"]);
});

type Row = readonly [title: string, row: CommittedPanel, inside: readonly CommittedPanel[]];

function rowsOf({ panels }: CommittedDashboard): Row[] {
	const starts = panels.flatMap(({ type }, index) => (type === "row" ? [index] : []));
	return starts.map((start, at) => {
		const row = panels[start] as CommittedPanel;
		return [row.title, row, panels.slice(start + 1, starts[at + 1])];
	});
}

/** How many panels cover each column, for each line of the grid. */
function linesOf(panels: readonly CommittedPanel[], top: number, bottom: number): string[] {
	return Array.from({ length: bottom - top }, (_, at) => {
		const beside = panels.map(({ gridPos }) => gridPos).filter(({ y, h }) => y <= top + at && top + at < y + h);
		const counts = Array.from({ length: columns }, (_, x) => beside.filter((one) => one.x <= x && x < one.x + one.w));
		return counts.map(({ length }) => length).join("");
	});
}

/** Why a link leads nowhere; empty where it leads somewhere. */
function deadEnds(url: string, from: CommittedDashboard): string[] {
	if (!url.startsWith("/d/") && !url.startsWith("/explore?")) return [`${url} is not of this Grafana`];
	const uid = /^\/d\/([^?]+)/.exec(url)?.[1];
	const target = uid === undefined ? from : committedDashboards.find((one) => one.uid === uid);
	if (target === undefined) return [`no dashboard ${uid}`];
	const given = [...url.matchAll(/var-(\w+)=/g)].map(([, name = ""]) => [target, name] as const);
	const used = [...url.matchAll(/\$\{(\w+)[:}]/g)].map(([, name = ""]) => [from, name] as const);
	return [...given, ...used]
		.filter(([{ templating }, name]) => !name.startsWith("__") && !templating.list.some((one) => one.name === name))
		.map(([{ uid }, name]) => `${uid} has no variable ${name}`);
}
