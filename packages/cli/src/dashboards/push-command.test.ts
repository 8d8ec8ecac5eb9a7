import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { dashboards } from "./command-line.fixture.ts";
import { type GrafanaServer, startGrafana } from "./grafana.fixture.ts";
import { answering, saying } from "./listening.fixture.ts";
import { readShipped, type Shipped } from "./shipped.ts";

const token = "glsa_s3cret-of-the-tests";
let grafana: GrafanaServer;
let shipped: Shipped;
beforeEach(async () => {
	vi.stubEnv("GRAFANA_TOKEN", token);
	grafana = await startGrafana({ token, version: "12.4.1" });
	shipped = await readShipped();
});
afterEach(() => grafana.close());

const push = (...parameters: string[]) => dashboards("push", "--grafana", grafana.url, ...parameters);
const lines = (text: string, word: string) => text.split("\n").filter((line) => line.startsWith(word));

test("saves every dashboard, as it is shipped, in a folder that it makes", async () => {
	const { code, stdout, stderr } = await push();
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	expect(stdout).toContain(`${grafana.url} (Grafana 12.4.1)\nmade         folder Footlight\n`);
	expect(grafana.folders).toEqual([{ uid: "footlight", title: "Footlight" }]);
	for (const { name, content } of shipped.dashboards) {
		const stored = grafana.dashboards.get(content.uid);
		expect(stored).toMatchObject({ folderUid: "footlight", version: 1 });
		expect(stored?.dashboard).toMatchObject({ ...content });
		expect(stdout).toContain(`saved        ${name}: ${grafana.url}/d/${content.uid}/x\n`);
	}
	expect(grafana.dashboards.size).toBe(shipped.dashboards.length);
});

test("a second time nothing is written, also where Grafana has added of its own", async () => {
	await push();
	const [uid, stored] = [...grafana.dashboards][0] ?? expect.unreachable();
	const own = { builtIn: 1, name: "Annotations & Alerts", datasource: { uid: "-- Grafana --" } };
	const { list } = (stored.dashboard as { annotations: { list: unknown[] } }).annotations;
	grafana.dashboards.set(uid, {
		...stored,
		dashboard: { ...stored.dashboard, annotations: { list: [own, ...list] }, liveNow: false },
	});
	grafana.writes.length = 0;
	const { code, stdout } = await push("--overwrite");
	expect(code).toBe(0);
	expect(lines(stdout, "as it was")).toHaveLength(shipped.dashboards.length);
	expect(grafana.writes).toEqual([]);
});

test("one that differs is left alone, until it is to be overwritten", async () => {
	await push();
	const [uid, stored] = [...grafana.dashboards][0] ?? expect.unreachable();
	grafana.dashboards.set(uid, { ...stored, dashboard: { ...stored.dashboard, title: "Mine" } });
	const left = await push();
	expect(left.code).toBe(1);
	expect(lines(left.stdout, "left alone")).toEqual([expect.stringContaining("--overwrite replaces it")]);
	expect(grafana.dashboards.get(uid)?.dashboard.title).toBe("Mine");
	const replaced = await push("--overwrite");
	expect(replaced.code).toBe(0);
	expect(lines(replaced.stdout, "overwritten")).toHaveLength(1);
	expect(grafana.dashboards.get(uid)).toMatchObject({ version: 2, dashboard: { title: stored.dashboard.title } });
});

test("one that somebody has added a panel to differs", async () => {
	await push("cost");
	const stored = grafana.dashboards.get("footlight-cost") ?? expect.unreachable();
	const panels = [...(stored.dashboard.panels as unknown[]), { id: 999, type: "text", title: "Ours" }];
	grafana.dashboards.set("footlight-cost", { ...stored, dashboard: { ...stored.dashboard, panels } });
	expect(await push("cost")).toMatchObject({
		code: 1,
		stdout: expect.stringContaining("left alone   cost: it differs"),
	});
});

test("one in another folder is moved only where it is to be overwritten", async () => {
	await push("--folder", "Elsewhere");
	expect(lines((await push()).stdout, "left alone")).toHaveLength(shipped.dashboards.length);
	expect((await push("--overwrite")).code).toBe(0);
	expect(new Set([...grafana.dashboards.values()].map(({ folderUid }) => folderUid))).toEqual(new Set(["footlight"]));
});

