/** The HTTP status that an error carries, wherever clients put it; undefined where it carries none. */
export function httpStatus(error: Readonly<Record<string, unknown>>): number | undefined {
	const { status, statusCode, response, $metadata } = error;
	const answer = response as { status?: unknown; statusCode?: unknown } | null | undefined;
	const metadata = $metadata as { httpStatusCode?: unknown } | null | undefined;
	return [status, statusCode, answer?.status, answer?.statusCode, metadata?.httpStatusCode].find(isHttpStatus);
}

function isHttpStatus(value: unknown): value is number {
	return Number.isInteger(value) && (value as number) >= 100 && (value as number) <= 599;
}
