/**
 * Run as a process of its own: fills a disk that is really full, a tiny one mounted for it, or where that is not allowed a
 * file-size limit of the process; makes room, goes on, and says what happened.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readAll } from "./spool.fixture.ts";
import { SpoolError } from "./spool-error.ts";
import { SpoolLog } from "./spool-log.ts";

const root = process.argv[2] as string;
mkdirSync(root, { recursive: true });
const ballast = join(root, "ballast");
const disk = smallDisk();
const directory = join(root, "spool");
const open = () => new SpoolLog({ directory, maxBytes: 2 ** 30, segmentBytes: 16_384 });
let log = open();
const accepted: string[] = [];
const codes = new Set<string>();
let rejected = 0;
let left = 0;
let reopened = 0;
let afterwards = "";
let recovered: string[] = [];
try {
	for (let group = 0; group < 200; group++) {
		const texts = Array.from({ length: 1 + (group % 3) }, (_, index) => `${group}.${index} `.padEnd(700, "x"));
		for (const text of texts) log.append(text, 1, undefined);
		try {
			await log.kept();
			accepted.push(...texts);
		} catch (error) {
			rejected++;
			codes.add(error instanceof SpoolError ? error.code : String(error));
		}
	}
	left = log.left;
	await log.close();
	log = open();
	reopened = log.left;
	disk.makeRoom();
	log.append("afterwards", 1, undefined);
	afterwards = await Promise.resolve(log.kept()).then(() => "kept", String);
	await log.close();
	const again = open();
	recovered = (await readAll(again)).map(({ text }) => text);
	await again.close();
} finally {
	disk.end();
}
console.log(
	JSON.stringify({ disk: disk.kind, accepted, rejected, codes: [...codes], left, reopened, afterwards, recovered }),
);

function smallDisk(): { kind: string; makeRoom(): void; end(): void } {
	try {
		execFileSync("mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", root], { stdio: "ignore" });
		writeFileSync(ballast, Buffer.alloc(32_768));
		return {
			kind: "tmpfs",
			makeRoom: () => rmSync(ballast),
			end: () => void execFileSync("umount", ["--lazy", root], { stdio: "ignore" }),
		};
	} catch {
		const limit = (bytes: string) => execFileSync("prlimit", ["--pid", String(process.pid), `--fsize=${bytes}:`]);
		process.on("SIGXFSZ" as NodeJS.Signals, () => {});
		limit("12000");
		return { kind: "file size limit", makeRoom: () => void limit("unlimited"), end() {} };
	}
}
