import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../scripts/command.ts";
import { compose } from "./compose.ts";

describe("npm run stack", () => {
	/** Runs the script with a `docker` of our own, or none, first on the PATH, and beside it a Go and a Jaeger that are too old. */
	function stack(docker: string | undefined, ...parameters: string[]) {
		const folder = mkdtempSync(join(tmpdir(), "footlight-"));
		const put = (name: string, script: string) => {
			writeFileSync(join(folder, name), `#!/bin/sh\n${script}`);
			chmodSync(join(folder, name), 0o755);
		};
		put("go", "echo go1.25.1");
		put("jaeger", `echo '{"gitVersion":"v1.60.0"}'`);
		if (docker !== undefined) put("docker", `echo "$@" >> "${folder}/calls"\n${docker}`);
		const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "stack/run.ts"), ...parameters], {
			encoding: "utf8",
			env: { HOME: folder, PATH: docker === undefined ? folder : `${folder}:/bin:/usr/bin` },
		});
		const calls = existsSync(join(folder, "calls"))
			? readFileSync(join(folder, "calls"), "utf8").trim().split("\n")
			: [];
		return { status, stdout, stderr, calls };
	}

	test("starts the stack, waits for it, and tells where it is", () => {
		const { status, stdout, calls } = stack('if [ "$2" = port ]; then echo "127.0.0.1:1$4"; fi');
		expect(status).toBe(0);
		expect(calls.slice(3)[0]).toBe("compose up --build --detach --wait");
		expect(stdout.split("\n")).toEqual([
			"Jaeger      http://127.0.0.1:116686",
			"Grafana     http://127.0.0.1:13000",
			"Prometheus  http://127.0.0.1:19090",
			"OTLP/HTTP   http://127.0.0.1:14318",
			"OTLP/gRPC   127.0.0.1:14317",
			"",
		]);
	});

	test("stops it, and hands on what else is said", () => {
		const { status, calls } = stack("exit 0", "down", "--volumes");
		expect([status, calls.at(-1)]).toEqual([0, "compose --profile * down --remove-orphans --volumes"]);
	});

	test("starts what a profile adds, and tells the others of it", () => {
		const { status, stdout, calls } = stack(
			'[ "$2" != port ] || echo "127.0.0.1:$4"',
			...["up", "--profile", "logs", "--profile=scale", "--no-build"],
		);
		expect(status).toBe(0);
		expect(calls[3]).toBe("compose --profile logs --profile scale up --build --detach --wait --no-build");
		expect(stdout).toContain("Collector   http://127.0.0.1:4318\n");
		expect(stdout).toContain("Balancer    http://127.0.0.1:4318\n");
	});

	test("hands the settings of a profile to Docker", () => {
		const settings = 'if [ "$1 $2" = "compose --profile" ]; then env | grep -E "^(DEMO|LOGS)_"; fi';
		expect(stack(settings, "up", "--profile", "logs").stdout).toContain("DEMO_LOGS_EXPORTER=otlp");
		expect(stack(settings, "up", "--profile", "scale").stdout).toContain(
			"DEMO_TRACES_ENDPOINT=http://balancer:4318/v1/traces",
		);
		// Each is a variable of the compose file.
		for (const name of ["DEMO_LOGS_EXPORTER", "DEMO_TRACES_ENDPOINT", "LOGS_DATASOURCE_UID"]) {
			expect(readFileSync(join(root, "docker-compose.yml"), "utf8")).toContain(`\${${name}:-`);
		}
	});

	test("refuses a profile it does not know", () => {
		const { status, stderr, calls } = stack("exit 0", "up", "--profile", "lgtm");
		expect([status, calls]).toEqual([2, []]);
		expect(stderr).toBe('stack: unknown profile "lgtm"; known profiles are logs, scale\n');
	});

	test("asks only for services the compose file has", () => {
		const asked = stack("exit 0").calls.filter((call) => call.startsWith("compose port"));
		expect(asked).toHaveLength(5);
		for (const call of asked) {
			const [, , service = "", port] = call.split(" ");
			expect(compose.services[service]?.ports?.some((published) => published.endsWith(`:${port}`))).toBe(true);
		}
	});

	test.each([
		["Docker is missing", undefined, "Docker is not installed"],
		["the Compose plugin is missing", '[ "$1" = --version ]', "Compose plugin is not"],
		[
			"the engine is not running",
			'[ "$1" != info ] || { echo "Cannot connect to the Docker daemon" >&2; exit 1; }',
			"does not answer",
		],
	])("says what to do where %s, and what it takes without, and exits with 69", (_title, docker, words) => {
		const { status, stdout, stderr, calls } = stack(docker);
		expect(status).toBe(69);
		expect(stdout).toBe("");
		expect(stderr).toContain(words);
		expect(stderr).toContain("no Jaeger 2 on the PATH, and only go1.25.1, where it takes Go 1.26.0, to build one with");
		expect(stderr).toContain("`npm start` draws every run in the terminal");
		expect(calls).not.toContain("compose up --build --detach --wait");
	});

	test.each(["down", "up --profile logs", "up --no-build"])(
		"has nothing for `%s` to work on without Docker",
		(line) => {
			const { status, stdout, stderr } = stack(undefined, ...line.split(" "));
			expect([status, stdout]).toEqual([69, ""]);
			expect(stderr).toContain("Docker is not installed");
			expect(stderr).toContain("Without Docker there is `npm run stack` alone");
		},
	);

	test("repeats what the engine said", () => {
		expect(stack('[ "$1" != info ] || { echo "permission denied" >&2; exit 1; }').stderr).toContain(
			"permission denied",
		);
	});

	test("exits as Docker does when it fails", () => {
		const { status, stderr, stdout } = stack('[ "$2" != up ] || exit 18');
		expect([status, stdout]).toEqual([18, ""]);
		expect(stderr).toContain("docker compose failed");
	});

	test.each(["--help", "-h", "help"])("says with %s what there is to ask for", (word) => {
		const { status, stdout, calls } = stack("exit 0", word);
		expect([status, calls]).toEqual([0, []]);
		for (const command of ["up", "down", "status", "logs", "--profile logs|scale"])
			expect(stdout).toContain(`  ${command} `);
	});

	test("refuses a command it does not know", () => {
		const { status, stderr, calls } = stack("exit 0", "restart");
		expect([status, calls]).toEqual([2, []]);
		expect(stderr).toBe('stack: unknown command "restart"; known commands are up, down, status, logs\n');
	});
});
