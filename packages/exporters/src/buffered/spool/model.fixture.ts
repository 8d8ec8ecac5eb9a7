// Over 250 lines: the model, the commands and how they are compared are read together.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { keyOfRecord, type Segment } from "./segment.ts";
import type { ReadRecord } from "./segment-reader.ts";
import { filesOf, TestFolders } from "./spool.fixture.ts";
import { SpoolError } from "./spool-error.ts";
import { SpoolLog } from "./spool-log.ts";

/** What a spool did that its model did not. */
export class Violation extends Error {}

/**
 * - `kept`: on disk, and to be read
 * - `taken`: read, and not settled
 * - `settled`: and it was waited for that this is on disk
 * - `settling`: and it may be read again after a crash
 * - `damaged`: to be counted, not to be read
 * - `lost`: shed, or refused
 */
type State = "kept" | "taken" | "settling" | "settled" | "damaged" | "lost";

interface ModelRecord {
	readonly text: string;
	readonly rank: number;
	state: State;
	/** After a crash, what was settling; it may come again or not. */
	isUnsure: boolean;
	key?: string;
	read?: ReadRecord;
}

interface Model {
	readonly records: ModelRecord[];
	damaged: number;
}

interface Real {
	readonly keys: Map<string, string>;
	directory: string;
	log: SpoolLog<string>;
	/** Rank of the append that is under way. */
	appending: number;
	corrupt: number;
}

const segmentBytes = 512;
const maxBytes = 2_560;
const options = { segmentBytes, maxBytes };
const fileSizeLimit = 1_024;
/** Larger than a file may be in this process: it cannot be written, though a part of it can. */
const unwritableLength = 1_200;

const folders = new TestFolders();
process.on("exit", () => folders[Symbol.dispose]());

function fail(message: string): never {
	throw new Violation(message);
}

function say(what: string, expected: unknown, actual: unknown): void {
	if (JSON.stringify(expected) !== JSON.stringify(actual)) {
		fail(`${what}: the model has ${JSON.stringify(expected)}, the spool ${JSON.stringify(actual)}`);
	}
}

function open(model: Model, real: Omit<Real, "log">): SpoolLog<string> {
	return new SpoolLog<string>(
		{ directory: real.directory, ...options },
		{
			lost: (records, reason) => {
				if (reason === "corrupt") real.corrupt += records;
			},
			shed: (segment) => shed(model, real, segment),
		},
	);
}

function shed(model: Model, real: Omit<Real, "log">, segment: Segment): void {
	if (segment.rank > real.appending) fail(`shed priority ${segment.rank} for ${real.appending}`);
	const { session, base, lastSequence } = segment;
	for (const record of model.records) {
		if (record.key === undefined) continue;
		const [keySession, sequence] = record.key.split("-");
		if (keySession !== session || Number(sequence) < base || Number(sequence) > lastSequence) continue;
		if (record.rank !== segment.rank) continue;
		if (record.state === "taken") fail(`shed ${record.text}, which is in flight`);
		if (record.state === "kept" || record.state === "damaged") record.state = "lost";
	}
}

type Command = fc.AsyncCommand<Model, Real>;

let texts = 0;

class Append implements Command {
	readonly records: readonly { rank: number; length: number }[];
	constructor(records: readonly { rank: number; length: number }[]) {
		this.records = records;
	}
	check = () => true;
	toString = () => `append(${JSON.stringify(this.records)})`;

	async run(model: Model, real: Real): Promise<void> {
		const accepted: ModelRecord[] = [];
		for (const { rank, length } of this.records) {
			const text = `<${texts++}>`.padEnd(length, "=");
			real.appending = rank;
			const refusal = real.log.append(text, rank, text);
			if (refusal !== undefined && refusal !== "queue_full") fail(`${text} was refused: ${refusal}`);
			if (refusal !== undefined) continue;
			// Its key is made of its place: known before it is read, so that what is shed unread is known too.
			const key = `?-${real.log.lastSequence}`;
			const record: ModelRecord = { text, rank, state: "kept", isUnsure: false, key };
			accepted.push(record);
		}
		const isWritable = accepted.every(({ text }) => text.length < unwritableLength);
		let isKept = true;
		try {
			await real.log.kept();
		} catch (error) {
			if (!(error instanceof SpoolError) || error.code !== "disk_full") fail(`rejected with ${error}`);
			isKept = false;
		}
		say("what was appended is kept", accepted.length === 0 || isWritable || !isLimited, isKept);
		if (!isKept) return;
		const session = sessionOf(real);
		for (const record of accepted) record.key = record.key?.replace("?", session) as string;
		model.records.push(...accepted);
		await flush(model, real);
		const bytes = filesOf(real.directory, ".log").reduce((sum, path) => sum + statSync(path).size, 0);
		if (bytes > maxBytes) fail(`${bytes} bytes on disk, more than ${maxBytes}`);
	}
}

