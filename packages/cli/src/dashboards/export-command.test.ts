import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { dashboards } from "./command-line.fixture.ts";
import { readShipped } from "./shipped.ts";

async function folder(): Promise<string> {
	const path = await mkdtemp(join(tmpdir(), "footlight-export-"));
	onTestFinished(() => rm(path, { recursive: true, force: true }));
	return path;
}
const shipped = await readShipped();

test("list names every file, with what is in it", async () => {
	const { code, stdout, stderr } = await dashboards("list");
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	for (const { name, content } of shipped.dashboards)
		expect(stdout).toMatch(new RegExp(`^${name} +\\d+ panels  ${content.description?.slice(0, 20)}`, "m"));
	for (const { file } of shipped.rules) expect(stdout).toMatch(new RegExp(`^${file} +\\d+ alerts, `, "m"));
	const listed = JSON.parse((await dashboards("list", "--json")).stdout);
	expect(listed.dashboards.map(({ uid }: { uid: string }) => uid)).toEqual(
		shipped.dashboards.map(({ content }) => content.uid),
	);
	expect(listed.rules.flatMap(({ alerts }: { alerts: string[] }) => alerts).length).toBeGreaterThan(5);
});

test("export writes every dashboard byte for byte, and says so", async () => {
	const to = join(await folder(), "new", "grafana");
	const { code, stdout } = await dashboards("export", "--to", to);
	expect(code).toBe(0);
	expect((await readdir(to)).sort()).toEqual(shipped.dashboards.map(({ file }) => file).sort());
	for (const { file, text } of shipped.dashboards) {
		expect(await readFile(join(to, file), "utf8")).toBe(text);
		expect(stdout).toContain(`written      ${join(to, file)}\n`);
	}
});

test("export leaves alone what differs, unless it is forced, and tells what was as it is", async () => {
	const to = await folder();
	const [one] = shipped.dashboards;
	const path = join(to, one?.file ?? "");
	await writeFile(path, "mine");
	const left = await dashboards("export", "--to", to);
	expect(left.code).toBe(1);
	expect(left.stdout).toContain(`left alone   ${path}: it differs, and --force overwrites it\n`);
	expect(await readFile(path, "utf8")).toBe("mine");
	const forced = await dashboards("export", "--to", to, "--force");
	expect(forced.code).toBe(0);
	expect(forced.stdout).toContain(`overwritten  ${path}\n`);
	expect(forced.stdout.match(/^as it was/gm)).toHaveLength(shipped.dashboards.length - 1);
	expect(await readFile(path, "utf8")).toBe(one?.text);
});

test("export takes names with and without their prefix, rules alone, and both", async () => {
	const files = async (...parameters: string[]) => {
		const to = await folder();
		expect((await dashboards("export", ...parameters, "--to", to)).code).toBe(0);
		return (await readdir(to)).sort();
	};
	const rules = shipped.rules.map(({ file }) => file);
	expect(await files("cost", "footlight-resilience")).toEqual(["footlight-cost.json", "footlight-resilience.json"]);
	expect(await files("--rules")).toEqual(rules);
	expect(await files("cost", "--rules")).toEqual(["footlight-cost.json", ...rules]);
});

test("export prints one file to stdout", async () => {
	const { code, stdout } = await dashboards("export", "cost", "--stdout");
	expect(code).toBe(0);
	expect(stdout).toBe(shipped.dashboards.find(({ name }) => name === "cost")?.text);
	expect((await dashboards("export", "--rules", "--stdout")).stdout).toBe(shipped.rules[0]?.text);
});

