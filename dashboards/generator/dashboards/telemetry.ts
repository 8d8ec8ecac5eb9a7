// Over 250 lines: a table of panels that is read from top to bottom.
import {
	dashboardScope,
	increase,
	maxBy,
	orZero,
	rate,
	rateInterval,
	risen,
	share,
	sumBy,
	worstProcess,
} from "../promql.ts";
import type { Dashboard, Threshold } from "../specification.ts";

const { series, sums, counts } = dashboardScope();
const byProcess = ["job", "instance"] as const;
const processLegend = "{{instance}}";

const info = series("pipeline.sdk.info");
const failures = series("pipeline.telemetry.failures");
/** Spans that tail sampling leaves out are left out on purpose. */
const sampled = series("pipeline.telemetry.dropped", {
	"pipeline.telemetry.reason": ["sampling", "sampling_early"],
});
const givenUp = series("pipeline.telemetry.dropped", {
	"pipeline.telemetry.reason": { not: ["sampling", "sampling_early"] },
});
const lost = series("pipeline.exporter.items", { "error.type": { not: "" } });
/**
 * What takes the values of labels beyond an instrument's limit, of any metric that is scraped; of a histogram, one series.
 * It is there only once it is needed, so where a process is, and it is not, there are none.
 */
const overflowing =
	'count({otel_metric_overflow="true",job=~"$job",instance=~"$instance",__name__!~".+_(bucket|sum)"})';

const anyIsOdd: readonly [Threshold, ...Threshold[]] = [{ color: "green" }, { from: 1, color: "yellow" }];
const anyIsBad: readonly [Threshold, ...Threshold[]] = [{ color: "green" }, { from: 1, color: "semi-dark-red" }];
const busy: readonly [Threshold, ...Threshold[]] = [
	{ color: "green" },
	{ from: 0.7, color: "yellow" },
	{ from: 0.9, color: "semi-dark-red" },
];
const late: readonly [Threshold, ...Threshold[]] = [
	{ color: "green" },
	{ from: 0.1, color: "yellow" },
	{ from: 0.5, color: "semi-dark-red" },
];

