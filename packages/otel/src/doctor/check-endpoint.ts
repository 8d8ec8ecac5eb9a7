import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { AlwaysOnSampler, TracerProvider } from "@opentelemetry/sdk-trace";
import { traceExporter } from "../create-exporter.ts";
import { within } from "../deadline.ts";
import { exportProblem } from "../export-problem.ts";
import { addressCure, addressOf, type OtlpTarget } from "../otlp-target.ts";
import { connectionProblem } from "../reachability.ts";
import { isPage, webPageAnswer, webPageCure } from "../web-page.ts";
import type { Finding } from "./finding.ts";
import { type Answer, probeHttp, speaksTls } from "./probe-endpoint.ts";

/** Connects to where traces go, looks at what answers, and sends a real span through the official exporter. */
export async function checkEndpoint(target: OtlpTarget, timeoutMs: number): Promise<Finding[]> {
	const cure = addressCure(target.url);
	if (cure !== undefined) return [problem("endpoint-invalid", `${named(target)} is no address.`, cure)];
	const refusal = await connectionProblem(target.url, timeoutMs);
	if (refusal !== undefined) return [await unreachable(target, refusal, timeoutMs)];
	const found = target.protocol === "grpc" ? await checkGrpc(target, timeoutMs) : await checkHttp(target, timeoutMs);
	return found === undefined ? [await sendTestSpan(target, timeoutMs)] : [found];
}

/** Asks whether log records are taken; Jaeger, for one, takes only traces. */
export async function checkLogEndpoint(target: OtlpTarget, timeoutMs: number): Promise<Finding[]> {
	if (target.protocol === "grpc" || (await connectionProblem(target.url, timeoutMs)) !== undefined) return [];
	const answer = await probeHttp(target.url, contentType(target), timeoutMs);
	if (!("status" in answer) || ![404, 405, 501].includes(answer.status)) return [];
	const message = `${target.url} takes no logs (it answered ${answer.status}); Jaeger takes only traces.`;
	const cure = "Set OTEL_LOGS_EXPORTER=none; lines on stdout stay. Or send to a collector that takes both.";
	return [{ code: "logs-not-taken", severity: "warning", message, cure }];
}

async function unreachable(target: OtlpTarget, refusal: string, timeoutMs: number): Promise<Finding> {
	const message = `${named(target)}: ${refusal}.`;
	if (!refusal.startsWith("connection refused")) {
		return problem("endpoint-unreachable", message, "Check the host name, the network and any firewall between.");
	}
	const sibling = otherOtlpPort(target);
	if (sibling !== undefined && (await connectionProblem(sibling.url, timeoutMs)) === undefined) {
		const cure = `Something listens at ${sibling.url}, the usual port of ${sibling.protocol}: ${sibling.setting}.`;
		return problem("endpoint-refused", message, cure);
	}
	const cure =
		"Start a collector there (docker run -p 4318:4318 -p 16686:16686 jaegertracing/jaeger, say), or set OTEL_EXPORTER_OTLP_ENDPOINT.";
	return problem("endpoint-refused", message, cure);
}

/** Where a collector would listen for the other transport, on the two ports that OTLP has by custom. */
function otherOtlpPort({ url, protocol }: OtlpTarget) {
	const port = addressOf(url)?.port;
	const base = new URL(url);
	if (protocol === "grpc" && port === 4317) {
		base.port = "4318";
		return {
			url: base.origin,
			protocol: "HTTP",
			setting: "set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf and that port",
		};
	}
	if (protocol !== "grpc" && port === 4318) {
		base.port = "4317";
		return { url: base.origin, protocol: "gRPC", setting: "set OTEL_EXPORTER_OTLP_PROTOCOL=grpc and that port" };
	}
	return undefined;
}

async function checkHttp(target: OtlpTarget, timeoutMs: number): Promise<Finding | undefined> {
	const answer = await probeHttp(target.url, contentType(target), timeoutMs);
	return "status" in answer ? judgeStatus(target, answer) : judgeFailure(target, answer, timeoutMs);
}

