/**
 * The other side refused a batch in a way that OTLP says must not be tried again; its status is not where `retry` would
 * look for it.
 */
export class BatchRefusedError extends Error {
	override readonly name: string = "BatchRefusedError";
	readonly answeredStatus: number;
	/** The beginning of the answer. */
	readonly answer: string;

	constructor(message: string, answeredStatus: number, answer: string) {
		super(message);
		this.answeredStatus = answeredStatus;
		this.answer = answer.slice(0, 1_000);
	}
}