test("export puts whole addresses into the links of the alerts, and changes nothing else", async () => {
	const runbooks = "https://git.example/team/pipelines/docs/runbooks.md?plain=1";
	const links = ["--runbook-url", runbooks, "--grafana-url", "https://grafana.example/path/"];
	const { code, stdout } = await dashboards("export", "--rules", "--stdout", ...links);
	expect(code).toBe(0);
	const [original] = shipped.rules;
	const expected = structuredClone(parse(original?.text ?? "")) as {
		groups: { rules: { annotations?: Record<string, string> }[] }[];
	};
	let linked = 0;
	for (const { annotations } of expected.groups.flatMap(({ rules }) => rules)) {
		if (annotations === undefined) continue;
		annotations.runbook_url = `${runbooks}${annotations.runbook_url?.slice("docs/runbooks.md".length)}`;
		annotations.dashboard_url = `https://grafana.example/path${annotations.dashboard_url}`;
		linked++;
	}
	expect(linked).toBeGreaterThan(10);
	expect(parse(stdout)).toEqual(expected);
	const back = stdout.replaceAll(runbooks, "docs/runbooks.md").replaceAll("https://grafana.example/path", "");
	expect(back).toBe(original?.text);
	const one = (await dashboards("export", "--rules", "--stdout", ...links.slice(2))).stdout;
	expect(one).toContain("runbook_url: docs/runbooks.md#");
	expect(one).toContain("dashboard_url: https://grafana.example/path/d/footlight-");
});

test("export refuses addresses that are none, and those that have no place", async () => {
	const complaint = async (...parameters: string[]) => {
		const { code, stderr } = await dashboards("export", "--stdout", ...parameters);
		expect(code).toBe(2);
		return stderr;
	};
	expect(await complaint("cost", "--grafana-url", "https://g.example")).toContain("--grafana-url goes with --rules");
	const rejected = ["grafana.example", "", "ftp://g.example", "https://g.example/#top", "https://g.example/?a={{b}}"];
	for (const url of rejected) {
		for (const option of ["--grafana-url", "--runbook-url"]) {
			expect(await complaint("--rules", option, url)).toContain(
				`${option} must be an http:// or https:// address, got`,
			);
		}
	}
	expect(await complaint("--rules", "--grafana-url", "https://g.example/?orgId=1")).toContain(
		"must be an address that paths can be put behind",
	);
	const secret = await complaint("--rules", "--runbook-url", "https://ann:s3cret@g.example/");
	expect(secret).toContain("--runbook-url must hold no name and password");
	expect(secret).not.toContain("s3cret");
});

test("wrong usage is refused", async () => {
	const complaint = async (...parameters: string[]) => {
		const { code, stdout, stderr } = await dashboards(...parameters);
		expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
		return stderr;
	};
	expect(await complaint("export")).toContain("it takes either --to FOLDER or --stdout");
	expect(await complaint("export", "--stdout", "--to", "x")).toContain("it takes either --to FOLDER or --stdout");
	expect(await complaint("export", "--to", "")).toContain("--to must be a folder");
	expect(await complaint("export", "--stdout")).toContain("--stdout prints one file, and these are ");
	expect(await complaint("export", "cost", "--stdout", "--force")).toContain("--force goes with --to");
	expect(await complaint("export", "costs", "--stdout")).toContain('there is no dashboard "costs"; there are ');
	expect(await complaint("export", "--to", join("/dev/null", "folder"))).toContain(
		"cannot write to /dev/null/folder: ",
	);
	expect(await complaint("list", "extra")).toContain("Unexpected argument 'extra'");
	expect(await complaint("lst")).toBe(
		'footlight dashboards: unknown command "lst"; known commands are check, export, list, push\n',
	);
	expect(await complaint()).toContain("Usage: footlight dashboards <command>");
});

test("each command has help", async () => {
	expect((await dashboards("--help")).stdout).toMatch(/push +saves/);
	for (const name of ["list", "export", "check", "push"]) {
		const { code, stdout } = await dashboards(name, "--help");
		expect(code).toBe(0);
		expect(stdout).toMatch(new RegExp(`^Usage: footlight dashboards ${name}`));
		expect(stdout).toContain("Exit code: 0");
	}
});