/** Of the process that has the folder: by its lock. */
function sessionOf({ directory }: Real): string {
	const [, session] = /lock\.([0-9a-f]{16})\./.exec(filesOf(directory, "").join("\n")) ?? [];
	return session ?? fail("nobody has the lock");
}

class Read implements Command {
	readonly most: number;
	constructor(most: number) {
		this.most = most;
	}
	check = () => true;
	toString = () => `read(${this.most})`;

	async run(model: Model, real: Real): Promise<void> {
		const found = await real.log.read(this.most, 2 ** 20);
		let place = 0;
		for (const record of model.records) {
			if (record.state !== "kept" || place === this.most) continue;
			const read = found[place];
			if (read?.payload.toString() !== record.text) {
				if (record.isUnsure) {
					record.state = "settled";
					continue;
				}
				fail(`read ${read?.payload.toString()} where ${record.text} is next`);
			}
			place++;
			real.log.take(read);
			const key = keyOfRecord(read);
			say(`key of ${record.text}`, record.key, key);
			if ((real.keys.get(key) ?? record.text) !== record.text) fail(`key ${key} was that of ${real.keys.get(key)}`);
			real.keys.set(key, record.text);
			record.read = { ...read, payload: Buffer.alloc(0) };
			record.state = "taken";
		}
		if (found.length > place) fail(`read ${found[place]?.payload.toString()} where nothing is left`);
	}
}

class Settle implements Command {
	readonly picks: readonly number[];
	readonly isFlushed: boolean;
	constructor(picks: readonly number[], isFlushed: boolean) {
		this.picks = picks;
		this.isFlushed = isFlushed;
	}
	check = (model: Readonly<Model>) => model.records.some(({ state }) => state === "taken");
	toString = () => `settle(${this.picks}${this.isFlushed ? ", flushed" : ""})`;

	async run(model: Model, real: Real): Promise<void> {
		for (const pick of this.picks) {
			const taken = model.records.filter(({ state }) => state === "taken");
			const record = taken[pick % taken.length];
			if (record === undefined) break;
			real.log.settle(record.read as ReadRecord);
			record.state = "settling";
		}
		if (this.isFlushed) await flush(model, real);
	}
}

async function flush(model: Model, real: Real): Promise<void> {
	await real.log.flush();
	for (const record of model.records) if (record.state === "settling") record.state = "settled";
}

class OpenTwice implements Command {
	check = () => true;
	toString = () => "open twice";

	async run(model: Model, real: Real): Promise<void> {
		let second: SpoolLog<string>;
		try {
			second = open(model, real);
		} catch (error) {
			if (error instanceof SpoolError && error.code === "spool_locked") return;
			throw error;
		}
		await second.close();
		fail("two have the folder at once");
	}
}

class Restart implements Command {
	readonly isCut: boolean;
	constructor(isCut: boolean) {
		this.isCut = isCut;
	}
	check = () => true;
	toString = () => (this.isCut ? "restart with a file cut in half" : "restart");

	async run(model: Model, real: Real): Promise<void> {
		await real.log.close();
		for (const record of model.records) {
			if (record.state === "settling") record.state = "settled";
			if (record.state === "taken") record.state = "kept";
		}
		if (this.isCut) cutInHalf(model, real.directory);
		reopen(model, real);
	}
}

/** Cuts the first file of which all was accepted and nothing settled: what is missing of others may have been settled. */
function cutInHalf(model: Model, directory: string): void {
	for (const path of filesOf(directory, ".log")) {
		const bytes = readFileSync(path);
		const inside = model.records.filter((record) => bytes.includes(nameOf(record)));
		if (inside.length === 0 || inside.some(({ state, isUnsure }) => state !== "kept" || isUnsure)) continue;
		const length = Math.floor(bytes.length / 2);
		truncateSync(path, length);
		for (const record of inside) {
			if (bytes.indexOf(nameOf(record)) + record.text.length <= length) continue;
			record.state = "damaged";
			model.damaged++;
		}
		return;
	}
}

/** What no other record begins with. */
function nameOf({ text }: ModelRecord): string {
	return text.slice(0, text.indexOf(">") + 1);
}

