import type { PlantedBug } from "../../../../../test/planting/planting.ts";

const log = "buffered/spool/spool-log.ts";
const recordFile = "buffered/spool/record.ts";
const reader = "buffered/spool/segment-reader.ts";
const writer = "buffered/spool/segment-writer.ts";
const segment = "buffered/spool/segment.ts";
const ranges = "buffered/spool/settled-ranges.ts";
const recovery = "buffered/spool/recovery.ts";
const acknowledgement = "buffered/spool/acknowledgement.ts";
const acknowledger = "buffered/spool/acknowledger.ts";
const lock = "buffered/spool/lock.ts";

/** Kept for good. */
export const plantedBugs: readonly PlantedBug[] = [
	{
		name: "what was settled is not written down",
		file: acknowledger,
		replace: "Buffer.concat([encodeRanges(ranges, segment.seed), ...seal]);",
		by: "Buffer.concat([encodeRanges(ranges.slice(1), segment.seed), ...seal]);",
		caughtAs: /read .* where|left/,
	},
	{
		name: "an acknowledgement is written over the one before",
		file: acknowledger,
		replace: "segment.acknowledgementBytes += bytes.length;",
		by: "segment.acknowledgementBytes = bytes.length;",
		caughtAs: /read .* where|left/,
	},
	{
		name: "ranges are joined over what is not settled",
		file: acknowledgement,
		replace: "if (last?.end !== range.start) joined.push(range);",
		by: "if (last === undefined) joined.push(range);",
		caughtAs: /read .* where|left/,
	},
	{
		name: "the checksum of a record is not looked at",
		file: recordFile,
		replace: "return crc32(buffer.subarray(start + 4, end), seed) === buffer.readUInt32LE(start) ? end : undefined;",
		by: "return end;",
		caughtAs: /read <?!|read .* where/,
	},
	{
		name: "the checksum does not cover the payload",
		file: recordFile,
		replace: "return crc32(buffer.subarray(start + 4, end), seed) === buffer.readUInt32LE(start) ? end : undefined;",
		by: "return lengthAt(buffer, start) > 0 && ordinalAt(buffer, start) < 2 ** 20 ? end : undefined;",
		caughtAs: /read .* where/,
	},
	{
		name: "what follows a damaged record is given up",
		file: reader,
		replace: "bytesBefore) ?? end;",
		by: "bytesBefore - 1e9) ?? end;",
		caughtAs: /read .* where|left/,
	},
	{
		name: "damaged records are not counted",
		file: log,
		replace: 'this.#host.lost?.(records, "corrupt");',
		by: "",
		caughtAs: /damaged/,
	},
	{
		name: "how a file was ended is not written down",
		file: acknowledger,
		replace: "const isToSeal = segment.isSealed && !segment.isSealSaved;",
		by: "const isToSeal = false;",
		caughtAs: /damaged|left/,
	},
	{
		name: "what is missing of a file that was ended is not counted",
		file: recovery,
		replace: "segment.count = Math.max(ordinal, seal.count);",
		by: "segment.count = ordinal;",
		caughtAs: /damaged|left/,
	},
	{
		name: "a file is deleted though one of its records is left",
		file: segment,
		replace: "return this.isSealed && this.settled.mark >= this.size;",
		by: "return this.isSealed && this.settled.count > 0 && this.left < 2;",
		caughtAs: /read .* where|accepted and is not on disk|left/,
	},
	{
		name: "a file is never deleted",
		file: segment,
		replace: "return this.isSealed && this.settled.mark >= this.size;",
		by: "return false;",
		caughtAs: /files in the end|bytes on disk|refused|left/,
	},
	{
		name: "ranges beyond the mark are forgotten when it reaches them",
		file: ranges,
		replace: "this.#advance(next);",
		by: "",
		caughtAs: /files in the end|left|read .* where/,
	},
	{
		name: "the sequence begins anew after a restart",
		file: log,
		replace: "this.#nextSequence = Math.max(this.#nextSequence, segment.lastSequence + 1);",
		by: "",
		caughtAs: /read .* where/,
	},
	{
		name: "keys are those of the process, not of the record",
		file: recovery,
		replace: "const segment = Segment.named(folder, rank, name);",
		by: 'const segment = Segment.named(folder, rank, name);\n\t\tif (segment !== undefined) Object.assign(segment, { session: "0123456789abcdef" });',
		caughtAs: /key of|read/,
	},
	{
		name: "all processes have one name",
		file: log,
		replace: 'const session = randomBytes(8).toString("hex");',
		by: 'const session = randomBytes(8).fill(0).toString("hex");',
		caughtAs: /key|EEXIST|two have|rejected|kept/,
	},
	{
		name: "it resolves before it has written",
		file: writer,
		replace: "\t\t\tawait writeWhole(descriptor, buffer.subarray(start, group.startOf(part.end)), part.position);",
		by: "\t\t\tconst copy = Buffer.from(buffer.subarray(start, group.startOf(part.end)));\n\t\t\tsetTimeout(() => writeWhole(descriptor, copy, part.position).catch(() => {}), 50);",
		caughtAs: /what was appended is kept|not on disk|read/,
	},
	{
		name: "what could not be written is said to be kept",
		file: log,
		replace: "round.kept?.reject(failure);",
		by: "round.kept?.resolve();",
		caughtAs: /what was appended is kept/,
	},
	{
		name: "what could not be written is not taken back",
		file: log,
		replace: "await Promise.all(lanes.map(({ writer }) => writer.rollBack()));",
		by: "",
		caughtAs: /left|read/,
	},
	{
		name: "only the priority that failed is taken back",
		file: writer,
		replace: "await truncateFile(descriptor, segment.size);",
		by: "",
		caughtAs: /left|read/,
	},
	{
		name: "the lock is not looked at",
		file: lock,
		replace: "if (!isAlive(owner, self, join(directory, file), nowMs)) {",
		by: "if (nowMs > 0) {",
		caughtAs: /two have the folder/,
	},
	{
		name: "the lock is not let go",
		file: lock,
		replace: "\t\tclearInterval(beat);\n\t\theldHere.delete(session);\n\t\tunlinkQuietly(path);",
		by: "\t\tclearInterval(beat);",
		caughtAs: /spool_locked/,
	},
	{
		name: "records of several priorities are read one priority after the other",
		file: log,
		replace: "if (head !== null && (first === null || head.sequence < first.sequence)) first = head;",
		by: "first ??= head;",
		caughtAs: /read .* where/,
	},
	{
		name: "what is in flight is shed",
		file: log,
		replace: "if (segment.inFlight > 0 || (",
		by: "if ((",
		caughtAs: /in flight|left/,
	},
	{
		name: "what is worth more is shed",
		file: log,
		replace: "this.#lanes.slice(0, rank + 1)",
		by: "this.#lanes.toReversed()",
		caughtAs: /shed priority/,
	},
	{
		name: "the size is not bounded",
		file: log,
		replace: "if (over > 0 && !this.#makeRoom(over, rank)) return",
		by: "if (over > 1e9 && !this.#makeRoom(over, rank)) return",
		caughtAs: /bytes on disk/,
	},
	{
		name: "what was shed stays on disk",
		file: log,
		replace: "for (const file of [path, acknowledgementPath]) {",
		by: "for (const file of [acknowledgementPath]) {",
		caughtAs: /bytes on disk|files in the end|read .* where|left/,
	},
	{
		name: "one record too many is counted in a file that was not sealed",
		file: recovery,
		replace: "segment.count = isDamaged ? ordinal + 1 : ordinal;",
		by: "segment.count = isDamaged ? ordinal + 1 : ordinal + 1;",
		caughtAs: /damaged|left|cannot be read|is next/,
	},
	{
		name: "the records of a file that was not sealed are not counted",
		file: recovery,
		replace: "ordinalAt(buffer, position) + 1 : ordinal",
		by: "1 : ordinal",
		caughtAs: /left|read/,
	},
	{
		name: "the reader begins a file behind its first record",
		file: reader,
		replace: "\t\tthis.#segment = segment;\n\t\tthis.#position = 0;",
		by: "\t\tthis.#segment = segment;\n\t\tthis.#position = segment.settled.count > 0 ? segment.size : 0;",
		caughtAs: /read/,
	},
];
