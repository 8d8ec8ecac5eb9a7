// Over 250 lines: a table of panels that is read from top to bottom.
import { outcomeColors, resultColors } from "../palette.ts";
import {
	dashboardScope,
	increase,
	maxBy,
	orZero,
	quantile,
	rate,
	rateInterval,
	risen,
	share,
	sumBy,
	worstProcess,
} from "../promql.ts";
import type { Dashboard, Threshold } from "../specification.ts";

const { series, buckets, counts } = dashboardScope("pipeline", "stage", "stream", "exporter");
const byStream = ["pipeline.name", "stage.name", "stream.name"] as const;
const streamLegend = "{{stage_name}} · {{stream_name}}";
const byExporter = ["exporter.name"] as const;
const exporterLegend = "{{exporter_name}}";

const depth = series("pipeline.stream.queue.depth");
const capacity = series("pipeline.stream.queue.capacity");
/** Items of a queue that is closed and not yet empty count, and its room does not: more than full is full. */
const fullness = worstProcess(byStream, (by) => `clamp_max(${share(sumBy(by, depth), sumBy(by, capacity))}, 1)`);
const blockedTime = series("pipeline.stream.producer.blocked_time");
const dropped = series("pipeline.stream.dropped");
const exported = series("pipeline.exporter.items", { "error.type": "" });
const lost = series("pipeline.exporter.items", { "error.type": { not: "" } });

/** Where queues call for less: their high water mark, unless they were given another. */
const highWater = 0.8;
const utilization: readonly [Threshold, ...Threshold[]] = [
	{ color: "green" },
	{ from: highWater, color: "yellow" },
	{ from: 1, color: "semi-dark-red" },
];
const waiting: readonly [Threshold, ...Threshold[]] = [
	{ color: "green" },
	{ from: 0.1, color: "yellow" },
	{ from: 0.25, color: "semi-dark-red" },
];
const anyIsBad: readonly [Threshold, ...Threshold[]] = [{ color: "green" }, { from: 1, color: "semi-dark-red" }];