/** Goes on with the files as they are at this moment, some of them damaged. */
class Crash implements Command {
	readonly damaged: readonly number[];
	constructor(damaged: readonly number[]) {
		this.damaged = damaged;
	}
	check = () => true;
	toString = () => `crash(${this.damaged})`;

	async run(model: Model, real: Real): Promise<void> {
		const image = folders.imageOf(real.directory);
		await real.log.close();
		for (const record of model.records) {
			record.isUnsure ||= record.state === "settling";
			if (record.state === "taken" || record.state === "settling") record.state = "kept";
		}
		rmSync(real.directory, { recursive: true });
		real.directory = image;
		for (const pick of this.damaged) damage(model, image, pick);
		reopen(model, real);
	}
}

function damage(model: Model, directory: string, pick: number): void {
	const sure = model.records.filter(({ state, isUnsure }) => state === "kept" && !isUnsure);
	const record = sure[pick % sure.length];
	if (record === undefined) return;
	for (const path of filesOf(directory, ".log")) {
		const bytes = readFileSync(path);
		const at = bytes.indexOf(nameOf(record));
		if (at < 0) continue;
		bytes[at] = "!".charCodeAt(0);
		writeFileSync(path, bytes);
		record.state = "damaged";
		model.damaged++;
		return;
	}
	fail(`${record.text} was accepted and is not on disk`);
}

function reopen(model: Model, real: Real): void {
	real.log = open(model, real);
	const waiting = model.records.filter(({ state }) => state === "kept" || state === "damaged");
	const sure = waiting.filter(({ isUnsure, state }) => !isUnsure && state !== "damaged").length;
	const { left } = real.log;
	if (left < sure || left > waiting.length) fail(`${sure} to ${waiting.length} are left, the spool says ${left}`);
	say("all that is left is unread", left, real.log.unread);
}

/** Nothing is left in the end, on disk either, and what was damaged was counted. */
class Drain implements Command {
	check = () => true;
	toString = () => "drain";

	async run(model: Model, real: Real): Promise<void> {
		await new Read(100_000).run(model, real);
		await new Settle(
			model.records.map(() => 0),
			true,
		).run(model, real);
		say("left in the end", [0, 0], [real.log.left, real.log.unread]);
		await real.log.close();
		say("files in the end", [], filesOf(real.directory, ".log"));
		// Of what was shed nobody will know that it was damaged, and what is counted just before a crash is counted again.
		if (model.damaged > 0 !== real.corrupt > 0 && model.records.every(({ state }) => state !== "lost")) {
			fail(`${model.damaged} were damaged, ${real.corrupt} counted`);
		}
		rmSync(real.directory, { recursive: true });
	}
}

const isLimited = limitFileSize();

/** Makes files of this process end at a limit, as they do on a disk that is full in the middle of a write. */
function limitFileSize(): boolean {
	process.on("SIGXFSZ" as NodeJS.Signals, () => {});
	try {
		execFileSync("prlimit", ["--pid", String(process.pid), `--fsize=${fileSizeLimit}:`]);
		return true;
	} catch {
		return false;
	}
}

function setUp(): { model: Model; real: Real } {
	const model: Model = { records: [], damaged: 0 };
	const real = { keys: new Map(), directory: folders.make(), appending: 0, corrupt: 0 };
	return { model, real: Object.assign(real, { log: open(model, real) }) };
}

const record = fc.record({
	rank: fc.constantFrom(1, 1, 0, 2, 3),
	length: fc.oneof({ weight: 12, arbitrary: fc.integer({ min: 8, max: 120 }) }, fc.constantFrom(500, unwritableLength)),
});

const commands = [
	fc.array(record, { minLength: 1, maxLength: 12 }).map((records) => new Append(records)),
	fc.constantFrom(1, 3, 10, 100).map((most) => new Read(most)),
	fc
		.tuple(fc.array(fc.nat(20), { minLength: 1, maxLength: 6 }), fc.boolean())
		.map(([picks, isFlushed]) => new Settle(picks, isFlushed)),
	fc.boolean().map((isCut) => new Restart(isCut)),
	fc.array(fc.nat(40), { maxLength: 2 }).map((damaged) => new Crash(damaged)),
	fc.constant(new OpenTwice()),
];

/** Histories of a spool, each held against the model after every step. */
export const spoolProperty: fc.IAsyncProperty<[Iterable<Command>]> = fc.asyncProperty(
	fc.commands(commands, { maxCommands: 40, size: "max" }),
	async (history) => {
		await fc.asyncModelRun(setUp, [...history, new Drain()]);
	},
);