test("one that is provisioned from a file is well where it is the same, and cannot be replaced where not", async () => {
	await push();
	const [[sameUid, same], [otherUid, other]] = [...grafana.dashboards] as [[string, never], [string, never]];
	grafana.dashboards.set(sameUid, { ...(same as object), folderUid: "files", provisionedFrom: "same.json" } as never);
	const changed = { ...(other as { dashboard: object }).dashboard, title: "Old" };
	grafana.dashboards.set(otherUid, { ...(other as object), dashboard: changed, provisionedFrom: "old.json" } as never);
	const { code, stdout } = await push("--overwrite");
	expect(code).toBe(1);
	expect(lines(stdout, "left alone")).toEqual([expect.stringContaining("is provisioned from old.json")]);
	expect(lines(stdout, "as it was")).toHaveLength(shipped.dashboards.length - 1);
});

test("a folder of that title is taken, whatever its uid; and one made under a title that gives no uid", async () => {
	grafana.folders.push({ uid: "abc", title: "Footlight" });
	expect((await push("resilience")).code).toBe(0);
	expect([...grafana.dashboards.values()].map(({ folderUid }) => folderUid)).toEqual(["abc"]);
	expect((await push("footlight-resilience", "--overwrite", "--folder", "プロンプター")).code).toBe(0);
	expect(grafana.folders.at(-1)).toEqual({ uid: "generated", title: "プロンプター" });
});

test("no folder is made where nothing is put in it", async () => {
	await push("--folder", "Elsewhere");
	grafana.writes.length = 0;
	const { code, stdout } = await push();
	expect({ code, writes: grafana.writes }).toEqual({ code: 1, writes: [] });
	expect(stdout).not.toContain("made ");
	expect(grafana.folders.map(({ title }) => title)).toEqual(["Elsewhere"]);
});

test.for([409, 412])("a folder whose uid is taken is told with a cure, as of status %i", async (status) => {
	const renamed = await startGrafana({ token, version: "13.2.3", taken: status });
	renamed.folders.push({ uid: "footlight", title: "Renamed" });
	const { code, stderr } = await dashboards("push", "cost", "--grafana", renamed.url);
	expect(code).toBe(2);
	expect(stderr).toMatch(new RegExp(`answered ${status} and makes no folder "Footlight": a folder/dashboard with`));
	expect(stderr).toMatch(/→ Something else there, .* has the uid "footlight": give --folder the title/);
	expect((await dashboards("push", "cost", "--grafana", renamed.url, "--folder", "Renamed")).code).toBe(0);
	await renamed.close();
});

test("JSON of another shape is told in one sentence", async () => {
	const routes = { "/api/folders?": [{ uid: "footlight", title: "Footlight" }], "/api/dashboards/uid": 404 };
	const ended = async (strange: Readonly<Record<string, unknown>>) => {
		const url = await answering((request, response) => {
			const known = { "/api/health": { database: "ok", version: "13.2.3" }, ...routes, ...strange };
			const [, said] = Object.entries(known).find(([path]) => request.url?.startsWith(path)) ?? [];
			response.writeHead(said === 404 ? 404 : 200, { "content-type": "application/json" }).end(JSON.stringify(said));
		});
		const { code, stdout, stderr } = await dashboards("push", "cost", "--grafana", url);
		expect(code).toBe(2);
		expect(stderr).toMatch(/does not answer as Grafana, but with .+\n {4}→ Give the address .+\n$/);
		expect(stdout).not.toContain("undefined");
	};
	for (const folders of [{}, null, [null], [{ uid: 1 }]]) await ended({ "/api/folders?": folders });
	for (const stored of [{}, null, { dashboard: null, meta: {} }, { dashboard: {} }]) {
		await ended({ "/api/dashboards/uid": stored });
	}
	for (const saved of [{}, null, 3]) await ended({ "/api/dashboards/db": saved });
});

test("a Grafana under a path is found, and its links hold the path", async () => {
	const under = await startGrafana({ token, version: "13.2.3", path: "/grafana" });
	const root = under.url.replace("/grafana", "");
	expect(await dashboards("push", "--grafana", root)).toMatchObject({
		code: 2,
		stderr: `footlight dashboards push: ${root} answered 404: no Grafana is served under this address\n    → Give ${under.url}.\n`,
	});
	expect((await dashboards("push", "--grafana", `${under.url}/`, "cost")).stdout).toContain(
		`${under.url}/d/footlight-cost/x`,
	);
	expect((await dashboards("push", "--grafana", `${under.url}/d/some/page`, "cost")).stderr).toContain(
		`→ Give ${under.url}.`,
	);
	await under.close();
});

