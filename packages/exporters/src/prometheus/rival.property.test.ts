import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { prometheusExporter } from "../prometheus.ts";
import { parseExposition } from "./exposition.fixture.ts";

const names = ["a", "A.total", "a.count", "a_count", "a.sum", "a.bucket", "a.created", "a.info", "a.count.total"];
const instrument = fc.record({
	kind: fc.constantFrom("counter", "up_down_counter", "histogram"),
	name: fc.constantFrom(...names),
	unit: fc.constantFrom("", "{item}", "s"),
	scope: fc.constantFrom("one", "two"),
});

/** What a scraper takes for series of a family. */
const endings = { counter: ["_total", "_created"], histogram: ["_bucket", "_sum", "_count", "_created"], gauge: [""] };

function familiesOf(series: string, types: ReadonlyMap<string, string>): string[] {
	return [...types].flatMap(([name, type]) => {
		// The older format has the name of a counter whole.
		const family = type === "counter" ? name.replace(/_total$/, "") : name;
		return endings[type as keyof typeof endings].some((ending) => series === `${family}${ending}`) ? [family] : [];
	});
}

test("whatever instruments are made, a series is of one family, and a recording is shown or counted as lost", async () => {
	vi.spyOn(process, "emitWarning").mockImplementation(() => {});
	await fc.assert(
		fc.asyncProperty(fc.array(instrument, { maxLength: 12 }), fc.boolean(), async (instruments, scopeLabels) => {
			const exporter = prometheusExporter({ scopeLabels });
			for (const { kind, name, unit, scope } of instruments) {
				const meter = exporter.meterProvider.getMeter(scope);
				if (kind === "counter") meter.createCounter(name, { unit }).add(1);
				else if (kind === "histogram") meter.createHistogram(name, { unit }).record(1);
				else meter.createUpDownCounter(name, { unit }).add(1);
			}
			for (const accept of ["text/plain", "application/openmetrics-text"]) {
				const { types, values } = parseExposition((await exporter.metrics(accept)).body);
				const families = [...types].map(([name, type]) => (type === "counter" ? name.replace(/_total$/, "") : name));
				expect(new Set(families).size).toBe(families.length);
				let found = 0;
				for (const [series, value] of values) {
					const name = series.replace(/\{.*/, "");
					const [family = "", ...others] = familiesOf(name, types);
					expect([name, others]).toEqual([name, []]);
					const counts = types.get(family) !== "histogram" || name.endsWith("_count");
					if (counts && family !== "") found += value;
				}
				expect(found).toBe(instruments.length);
			}
			await exporter.shutdown();
		}),
		{ numRuns: 300 },
	);
}, 60_000);
