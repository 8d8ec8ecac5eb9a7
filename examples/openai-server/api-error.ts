/** A refusal in the form the OpenAI API gives it: an HTTP status and a body `{ error: { message, type, code, param } }`. */
export class ApiError extends Error {
	readonly status: number;
	readonly type: string;
	readonly code: string | null;
	readonly param: string | null;
	readonly headers: Readonly<Record<string, string>>;

	constructor(
		status: number,
		message: string,
		details: { type?: string; code?: string; param?: string; headers?: Record<string, string> } = {},
	) {
		super(message);
		this.name = "ApiError";
		this.status = status;
		this.type = details.type ?? "invalid_request_error";
		this.code = details.code ?? null;
		this.param = details.param ?? null;
		this.headers = details.headers ?? {};
	}

	body(): string {
		const { message, type, code, param } = this;
		return JSON.stringify({ error: { message, type, code, param } });
	}
}