test("a version that is hidden from strangers is asked for as somebody known", async () => {
	const hiding = await startGrafana({ token });
	expect((await dashboards("push", "--grafana", hiding.url)).stdout).toContain("(Grafana 13.2.3)");
	await hiding.close();
});

test("a version that is too old is refused, before anything is written", async () => {
	const old = await startGrafana({ token, version: "10.4.2" });
	const { code, stderr } = await dashboards("push", "--grafana", old.url);
	expect({ code, stderr }).toEqual({
		code: 2,
		stderr: `footlight dashboards push: ${old.url} is Grafana 10.4.2, which is too old for the dashboards\n    → Update it to 12 or newer.\n`,
	});
	expect(old.writes).toEqual([]);
	await old.close();
});

test("a token that is wrong, missing, or may not write is told so, and never repeated", async () => {
	const wrong = await push("--token", "glsa_wr0ng-token");
	expect(wrong).toMatchObject({
		code: 2,
		stderr: expect.stringContaining("answered 401: it wants credentials, or other ones"),
	});
	expect(wrong.stderr).toContain("→ Give a token of a service account");
	vi.stubEnv("GRAFANA_TOKEN", undefined);
	expect((await push()).stderr).toContain("there is no token");
	expect((await push("--token", " ")).stderr).toContain("--token holds no token");
	const viewer = await startGrafana({ token, version: "12.0.0", role: "Viewer" });
	const denied = await dashboards("push", "--grafana", viewer.url, "--token", token);
	expect(denied).toMatchObject({
		code: 2,
		stderr: expect.stringContaining("answered 403: You'll need additional permissions"),
	});
	viewer.folders.push({ uid: "footlight", title: "Footlight" });
	const deniedEach = await dashboards("push", "cost", "--grafana", viewer.url, "--token", token);
	expect(deniedEach).toMatchObject({ code: 1, stdout: expect.stringMatching(/failed {7}cost: .* answered 403/) });
	await viewer.close();
	for (const { stdout, stderr } of [wrong, denied, deniedEach]) expect(stdout + stderr).not.toMatch(/glsa_/);
});

test("what a server repeats of a secret is taken out", async () => {
	const url = await saying(400, JSON.stringify({ message: `no such thing: ${token}` }));
	const { stderr } = await dashboards("push", "--grafana", url);
	expect(stderr).toContain("no such thing: [REDACTED]");
});

test("what is no Grafana is told so", async () => {
	const page = await saying(200, "<html>", { "content-type": "text/html" });
	expect((await dashboards("push", "--grafana", page)).stderr).toContain(
		`${page} answered 200 with a web page: this is no API of Grafana`,
	);
	const moved = await saying(301, "", { location: "https://grafana.example/api/health" });
	expect((await dashboards("push", "--grafana", moved)).stderr).toBe(
		`footlight dashboards push: ${moved} answered 301: it sends to https://grafana.example/api/health\n    → Give that address: https://grafana.example.\n`,
	);
	const other = await saying(200, '{"hello":"world"}', { "content-type": "application/json" });
	expect((await dashboards("push", "--grafana", other)).stderr).toContain("not as Grafana does");
	const ill = await saying(503, '{"database":"failing"}');
	expect((await dashboards("push", "--grafana", ill)).stderr).toContain("cannot reach its database now");
});

test("options are checked", async () => {
	expect((await push("--overwirte")).stderr).toContain("Unknown option '--overwirte'");
	expect((await push("nope")).stderr).toContain('there is no dashboard "nope"; there are ');
	expect((await push("--folder", " ")).stderr).toContain("--folder must be a title, got an empty one");
	expect((await push("--header", "secret")).stderr).toBe(
		'footlight dashboards push: --header must have the form "Name: value"\n    → As in --header "X-Scope-OrgID: team-a".\n',
	);
	expect((await dashboards("push")).stderr).toContain("--grafana is missing");
	expect(grafana.writes).toEqual([]);
});