/** Whether what the other dashboards show is all there is, and how the processes are that record it. */
export const telemetry: Dashboard = {
	name: "telemetry",
	title: "Footlight · Telemetry",
	description:
		"Telemetry about telemetry: who records, what was given up on the way and why, what scrapes cost, and the processes' event loop and memory.",
	variables: [],
	rows: [
		{
			title: "Can the other dashboards be trusted",
			panels: [
				{
					kind: "stat",
					title: "Processes that record",
					description:
						"Processes that Footlight records in, and were collected from. Fewer than you run: the missing ones are blind spots; run `footlight doctor` in them.",
					unit: "none",
					width: 4,
					sparkline: false,
					queries: [{ expression: `sum(${info}) or vector(0)`, legend: "processes" }],
					thresholds: [{ color: "semi-dark-red" }, { from: 1, color: "green" }],
					expected: [0, 2],
					steady: "the demo is one process",
				},
				{
					kind: "stat",
					title: "Processes by version",
					description:
						"Processes by the version of Footlight they run. Two versions after a deploy is over: some processes were left behind.",
					unit: "none",
					width: 4,
					sparkline: false,
					queries: [{ expression: sumBy(["pipeline.sdk.version"], info), legend: "{{pipeline_sdk_version}}" }],
					thresholds: [{ color: "blue" }],
					expected: [1, 2],
					steady: "the demo is one process",
				},
				{
					kind: "stat",
					title: "Telemetry given up",
					description:
						"Metrics, spans and log lines that were given up in the shown time, other than by sampling. Anything but zero: what dashboards show is not all there is; the reasons are below.",
					unit: "short",
					width: 4,
					queries: [{ expression: `sum(${increase(givenUp, "$__range")})`, legend: "given up" }],
					thresholds: anyIsBad,
					expected: [0, 0],
					mayBeZero: "nothing is given up in the demo but what is sampled out",
				},
				{
					kind: "stat",
					title: "Failures of telemetry",
					description:
						"Failures of loggers, sinks and exporters in the shown time, that were kept from your calls. The first of each part is in the process's warnings, with its error.",
					unit: "short",
					width: 4,
					// No part is counted before it has failed: where a process is, and no failure, there were none.
					queries: [{ expression: orZero(`sum(${risen(failures, "$__range")})`, `sum(${info})`), legend: "failures" }],
					thresholds: anyIsOdd,
					expected: [0, 1_000],
				},
				{
					kind: "stat",
					title: "Series that overflow",
					description:
						"Metrics with more values of labels than their limit: what is beyond is in one series, otel_metric_overflow. Look for an id that became a label, and take it out.",
					unit: "short",
					width: 4,
					queries: [{ expression: orZero(overflowing, `sum(${info})`), legend: "overflowing" }],
					thresholds: anyIsBad,
					expected: [0, 0],
					mayBeZero: "no metric of the demo has that many values of labels",
				},
				{
					kind: "stat",
					title: "Items never delivered",
					description:
						"Items that Footlight's exporters gave up for good, in the shown time. The dashboard of streaming shows each exporter, and why.",
					unit: "short",
					width: 4,
					queries: [{ expression: `sum(${risen(lost, "$__range")})`, legend: "never delivered" }],
					thresholds: anyIsBad,
					drillDown: "streaming",
					expected: [0, 2_000],
				},
			],
		},
		{
			title: "What was given up, and why",
			panels: [
				{
					kind: "timeseries",
					draw: "stacked",
					title: "Spans sampled out",
					description:
						"Spans that sampling left out, on purpose: sampling by its policies, sampling_early those of traces that had not come to their end. Much of the second: traces are longer than tail sampling waits, or it has too little room.",
					unit: "suffix:/s",
					width: 8,
					queries: [
						{
							expression: sumBy(["pipeline.telemetry.reason"], rate(sampled)),
							legend: "{{pipeline_telemetry_reason}}",
						},
					],
					expected: [0, 500],
				},
				{
					kind: "timeseries",
					draw: "bars",
					title: "Given up by reason",
					description:
						"cardinality: more values of labels than the limit, so an id became a label. invalid_value: a number that is none. name_conflict: two instruments of one name. Zero is how it should be.",
					unit: "short",
					width: 8,
					queries: [
						{
							expression: sumBy(["pipeline.telemetry.signal", "pipeline.telemetry.reason"], increase(givenUp)),
							legend: "{{pipeline_telemetry_signal}}: {{pipeline_telemetry_reason}}",
						},
					],
					thresholds: anyIsBad,
					expected: [0, 0],
					mayBeZero: "nothing is given up in the demo but what is sampled out",
				},
				{
					kind: "timeseries",
					draw: "bars",
					title: "Failures by part",
					description:
						"Failures of loggers, sinks, exporters and listeners, by the part that failed; the calls they belong to went on. A part that fails all the time is deaf: see the process's warnings for the first error.",
					unit: "short",
					width: 8,
					queries: [
						{
							expression: orZero(sumBy(["pipeline.telemetry.part"], risen(failures, rateInterval)), `sum(${info})`),
							legend: "{{pipeline_telemetry_part}}",
						},
					],
					thresholds: anyIsOdd,
					expected: [0, 500],
				},
			],
		},
		{
			title: "Exporters and scrapes",
			panels: [
				{
					kind: "timeseries",
					title: "Exporter queues",
					description:
						"Items in exporters' memory, as a share of their room; the lines are 80 % and full. Full, it drops or spools: the dashboard of streaming shows its flushes.",
					unit: "percentunit",
					width: 8,
					max: 1,
					thresholdLines: true,
					queries: [
						{
							expression: worstProcess(["exporter.name"], (by) =>
								share(
									sumBy(by, series("pipeline.exporter.queue.size")),
									sumBy(by, series("pipeline.exporter.queue.capacity")),
								),
							),
							legend: "{{exporter_name}}",
						},
					],
					thresholds: [{ color: "green" }, { from: 0.8, color: "yellow" }, { from: 1, color: "semi-dark-red" }],
					drillDown: "streaming",
					expected: [0, 1],
				},
				{
					kind: "timeseries",
					title: "Samples of a scrape",
					description:
						"Samples that each process exposes. It should level out: one that climbs for hours has a label with ever new values, and will be slow for everybody. Pushed metrics have no scrapes.",
					unit: "short",
					width: 8,
					queries: [
						{
							expression: maxBy(byProcess, `${series("scrape_samples_scraped")} and on (job, instance) ${info}`),
							legend: processLegend,
						},
					],
					thresholds: [{ color: "green" }, { from: 10_000, color: "yellow" }, { from: 50_000, color: "semi-dark-red" }],
					// Zero is a scrape that failed; the demo's series are born within its first minute.
					expected: [0, 5_000],
					steady: "series are born once",
				},
				{
					kind: "timeseries",
					title: "Time of a scrape",
					description:
						"How long each process took to answer a scrape. Near the scrape's time limit, points will be missing on all dashboards: fewer series, or a longer limit.",
					unit: "s",
					width: 8,
					queries: [
						{
							expression: maxBy(byProcess, `${series("scrape_duration_seconds")} and on (job, instance) ${info}`),
							legend: processLegend,
						},
					],
					thresholds: [{ color: "green" }, { from: 0.5, color: "yellow" }, { from: 2, color: "semi-dark-red" }],
					expected: [0, 10],
				},
			],
		},
		{
			title: "The processes",
			panels: [
				{
					kind: "timeseries",
					title: "Event loop utilisation",
					description:
						"Share of time in which the event loop was busy. Near 100 % all else waits, timers and telemetry too: move work to other threads, or run more processes.",
					unit: "percentunit",
					width: 12,
					max: 1,
					thresholdLines: true,
					queries: [{ expression: maxBy(byProcess, series("nodejs.eventloop.utilization")), legend: processLegend }],
					thresholds: busy,
					expected: [0, 1],
				},
				{
					kind: "timeseries",
					title: "Event loop delay",
					description:
						"How late the event loop comes to what is due; up to 10 ms is how finely it is measured. p99 high with p50 low: single long steps hold everything up, such as parsing, compressing or a loop over much data.",
					unit: "s",
					width: 12,
					queries: [
						{
							expression: maxBy(byProcess, series("nodejs.eventloop.delay.p50")),
							legend: `p50 of ${processLegend}`,
						},
						{
							expression: maxBy(byProcess, series("nodejs.eventloop.delay.p99")),
							legend: `p99 of ${processLegend}`,
						},
					],
					thresholds: late,
					expected: [0, 5],
				},
				{
					kind: "timeseries",
					draw: "stacked",
					title: "Heap by space",
					description:
						"Memory that JavaScript objects take, by V8's spaces. A saw is fine. old_space that rises from tooth to tooth is a leak: take heap snapshots. large_object_space: big arrays and texts.",
					unit: "bytes",
					width: 12,
					queries: [
						{
							expression: `${sumBy(["v8js.heap.space.name"], series("v8js.memory.heap.used"))} > 0`,
							legend: "{{v8js_heap_space_name}}",
						},
					],
					expected: [0, 1e9],
				},
				{
					kind: "timeseries",
					draw: "stacked",
					title: "Time in garbage collection",
					description:
						"Share of time that each kind of garbage collection takes, in the process where it takes most. major above 10 %: the heap is nearly full, or much is made and thrown away; compare the heap on the left.",
					unit: "percentunit",
					width: 6,
					queries: [
						{
							expression: worstProcess(["v8js.gc.type"], (by) => sumBy(by, rate(sums("v8js.gc.duration")))),
							legend: "{{v8js_gc_type}}",
						},
					],
					thresholds: late,
					expected: [0, 0.5],
				},
				{
					kind: "timeseries",
					title: "Pause of a collection",
					description:
						"How long a garbage collection takes, on average. All else stands still meanwhile: pauses of 100 ms and more are latency that users feel.",
					unit: "s",
					width: 6,
					queries: [
						{
							expression: share(
								sumBy(["v8js.gc.type"], rate(sums("v8js.gc.duration"))),
								sumBy(["v8js.gc.type"], rate(counts("v8js.gc.duration"))),
							),
							legend: "{{v8js_gc_type}}",
						},
					],
					thresholds: late,
					expected: [0, 5],
				},
			],
		},
	],
};
