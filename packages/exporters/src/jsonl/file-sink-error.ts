import { SinkError } from "../sinks/sink-error.ts";

/** A file could not be written: what it was about is in `cause`. A later attempt may find the folder or the disk well again. */
export class FileSinkError extends SinkError {
	constructor(message: string, options?: ErrorOptions) {
		super("unavailable", message, options);
	}
}

/** The disk, or the share of it that this user has, is full. */
export class DiskFullError extends FileSinkError {}

const fullCodes: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** What is told of a failure of the file system. */
export function fileError(path: string, cause: unknown): FileSinkError {
	if (cause instanceof FileSinkError) return cause;
	const { code, message } = cause as { code?: unknown; message?: unknown };
	if (fullCodes.has(code)) return new DiskFullError(`no room on the disk for ${path}`, { cause });
	return new FileSinkError(`cannot write ${path}: ${String(message)}`, { cause });
}
