import { StreamReporter } from "../stream-reporter.ts";
import { Ending } from "./ending.ts";
import { QueueEvents } from "./events.ts";
import { Metering } from "./metering.ts";
import { type ChunkQueueOptions, type QueueSettings, queueSettings } from "./settings.ts";
import { Tally } from "./tally.ts";
import { WaitLimits } from "./wait-limit.ts";

/** What a queue is made of, besides its items and those who wait. */
export interface QueueParts<T> {
	readonly settings: QueueSettings<T>;
	readonly tally: Tally;
	readonly events: QueueEvents;
	readonly metering: Metering;
	readonly limits: WaitLimits;
	readonly ending: Ending;
}

export function queueParts<T>(options: ChunkQueueOptions<T>): QueueParts<T> {
	const settings = queueSettings(options);
	const { name, capacity } = settings;
	const reporter = new StreamReporter(name, options.onEvent, options.clock);
	const tally = new Tally(reporter.clock, capacity);
	return {
		settings,
		tally,
		events: new QueueEvents(reporter, settings, tally),
		metering: new Metering(reporter, tally),
		limits: new WaitLimits(name, reporter.clock),
		ending: new Ending(name),
	};
}
