import { knownOptions, optionalFunction, refuse } from "@footlight/core/option";
import type { Spool } from "../backlog.ts";
import { optionNames, type SpoolLogOptions, spoolSettings } from "./settings.ts";
import { SpoolBacklog } from "./spool-backlog.ts";

/** Where and how {@link fileSpool} keeps items. */
export interface FileSpoolOptions<Item> extends SpoolLogOptions {
	/** Throws where an item cannot be written: that item is refused. Not async, nor is `decode`. @default JSON.stringify */
	readonly encode?: (item: Item) => string | Uint8Array;
	/** The bytes are to be read at once: they are used again. @default JSON.parse */
	readonly decode?: (bytes: Buffer) => Item;
}

/**
 * Keeps what an exporter accepts in files until it is delivered, so that it survives `kill -9`, a full disk, and a sink that
 * is away for hours.
 *
 * Delivery is at least once: what was in flight when the process ended is delivered again, with the same key and in the same
 * order. Each process needs a folder of its own. What is given from memory is the item itself; after a restart, and where
 * more waits than memory holds, it is what `decode` makes of it.
 *
 * **Throws** RangeError or TypeError for options that cannot be, as soon as it is called; the exporter's constructor throws
 * {@link SpoolError} where the folder cannot be opened, or another process has it.
 *
 * @example
 * import { mkdtempSync } from "node:fs";
 * import { join } from "node:path";
 * import { tmpdir } from "node:os";
 *
 * const directory = mkdtempSync(join(tmpdir(), "audit-"));
 * const exporter = new BufferedExporter<string>({
 *   name: "audit",
 *   sink: { write: ({ items, keys }) => console.log(keys, items) },
 *   spool: fileSpool({ directory, maxBytes: 2 ** 20 }),
 * });
 * await exporter.emit("user-7 signed in"); // it is on disk
 * await exporter.close(); // => { isComplete: true, left: 0 }
 */
export function fileSpool<Item>(options: FileSpoolOptions<Item>): Spool<Item> {
	const where = "fileSpool";
	const { encode, decode, ...log } = given(where, options);
	spoolSettings(where, log);
	optionalFunction(`${where}: encode`, encode);
	optionalFunction(`${where}: decode`, decode);
	const codec = {
		encode: encode ?? ((item: Item) => JSON.stringify(item)),
		decode: decode ?? ((bytes: Buffer) => JSON.parse(bytes.toString()) as Item),
	};
	return { open: (host) => new SpoolBacklog(host, codec, log) };
}

function given<Item>(where: string, options: FileSpoolOptions<Item> | undefined): FileSpoolOptions<Item> {
	if (options === undefined) refuse(TypeError, `${where}: options`, "an object", options);
	knownOptions(where, options, [...optionNames, "encode", "decode"]);
	return options;
}
