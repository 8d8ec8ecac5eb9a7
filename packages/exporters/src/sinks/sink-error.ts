/** Why a sink refuses: by codes of RPC, so that `retry` and a buffered exporter know which refusal may pass. */
export type SinkErrorCode = "failed_precondition" | "resource_exhausted" | "unavailable";

/** A sink did not keep what it was given. */
export class SinkError extends Error {
	override name: string = this.constructor.name;
	readonly code: SinkErrorCode;

	constructor(code: SinkErrorCode, message: string, options?: ErrorOptions) {
		super(message, options);
		this.code = code;
	}
}

/** A sink was given something after its end: no further attempt helps. */
export class SinkClosedError extends SinkError {
	constructor(sinkName: string) {
		super("failed_precondition", `${sinkName} is closed`);
	}
}

/** A sink has as much to write as it may hold: another attempt may find room. */
export class SinkFullError extends SinkError {
	constructor(sinkName: string, limit: string) {
		super("resource_exhausted", `${sinkName} is full: ${limit} wait already`);
	}
}
