import { connect } from "node:net";
import type { MetricsAddress } from "./metrics-address.ts";

/** Who listens on a port. */
export interface PortHolder {
	/** True for what answers with metrics of OpenTelemetry. */
	readonly servesMetrics: boolean;
	/** Name and process, as far as they were given away: `docs-qa (process 4711)`. */
	readonly name: string | undefined;
}

const mostCharacters = 256 * 1_024;

/**
 * Asks who listens at an address; undefined where nobody does.
 *
 * By hand and not with `node:http`, which an instrumentation would trace.
 */
export function findPortHolder(
	{ host, port, path }: MetricsAddress,
	timeoutMs = 1_000,
): Promise<PortHolder | undefined> {
	return new Promise((resolve) => {
		let answer = "";
		let connected = false;
		const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
		const socket = connect({ host: reachable, port });
		const settle = (holder: PortHolder | undefined) => {
			socket.destroy();
			resolve(holder);
		};
		const settleForWhatCame = () => settle(connected ? holderOf(answer) : undefined);
		socket.setTimeout(timeoutMs, settleForWhatCame);
		socket.on("error", settleForWhatCame);
		socket.on("connect", () => {
			connected = true;
			socket.write(`GET ${path} HTTP/1.0\r\nHost: ${host}:${port}\r\n\r\n`);
		});
		socket.on("end", settleForWhatCame);
		socket.setEncoding("utf8").on("data", (text: string) => {
			answer += text;
			if (/^target_info\{.*$/m.test(answer) || answer.length > mostCharacters) settleForWhatCame();
		});
	});
}

function holderOf(answer: string): PortHolder {
	const info = /^target_info\{.*$/m.exec(answer)?.[0];
	const label = (name: string) =>
		info === undefined ? undefined : new RegExp(`[{,]${name}="([^"]*)"`).exec(info)?.[1];
	const service = label("service_name");
	const pid = label("process_pid");
	return {
		servesMetrics: info !== undefined || /^# TYPE /m.test(answer),
		name: service === undefined ? undefined : `${service}${pid === undefined ? "" : ` (process ${pid})`}`,
	};
}
