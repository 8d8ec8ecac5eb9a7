import {
	closeSync,
	existsSync,
	openSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	statSync,
	unlinkSync,
	utimes,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { makeFolder } from "./make-folder.ts";
import { SpoolError } from "./spool-error.ts";

/** Who has a spool: as much as is needed to see whether it still lives. */
interface Owner {
	/** Nobody else's, ever. */
	readonly session: string;
	readonly pid: string;
	/** When the process began, in the kernel's own count: another process of the same id has another. Linux only, else empty. */
	readonly started: string;
	/** Of the kernel; another after a reboot. Linux only. */
	readonly boot: string;
	/** In which process ids mean something: a container has its own. Linux only. */
	readonly pidNamespace: string;
	readonly host: string;
}

// All of it is in the name of an empty file: that is there as a whole or not at all, and on a full disk too.
const namePattern = /^lock\.([0-9a-f]{16})\.(\d+)\.(\d*)\.([0-9a-f-]*)\.(\d*)\.(.*)$/;
const mostHostLength = 64;
const beatMs = 5_000;
const silentMs = 4 * beatMs;

const heldHere = sessionsHeldHere();

export interface Lock {
	/** Takes the folder again where it was deleted, and made anew perhaps; throws where it is somebody else's by now. */
	renew(): void;
	release(): void;
}

/**
 * Makes the folder this process's alone. Each who wants it first puts a file of its own there and then looks for others: of
 * two, at least one sees the other, so that never both have it. A file whose process is gone is taken away.
 *
 * A process that cannot be looked at, on another machine or in another container, lives as long as it touches its file.
 *
 * @param lost - called where somebody took this process for dead, or made the folder anew: from then on it is theirs
 */
export function lockFolder(directory: string, session: string, lost: (error: SpoolError) => void): Lock {
	const self = thisProcess(session);
	const { pid, started, boot, pidNamespace, host } = self;
	const path = join(directory, `lock.${session}.${pid}.${started}.${boot}.${pidNamespace}.${host}`);
	const release = () => {
		clearInterval(beat);
		heldHere.delete(session);
		unlinkQuietly(path);
	};
	const claim = () => {
		try {
			makeFolder(directory);
			closeSync(openSync(path, "wx", 0o600));
			keepOthersOut(directory, self, statSync(path).mtimeMs);
		} catch (error) {
			unlinkQuietly(path);
			// What else stands in its way may pass.
			if (error instanceof SpoolError) release();
			throw error;
		}
	};
	const renew = () => {
		if (!heldHere.has(session)) throw new SpoolError("spool_locked", directory, "another process has taken it over");
		if (!existsSync(path)) claim();
	};
	const beat = setInterval(() => {
		const now = new Date();
		utimes(path, now, now, (error) => {
			if (error?.code !== "ENOENT" || !heldHere.has(session)) return;
			try {
				renew();
			} catch (failure) {
				if (failure instanceof SpoolError) lost(failure);
			}
		});
	}, beatMs).unref();
	heldHere.add(session);
	try {
		claim();
	} catch (error) {
		release();
		throw error;
	}
	return { renew, release };
}

/** Takes away the files of those that are gone, and throws where one lives. */
function keepOthersOut(directory: string, self: Owner, nowMs: number): void {
	for (const file of readdirSync(directory)) {
		const owner = ownerNamed(file);
		if (owner === undefined || owner.session === self.session) continue;
		if (!isAlive(owner, self, join(directory, file), nowMs)) {
			unlinkQuietly(join(directory, file));
			continue;
		}
		const who = `process ${owner.pid} on ${owner.host} uses it`;
		throw new SpoolError("spool_locked", directory, `${who}; give each process a folder of its own`);
	}
}

function isAlive(owner: Owner, self: Owner, path: string, nowMs: number): boolean {
	if (owner.host === self.host) {
		if (owner.boot !== self.boot) return false;
		if (owner.pidNamespace === self.pidNamespace) {
			if (owner.pid === self.pid && self.started === "") return heldHere.has(owner.session);
			return isRunning(owner);
		}
		// The same container, begun anew: its first process is given the same id again.
		if (owner.pid === self.pid) return false;
	}
	const touchedMs = tryTo(() => statSync(path).mtimeMs);
	return touchedMs !== undefined && nowMs - touchedMs < silentMs;
}

function isRunning({ pid, started }: Owner): boolean {
	if (started !== "") return startOf(pid) === started;
	try {
		process.kill(Number(pid), 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}

function thisProcess(session: string): Owner {
	const pid = String(process.pid);
	const pidNamespace = tryTo(() => readlinkSync("/proc/self/ns/pid"));
	return {
		...{ session, pid },
		started: startOf(pid) ?? "",
		boot: tryTo(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()) ?? "",
		pidNamespace: pidNamespace?.replace(/\D/g, "") ?? "",
		host: encodeURIComponent(hostname()).slice(0, mostHostLength),
	};
}

/** Undefined for a process that is over, waited for or not. */
function startOf(pid: string): string | undefined {
	const text = tryTo(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
	// The name, in parentheses, may have anything in it.
	const [state, ...fields] = text?.slice(text.lastIndexOf(")") + 2).split(" ") ?? [];
	return state === undefined || state === "Z" || state === "X" ? undefined : fields[18];
}

function ownerNamed(file: string): Owner | undefined {
	const [, session, pid, started, boot, pidNamespace, host] = namePattern.exec(file) ?? [];
	if (session === undefined) return undefined;
	return { session, pid, started, boot, pidNamespace, host } as Owner;
}

/** Of all copies of this package in the process. */
function sessionsHeldHere(): Set<string> {
	const key = Symbol.for("footlight.spools");
	const shared = globalThis as { [key]?: Set<string> };
	shared[key] ??= new Set();
	return shared[key];
}

function unlinkQuietly(path: string): void {
	tryTo(() => unlinkSync(path));
}

function tryTo<T>(work: () => T): T | undefined {
	try {
		return work();
	} catch {
		return undefined;
	}
}
