import { integerFrom, knownOptions, nonEmptyString, oneOf, refuse } from "@footlight/core/option";

/** What a spool survives. */
export const durabilities = ["process", "disk"] as const;

/** What a spool survives: the end of its process, or of the whole machine. */
export type Durability = (typeof durabilities)[number];

/** Where and how {@link SpoolLog} keeps records. */
export interface SpoolLogOptions {
	/** A folder of its own, made where there is none; on a local disk. One process uses it at a time. */
	readonly directory: string;
	/** Most bytes of records on disk: beyond it whole segments are shed. @default 1 GiB */
	readonly maxBytes?: number;
	/** Bytes after which a new file is begun, which is also what is shed at once. @default an eighth of `maxBytes`, at most 8 MiB */
	readonly segmentBytes?: number;
	/**
	 * `"process"`: what was accepted survives the end of the process, `kill -9` included; `"disk"`: the end of the machine as
	 * well, at the price of a sync of the disk for each group of items. @default "process"
	 */
	readonly durability?: Durability;
}

export interface SpoolSettings {
	readonly directory: string;
	readonly maxBytes: number;
	readonly segmentBytes: number;
	readonly isSynced: boolean;
}

export const optionNames = ["directory", "maxBytes", "segmentBytes", "durability"] as const;

const leastSegmentBytes = 256;
const mostSegmentBytes = 256 * 2 ** 20;
const segmentsAtLeast = 4;

/** Checks the options of a spool, named as the caller's. */
export function spoolSettings(where: string, options: SpoolLogOptions): SpoolSettings {
	if (options === undefined) refuse(TypeError, `${where}: options`, "an object", options);
	knownOptions(where, options, optionNames);
	const { directory, maxBytes = 2 ** 30, durability = "process" } = options;
	nonEmptyString(`${where}: directory`, directory);
	integerFrom(`${where}: maxBytes`, maxBytes, segmentsAtLeast * leastSegmentBytes);
	const segmentBytes =
		options.segmentBytes ?? Math.min(8 * 2 ** 20, Math.max(leastSegmentBytes, Math.floor(maxBytes / 8)));
	integerFrom(`${where}: segmentBytes`, segmentBytes, leastSegmentBytes);
	const most = Math.min(mostSegmentBytes, Math.floor(maxBytes / segmentsAtLeast));
	if (segmentBytes > most)
		refuse(RangeError, `${where}: segmentBytes`, `at most ${most} (a quarter of maxBytes)`, segmentBytes);
	oneOf(`${where}: durability`, durability, durabilities);
	return { directory, maxBytes, segmentBytes, isSynced: durability === "disk" };
}
