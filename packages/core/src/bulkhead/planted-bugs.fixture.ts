import type { PlantedBug } from "../../../../test/planting/planting.ts";

const pool = "bulkhead/pool.ts";
const middleware = "middleware/bulkhead.ts";

/** Kept for good. */
export const plantedBugs: readonly PlantedBug[] = [
	{
		name: "a place is lost when the function throws",
		file: middleware,
		replace: "place.pool.leave();\n\t\tthrow error;",
		by: "throw error;",
		caughtAs: /begin in order|state/,
	},
	{
		name: "a place is given back twice when the function throws",
		file: middleware,
		replace: "place.pool.leave();\n\t\tthrow error;",
		by: "place.pool.leave();\n\t\tplace.pool.leave();\n\t\tthrow error;",
		caughtAs: /begin in order|state/,
	},
	{
		name: "a place is given back as soon as the stream is there",
		file: middleware,
		replace: "return hearEnd(result, call, place);",
		by: "return Promise.resolve(result).finally(() => place.pool.leave());",
		caughtAs: /begin in order|state/,
	},
	{
		name: "a place is lost when the call is cancelled",
		file: middleware,
		replace: "ended: () => pool.leave(),",
		by: 'ended: (outcome) => (outcome === "cancelled" ? undefined : pool.leave()),',
		caughtAs: /begin in order|state/,
	},
	{
		name: "a place is lost when the call fails",
		file: middleware,
		replace: "ended: () => pool.leave(),",
		by: 'ended: (outcome) => (outcome === "error" ? undefined : pool.leave()),',
		caughtAs: /begin in order|state/,
	},
	{
		name: "who has left the line is admitted all the same",
		file: pool,
		replace: "over();\n\t\t\t\tthis.#line.delete(waiting);\n\t\t\t\treject(reason);",
		by: "over();\n\t\t\t\treject(reason);",
		caughtAs: /begin in order|state/,
	},
	{
		name: "an abort is not heard in the line",
		file: pool,
		replace: 'signal?.addEventListener("abort", aborted, { once: true });',
		by: "",
		caughtAs: /begin in order|state/,
	},
	{
		name: "who was aborted before stands in line",
		file: pool,
		replace: "if (signal?.aborted) return reject(signal.reason);",
		by: "",
		caughtAs: /begin in order|state/,
	},
	{
		name: "nobody in line is woken",
		file: pool,
		replace: "if (first === undefined) {",
		by: "if (first !== null) {",
		caughtAs: /begin in order|state/,
	},
	{
		name: "a place is given away and freed as well",
		file: pool,
		replace: "this.#line.delete(first);\n",
		by: "this.#line.delete(first);\n\t\tthis.#active--;\n",
		caughtAs: /begin in order|state/,
	},
	{
		name: "one too many has a place",
		file: pool,
		replace: "this.#active >= this.concurrency",
		by: "this.#active > this.concurrency",
		caughtAs: /begin in order|state/,
	},
	{
		name: "one too many waits",
		file: pool,
		replace: "this.#line.size >= this.queueSize",
		by: "this.#line.size > this.queueSize",
		caughtAs: /state/,
	},
	{
		name: "last come, first served",
		file: pool,
		replace: "const [first] = this.#line;",
		by: "const first = [...this.#line].at(-1);",
		caughtAs: /begin in order|state/,
	},
	{
		name: "a wait outlives the deadline",
		file: pool,
		replace: "const isDeadline = leftMs < maxWaitMs;",
		by: "const isDeadline = leftMs < 0;",
		caughtAs: /state|begin in order/,
	},
	{
		name: "a wait has no limit",
		file: pool,
		replace: "if (waitMs < longestTimerMs) alarm = setAlarm(clock, waitMs, late);",
		by: "void setAlarm;",
		caughtAs: /alarms|state/,
	},
	{
		name: "an alarm stays set for who has a place",
		file: pool,
		replace: "alarm?.cancel();\n",
		by: "",
		caughtAs: /alarm/,
	},
	{
		name: "who was admitted is not begun once the time is over",
		file: pool,
		replace: "admitted: () => {\n\t\t\t\t\tover();\n\t\t\t\t\tresolve();",
		by: "admitted: () => {\n\t\t\t\t\tif (alarm === undefined) resolve();",
		caughtAs: /begin in order|state/,
	},
];
