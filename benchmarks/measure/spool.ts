import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BufferedExporter, type BufferedExporterOptions } from "@footlight/exporters/buffered";
import { type FileSpoolOptions, fileSpool } from "@footlight/exporters/spool";

// `node spool.ts DUTY` prints {"ns", "rate"} of an event, or {"firstMs", "gb"} of a large spool.

interface Event {
	readonly type: string;
	readonly timestamp: number;
	readonly data: object;
}

const event: Event = { type: "analytics.clicked", timestamp: 1_763_745_600_000, data: { user: "user-123", place: 5 } };
const group = 500;
const textLength = 980;
const textsOfLarge = 2 ** 20;
const [duty = "", given] = process.argv.slice(2);
const directory = given ?? mkdtempSync(join(tmpdir(), "footlight-bench-"));
const never = () => new Promise<void>(() => {});

if (duty === "fill") await fill();
else {
	try {
		console.log(JSON.stringify(await figures()));
	} finally {
		rmSync(directory, { recursive: true, force: true });
	}
}
// Without a close: a spool is to be opened as a process that was killed leaves it.
process.exit(0);

function figures(): Promise<object> {
	switch (duty) {
		case "append":
			return emitted(500_000, {}, never);
		case "deliver":
			return emitted(500_000, {}, async () => {});
		case "sync":
			return emitted(50_000, { durability: "disk" }, never);
		case "open":
			return opened();
		default:
			throw new Error(`no such duty: ${duty}`);
	}
}

function make<Item>(
	name: string,
	files: Partial<FileSpoolOptions<Item>>,
	options: Pick<BufferedExporterOptions<Item>, "sink"> & Partial<BufferedExporterOptions<Item>>,
): BufferedExporter<Item> {
	return new BufferedExporter<Item>({
		name,
		maxItems: 10_000,
		...options,
		spool: fileSpool({ directory: join(directory, name), maxBytes: 2 ** 31, ...files }),
	});
}

/** Warmed up on a spool of its own. */
async function emitted(
	events: number,
	files: Partial<FileSpoolOptions<Event>>,
	write: () => Promise<void>,
): Promise<object> {
	await emitAll(make("warm-up", files, { sink: { write } }), events / 5);
	const exporter = make("measured", files, { sink: { write } });
	const ns = (await emitAll(exporter, events)) / events;
	const { accepted, lost } = exporter.snapshot();
	if (accepted !== events || Object.values(lost).some((items) => items > 0)) throw new Error("not all were accepted");
	return { ns, rate: 1e9 / ns };
}

async function emitAll(exporter: BufferedExporter<Event>, events: number): Promise<number> {
	const started = performance.now();
	for (let emitted = 0; emitted < events; emitted += group) {
		const kept: Promise<void>[] = [];
		for (let index = 0; index < group; index++) kept.push(exporter.emit(event));
		await Promise.all(kept);
	}
	return (performance.now() - started) * 1e6;
}

async function fill(): Promise<void> {
	const text = "x".repeat(textLength);
	const exporter = make<string>("large", {}, { sink: { write: never } });
	for (let emitted = 0; emitted < textsOfLarge; emitted += 4_096) {
		const kept: Promise<void>[] = [];
		for (let index = 0; index < 4_096; index++) kept.push(exporter.emit(text));
		await Promise.all(kept);
	}
}

async function opened(): Promise<object> {
	const conditions = process.execArgv;
	execFileSync(process.execPath, [...conditions, import.meta.filename, "fill", directory]);
	const started = performance.now();
	const firstMs = await new Promise<number>((resolve) => {
		const sink = {
			write: () => {
				resolve(performance.now() - started);
				return never();
			},
		};
		make<string>("large", {}, { sink });
	});
	return { firstMs, gb: (textLength * textsOfLarge) / 1e9 };
}