/** Queues and back-pressure, what is dropped, playback buffers, and exporters. */
export const streaming: Dashboard = {
	name: "streaming",
	title: "Footlight · Streaming",
	description:
		"Queues between stages and who waits for whom, what was dropped, playback buffers, and the exporters that bring items out of the process.",
	variables: ["pipeline", "stage", "stream", "exporter"],
	rows: [
		{
			title: "Is anything held up, is anything lost",
			panels: [
				{
					kind: "stat",
					title: "Fullest queue",
					description:
						"How full the fullest queue is. Full: who takes items out of it is slower than who puts them in; the row below shows which it is, and who waits.",
					unit: "percentunit",
					width: 6,
					queries: [
						{ expression: orZero(`max(${fullness})`, `sum(${series("pipeline.sdk.info")})`), legend: "fullest queue" },
					],
					thresholds: utilization,
					expected: [0, 1],
				},
				{
					kind: "stat",
					title: "Producers that wait",
					description:
						"Producers that wait for room in a queue, on average. 1 is one of them all the time: from there on, the consumer sets the pace.",
					unit: "none",
					decimals: 2,
					width: 6,
					queries: [{ expression: `sum(${rate(blockedTime)})`, legend: "producers" }],
					thresholds: [{ color: "green" }, { from: 0.25, color: "yellow" }, { from: 1, color: "semi-dark-red" }],
					expected: [0, 8],
				},
				{
					kind: "stat",
					title: "Items dropped by queues",
					description:
						"Items that were put to queues and never came out, in the shown time. Fine where a queue is meant to shed (captions, progress); everywhere else it is lost work: see the reasons below.",
					unit: "short",
					width: 6,
					queries: [{ expression: `sum(${increase(dropped, "$__range")})`, legend: "dropped" }],
					thresholds: [{ color: "green" }, { from: 1, color: "yellow" }],
					expected: [0, 20_000],
				},
				{
					kind: "stat",
					title: "Items never delivered",
					description:
						"Items that exporters gave up for good, in the shown time: audit entries, events or spans that nobody will ever see. The row of exporters shows why.",
					unit: "short",
					width: 6,
					queries: [{ expression: `sum(${risen(lost, "$__range")})`, legend: "never delivered" }],
					thresholds: anyIsBad,
					expected: [0, 2_000],
				},
			],
		},
		{
			title: "Queues and back-pressure",
			panels: [
				{
					kind: "timeseries",
					title: "Queue utilisation",
					description:
						"Items that wait, as a share of the room there is; the lines are the high water mark (80 %) and full. Above the first for long: make the consumer faster or run more of it. More capacity only hides it. A gap: no queue was open.",
					unit: "percentunit",
					width: 12,
					max: 1,
					thresholdLines: true,
					queries: [{ expression: fullness, legend: streamLegend }],
					thresholds: utilization,
					drillDown: "stages",
					expected: [0, 1],
				},
				{
					kind: "timeseries",
					draw: "bars",
					title: "Peak depth of one queue",
					description:
						"Most items that waited in any one queue between two collections: what the figures on the left miss because it was over when they were read. At the queue's capacity: it was full for a moment.",
					unit: "short",
					width: 12,
					queries: [{ expression: maxBy(byStream, series("pipeline.stream.queue.depth_max")), legend: streamLegend }],
					drillDown: "stages",
					expected: [0, 64],
				},
				{
					kind: "timeseries",
					draw: "area",
					title: "Time producers wait for room",
					description:
						"Of each second, the part that producers spent waiting for room, in the process where they wait most; several of them add up beyond 100 %. Above 25 % for long, the stage that puts items in runs at the pace of the one that takes them out: look at that one's latency.",
					unit: "percentunit",
					width: 8,
					thresholdLines: true,
					queries: [{ expression: worstProcess(byStream, (by) => sumBy(by, rate(blockedTime))), legend: streamLegend }],
					thresholds: waiting,
					drillDown: "stages",
					expected: [0, 8],
				},
				{
					kind: "timeseries",
					draw: "area",
					title: "Time above the high water mark",
					description:
						"Of each second, the part in which queues called for less; queues of one name add up beyond 100 %. Producers that can slow down (a lower frame rate, smaller batches) should do so here: their sign is the event stream.throttle_started.",
					unit: "percentunit",
					width: 8,
					queries: [
						{ expression: sumBy(byStream, rate(series("pipeline.stream.throttled_time"))), legend: streamLegend },
					],
					thresholds: waiting,
					drillDown: "stages",
					expected: [0, 8],
				},
				{
					kind: "timeseries",
					title: "Time to first item, p95",
					description:
						"From the making of a queue until its first item was taken out: what somebody waits before anything moves. High while the rest is fast: the stage before it starts slowly.",
					unit: "s",
					width: 8,
					queries: [
						{
							expression: quantile(0.95, byStream, buckets("pipeline.stream.time_to_first_item")),
							legend: streamLegend,
							exemplars: true,
						},
					],
					thresholds: [{ color: "green" }, { from: 1, color: "yellow" }, { from: 5, color: "semi-dark-red" }],
					drillDown: "stages",
					expected: [0, 15],
				},
			],
		},
		{
			title: "What flows, what is dropped",
			panels: [
				{
					kind: "timeseries",
					title: "Items in and out",
					description:
						"Items that queues took in (solid) and that were taken out of them (dashed). They lie on each other where nothing is lost; between them is what was dropped or piles up.",
					unit: "suffix:/s",
					width: 8,
					dashed: ["out of"],
					queries: [
						{
							expression: sumBy(byStream, rate(series("pipeline.stream.items", { "stream.direction": "in" }))),
							legend: `into ${streamLegend}`,
						},
						{
							expression: sumBy(byStream, rate(series("pipeline.stream.items", { "stream.direction": "out" }))),
							legend: `out of ${streamLegend}`,
						},
					],
					drillDown: "stages",
					expected: [0, 500],
				},
				{
					kind: "timeseries",
					draw: "bars",
					title: "Items dropped by reason",
					description:
						"drop_oldest and drop_newest: the queue sheds, as it was told to. rejected: there was no room and nobody waited. timeout, cancelled: who waited gave up. closed: put too late, or still inside when it was closed.",
					unit: "short",
					width: 8,
					queries: [
						{
							expression: sumBy(["stream.drop_reason"], increase(dropped)),
							legend: "{{stream_drop_reason}}",
						},
					],
					expected: [0, 5_000],
				},
				{
					kind: "timeseries",
					title: "Share of items dropped",
					description:
						"Of all items that left a queue, the share that was dropped. Steady for a feed that shows the latest only; for work that counts, anything above zero is lost: let producers wait (policy: block), or give the queue a durable sink.",
					unit: "percentunit",
					width: 8,
					max: 1,
					queries: [
						{
							expression: share(
								sumBy(byStream, rate(dropped)),
								`${sumBy(byStream, rate(dropped))} + ${sumBy(byStream, rate(series("pipeline.stream.items", { "stream.direction": "out" })))}`,
							),
							legend: streamLegend,
						},
					],
					thresholds: [{ color: "green" }, { from: 0.01, color: "yellow" }, { from: 0.05, color: "semi-dark-red" }],
					drillDown: "stages",
					expected: [0, 1],
				},
			],
		},
		{
			title: "Playback buffers",
			panels: [
				{
					kind: "timeseries",
					draw: "area",
					title: "Playing time in buffers",
					description:
						"Playing time that is ready, all buffers of a name together. Near zero while something plays, the next delay is heard: start later (targetMs), or produce faster.",
					unit: "s",
					width: 8,
					queries: [{ expression: sumBy(byStream, series("pipeline.stream.buffer.fill")), legend: streamLegend }],
					thresholds: [{ color: "semi-dark-red" }, { from: 0.02, color: "yellow" }, { from: 0.06, color: "green" }],
					drillDown: "stages",
					expected: [0, 2],
				},
				{
					kind: "timeseries",
					draw: "bars",
					title: "Overflows, underruns, recoveries",
					description:
						"underrun: there was nothing to play, people heard a gap. recovered: it went on. overflow: more came than the buffer may hold. Underruns without overflows: what produces is too slow; both: it comes in bursts, so allow more (maxMs).",
					unit: "short",
					width: 8,
					queries: [
						{
							expression: sumBy(["stream.buffer_event"], increase(series("pipeline.stream.buffer.events"))),
							legend: "{{stream_buffer_event}}",
						},
					],
					colors: resultColors,
					expected: [0, 1_000],
				},
				{
					kind: "timeseries",
					draw: "area",
					title: "Playing time dropped",
					description:
						"Seconds of sound or video that buffers dropped in each second: they were full, or had ended. Nobody hears that part: produce no faster than it plays, or raise maxMs.",
					unit: "s",
					width: 8,
					queries: [
						{
							expression: sumBy(byStream, rate(series("pipeline.stream.buffer.dropped_time"))),
							legend: streamLegend,
						},
					],
					thresholds: [{ color: "green" }, { from: 0.01, color: "yellow" }, { from: 0.1, color: "semi-dark-red" }],
					drillDown: "stages",
					expected: [0, 4],
				},
			],
		},
		{
			title: "Exporters: does it get out",
			panels: [
				{
					kind: "timeseries",
					title: "Exporter queue utilisation",
					description:
						"Items in an exporter's memory, as a share of its room; the lines are 80 % and full. Full, it drops or spools: the sink is slower than what comes; see its flushes below.",
					unit: "percentunit",
					width: 8,
					max: 1,
					thresholdLines: true,
					queries: [
						{
							expression: worstProcess(byExporter, (by) =>
								share(
									sumBy(by, series("pipeline.exporter.queue.size")),
									sumBy(by, series("pipeline.exporter.queue.capacity")),
								),
							),
							legend: exporterLegend,
						},
					],
					thresholds: utilization,
					expected: [0, 1],
				},
				{
					kind: "timeseries",
					draw: "area",
					title: "Items delivered",
					description:
						"Items that sinks have confirmed. Zero while items come in: the sink is away, they wait in memory or in the spool; see how long that lasts on the right of the row below.",
					unit: "suffix:/s",
					width: 8,
					queries: [{ expression: sumBy(byExporter, rate(exported)), legend: exporterLegend }],
					expected: [0, 100],
				},
				{
					kind: "timeseries",
					draw: "bars",
					title: "Items given up by reason",
					description:
						"Items that never will be delivered. queue_full, disk_full: make room or a faster sink. An HTTP status: the sink refuses them, its log says why. rejected, not_serializable, item_too_large: what was given is wrong.",
					unit: "short",
					width: 8,
					queries: [
						{
							expression: sumBy(["error.type"], risen(lost, rateInterval)),
							legend: "{{error_type}}",
						},
					],
					thresholds: anyIsBad,
					expected: [0, 500],
				},
				{
					kind: "timeseries",
					title: "Time of a flush, p50 and p99",
					description:
						"How long attempts to deliver a batch took. p99 near the time limit of the sink: the next ones will fail; smaller batches, or mend the sink.",
					unit: "s",
					width: 8,
					queries: [
						{
							expression: quantile(0.5, byExporter, buckets("pipeline.exporter.flush.duration")),
							legend: `p50 of ${exporterLegend}`,
						},
						{
							expression: quantile(0.99, byExporter, buckets("pipeline.exporter.flush.duration")),
							legend: `p99 of ${exporterLegend}`,
						},
					],
					thresholds: [{ color: "green" }, { from: 1, color: "yellow" }, { from: 5, color: "semi-dark-red" }],
					expected: [0, 5],
				},
				{
					kind: "timeseries",
					draw: "stacked",
					title: "Flushes by error",
					description:
						"Attempts to deliver a batch: green went well, the others by what went wrong. 429 and 503 are tried again and mend themselves; a 4xx that stays is your side's fault: key, address or content.",
					unit: "suffix:/s",
					width: 8,
					queries: [
						{
							expression: `sum(${rate(counts("pipeline.exporter.flush.duration", { "error.type": "" }))})`,
							legend: "ok",
						},
						{
							expression: sumBy(
								["error.type"],
								rate(counts("pipeline.exporter.flush.duration", { "error.type": { not: "" } })),
							),
							legend: "{{error_type}}",
						},
					],
					colors: outcomeColors,
					expected: [0, 50],
				},
				{
					kind: "timeseries",
					title: "Items in flight",
					description:
						"Items of batches that a sink has yet to confirm. A level that does not move: the sink took a batch and never answered; give it a time limit.",
					unit: "short",
					width: 8,
					queries: [{ expression: sumBy(byExporter, series("pipeline.exporter.inflight")), legend: exporterLegend }],
					expected: [0, 200],
				},
				{
					kind: "timeseries",
					draw: "area",
					title: "Spool on disk",
					description:
						"Bytes that spools take on disk, as a share of what they may take; the lines are 80 % and full. Full, items are given up (disk_full). It may stay above zero when all is delivered: files go when they are full.",
					unit: "percentunit",
					width: 12,
					max: 1,
					thresholdLines: true,
					queries: [
						{
							expression: share(
								sumBy(byExporter, series("pipeline.exporter.spool.size")),
								sumBy(byExporter, series("pipeline.exporter.spool.capacity")),
							),
							legend: exporterLegend,
						},
					],
					thresholds: utilization,
					expected: [0, 1],
				},
				{
					kind: "timeseries",
					draw: "area",
					title: "Items that wait in spools",
					description:
						"Items on disk that have yet to be delivered. It rises while a sink is away and falls when it is back; if it only ever rises, the sink is too slow for what comes.",
					unit: "short",
					width: 12,
					queries: [
						{ expression: sumBy(byExporter, series("pipeline.exporter.spool.backlog")), legend: exporterLegend },
					],
					expected: [0, 5_000],
				},
			],
		},
	],
};
