import { FootlightError } from "@footlight/core";

/** Why a spool does not do what it was asked. */
export type SpoolErrorCode = "disk_full" | "spool_failed" | "spool_locked";

/** A spool cannot be opened, or cannot keep what it was given: that item was not accepted. */
export class SpoolError extends FootlightError {
	declare readonly code: SpoolErrorCode;
	readonly directory: string;

	constructor(code: SpoolErrorCode, directory: string, message: string, options?: ErrorOptions) {
		super(code, `spool ${directory}: ${message}`, options);
		this.directory = directory;
	}
}

const fullCodes = new Set<unknown>(["ENOSPC", "EDQUOT", "EFBIG"]);

/** What a failed write means. */
export function writeError(directory: string, cause: unknown): SpoolError {
	if (cause instanceof SpoolError) return cause;
	const code = (cause as NodeJS.ErrnoException | undefined)?.code;
	if (fullCodes.has(code)) return new SpoolError("disk_full", directory, `no room on the disk (${code})`, { cause });
	return new SpoolError("spool_failed", directory, `cannot write (${code ?? String(cause)})`, { cause });
}