function judgeStatus(target: OtlpTarget, answer: Extract<Answer, { status: number }>): Finding | undefined {
	const { status, contentType, body } = answer;
	const said = `${named(target)} answered ${status}`;
	if (status === 404 || status === 405) {
		const hasPath = new URL(target.url).pathname.endsWith(`/v1/${target.signal}`);
		const cure = hasPath
			? "Another server listens on that port, or the collector has no OTLP/HTTP receiver for traces: check the port."
			: `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is used as it is: end it with /v1/traces, or set OTEL_EXPORTER_OTLP_ENDPOINT.`;
		return problem("endpoint-wrong-path", `${said}: it takes no traces under this path.`, cure);
	}
	if (status === 401 || status === 403) {
		const cure = "Set the token it wants: OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20...";
		return problem("endpoint-forbidden", `${said}: it wants credentials, or other ones.`, cure);
	}
	if (status === 400 && /https/i.test(body)) {
		return problem("endpoint-expects-https", `${said}: it expects HTTPS.`, "Write https:// in the endpoint.");
	}
	if (status === 415) {
		const cure = "Set OTEL_EXPORTER_OTLP_PROTOCOL to http/json or http/protobuf, whichever it takes.";
		return problem("endpoint-not-otlp", `${said}: it does not take ${target.protocol}.`, cure);
	}
	if (status >= 200 && status < 300 && isPage(contentType)) {
		return problem("endpoint-not-otlp", `${said} ${webPageAnswer}.`, webPageCure);
	}
	// Everything else the exporter itself meets, and reports.
	return undefined;
}

async function judgeFailure(
	target: OtlpTarget,
	{ code, error }: Extract<Answer, { error: string }>,
	timeoutMs: number,
): Promise<Finding> {
	const what = named(target);
	if (code.startsWith("HPE_")) {
		const cure = "Set OTEL_EXPORTER_OTLP_PROTOCOL=grpc, or take the HTTP port of the collector (4318 as a rule).";
		return problem("endpoint-expects-grpc", `${what} speaks HTTP/2 only, as a gRPC port does (4317 as a rule).`, cure);
	}
	if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|EPROTO/.test(code + error)) {
		return problem("endpoint-expects-http", `${what} does not speak TLS.`, "Write http:// in the endpoint.");
	}
	if (/CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/.test(code)) {
		const cure = "Point OTEL_EXPORTER_OTLP_CERTIFICATE (or NODE_EXTRA_CA_CERTS) at the certificate it is signed with.";
		return problem("endpoint-certificate", `${what} has a certificate that is not trusted (${code}).`, cure);
	}
	if (target.url.startsWith("http:") && (await speaksTls(target.url, timeoutMs))) {
		return problem("endpoint-expects-https", `${what} speaks TLS.`, "Write https:// in the endpoint.");
	}
	const cure = "Check that an OTLP/HTTP receiver listens there; something does, but it does not answer as one.";
	return problem("endpoint-unreachable", `${what} gave no answer (${code || error}).`, cure);
}

async function checkGrpc(target: OtlpTarget, timeoutMs: number): Promise<Finding | undefined> {
	const answer = await probeHttp(target.url.replace(/^grpc(s?):/, "http$1:"), "application/json", timeoutMs);
	if (!("status" in answer)) return undefined;
	const cure =
		"Set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, or take the gRPC port of the collector (4317 as a rule).";
	return problem("endpoint-speaks-http", `${named(target)} speaks HTTP/1, so gRPC cannot get through.`, cure);
}

async function sendTestSpan(target: OtlpTarget, timeoutMs: number): Promise<Finding> {
	const exporter = traceExporter(target.protocol, { url: target.url, timeoutMillis: timeoutMs });
	const started = performance.now();
	let result: { code: number; error?: Error } = { code: 1, error: new Error("no answer") };
	const sent = new Promise<void>((resolve) => {
		exporter.export([testSpan()], (answer) => {
			result = answer;
			resolve();
		});
	});
	await within(timeoutMs + 500, sent);
	await within(timeoutMs, exporter.shutdown());
	if (result.code === 0) {
		const took = Math.round(performance.now() - started);
		const message = `A test span was taken by ${target.url} (${target.protocol}) in ${took} ms.`;
		return { code: "test-span-delivered", severity: "ok", message };
	}
	const cure = "Look into the log of the collector.";
	return problem("export-failed", `${named(target)} did not take a test span: ${exportProblem(result.error)}.`, cure);
}

function testSpan(): ReadableSpan {
	let ended: ReadableSpan | undefined;
	const keeper = {
		onStart() {},
		onEnd(span: ReadableSpan) {
			ended = span;
		},
		forceFlush: () => Promise.resolve(),
		shutdown: () => Promise.resolve(),
	};
	const provider = new TracerProvider({ sampler: new AlwaysOnSampler(), spanProcessors: [keeper] });
	provider.getTracer("@footlight/otel").startSpan("footlight.doctor", { root: true }).end();
	return ended as unknown as ReadableSpan;
}

function contentType({ protocol }: OtlpTarget): string {
	return protocol === "http/json" ? "application/json" : "application/x-protobuf";
}

function named({ url, source }: OtlpTarget): string {
	return source === undefined ? url : `${url} (from ${source})`;
}

function problem(code: Finding["code"], message: string, cure: string): Finding {
	return { code, severity: "error", message, cure };
}
