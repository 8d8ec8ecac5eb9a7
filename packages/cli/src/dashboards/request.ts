import { show } from "@footlight/core/option";
import { Complaint } from "../complaint.ts";
import { type Server, withoutSecrets } from "./server.ts";

/** What a server said. */
export interface Answer {
	readonly status: number;
	readonly contentType: string;
	/** Undefined where it was no JSON. */
	readonly json: unknown;
	readonly text: string;
}

/** What is sent; a form or JSON makes it a POST. */
export interface Sent {
	readonly form?: Readonly<Record<string, string>>;
	readonly json?: unknown;
	/** Ends the wait early. */
	readonly signal?: AbortSignal | undefined;
}

/** Asks a server; complains where nothing answers, where it cannot be understood, and where it sends elsewhere. */
export async function request(server: Server, path: string, sent: Sent = {}): Promise<Answer> {
	const { form, json, signal } = sent;
	const limit = AbortSignal.timeout(server.timeoutMs);
	const body = form !== undefined ? new URLSearchParams(form) : json !== undefined ? JSON.stringify(json) : undefined;
	try {
		const response = await fetch(server.base + path, {
			method: body === undefined ? "GET" : "POST",
			headers: {
				accept: "application/json",
				...(json !== undefined && { "content-type": "application/json" }),
				...server.headers,
			},
			...(body !== undefined && { body }),
			// A credential is not carried elsewhere, and a POST would become a GET.
			redirect: "manual",
			signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
		});
		const text = withoutSecrets(server, await response.text());
		const { status } = response;
		if (status >= 300 && status < 400) throw redirected(server, path, status, response.headers.get("location"));
		return { status, contentType: response.headers.get("content-type") ?? "", text, json: parsed(text) };
	} catch (error) {
		throw error instanceof Complaint ? error : unanswered(server, error, signal);
	}
}

/** Refuses an answer that wants credentials, or is none of the product's. */
export function refuseStranger(server: Server, { status, contentType, json }: Answer): void {
	const said = `${server.base} answered ${status}`;
	if (status === 401) throw new Complaint(`${said}: it wants credentials, or other ones`, server.credentials);
	if (status === 407) throw new Complaint(`${said}: a proxy on the way wants credentials`);
	if (json === undefined && status < 500 && /html/i.test(contentType)) {
		throw new Complaint(`${said} with a web page: this is no API of ${server.product}`, addressCure(server));
	}
}

/** Where nothing of the product is served: looks whether it is under another path of the same host, and says so. */
export async function notServed(server: Server, probe: string): Promise<Complaint> {
	const { base, product } = server;
	const { origin, pathname } = new URL(base);
	const segments = pathname.split("/").filter((segment) => segment !== "");
	const parents = segments.map((_, count) => [origin, ...segments.slice(0, count)].join("/")).reverse();
	for (const candidate of [...parents, ...(await startPage(server)), `${base}/${product.toLowerCase()}`]) {
		const answer = await request({ ...server, base: candidate }, probe).catch(() => undefined);
		if (answer?.status !== 200 || answer.json === undefined) continue;
		return new Complaint(`${base} answered 404: no ${product} is served under this address`, `Give ${candidate}.`);
	}
	return new Complaint(`${base} answered 404: no ${product} is served under this address`, addressCure(server));
}

/** Where the server sends those who come without a path, if it is on the same host; asked as a stranger. */
async function startPage({ base, timeoutMs }: Server): Promise<string[]> {
	try {
		const signal = AbortSignal.timeout(timeoutMs);
		const { headers } = await fetch(`${base}/`, { redirect: "manual", signal });
		const { origin, pathname } = new URL(headers.get("location") ?? "/", `${base}/`);
		return origin === new URL(base).origin ? [(origin + pathname).replace(/\/+$/, "")] : [];
	} catch {
		return [];
	}
}

/** JSON that the product would not have said. */
export class StrangeAnswer extends Complaint {}

/** Says that an answer has not the shape that the product gives it. */
export function strange(server: Server, answer: Answer): StrangeAnswer {
	const message = `${server.base} does not answer as ${server.product}, but with ${show(messageOf(answer))}`;
	return new StrangeAnswer(message, addressCure(server));
}

/** What to do about an address that is another's. */
export function addressCure({ product }: Server): string {
	const port = product === "Prometheus" ? 9090 : 3000;
	const path = product.toLowerCase();
	return `Give the address that ${product}'s pages begin with: its port (${port} as a rule), and its path where it has one, as in http://host/${path}.`;
}

/** What the server says of an error, or how its answer begins. */
export function messageOf({ json, text }: Answer): string {
	const { message, error } = (json ?? {}) as { message?: unknown; error?: unknown };
	const said = [message, error].find((one) => typeof one === "string" && one !== "") as string | undefined;
	return (said ?? text).trim().replaceAll(/\s+/g, " ").slice(0, 300);
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function redirected(server: Server, path: string, status: number, location: string | null): Complaint {
	const message = `${server.base} answered ${status}: it sends to ${location ?? "another address"}`;
	if (location === null || !URL.canParse(location, server.base)) return new Complaint(message, addressCure(server));
	const url = new URL(location, `${server.base}/`);
	const whole = url.origin + url.pathname;
	const other = whole.endsWith(path) ? whole.slice(0, -path.length) : undefined;
	return new Complaint(message, other === undefined ? addressCure(server) : `Give that address: ${other}.`);
}

const reasons: Readonly<Record<string, readonly [message: string, cure: string]>> = {
	ECONNREFUSED: ["connection refused: nothing listens there", "Start it, or give its address and port."],
	ENOTFOUND: ["the host name is not known", "Check the host name."],
	EAI_AGAIN: ["the host name cannot be resolved now", "Check the host name, and the network."],
	ETIMEDOUT: ["no answer", "Check the host name, the network and any firewall between."],
	UND_ERR_CONNECT_TIMEOUT: ["no answer", "Check the host name, the network and any firewall between."],
	ENETUNREACH: ["the network is unreachable", "Check the host name, the network and any firewall between."],
	EHOSTUNREACH: ["the host is unreachable", "Check the host name, the network and any firewall between."],
	ECONNRESET: ["it broke the connection off", "Check the port, and whether it wants https://."],
	UND_ERR_SOCKET: ["it broke the connection off", "Check the port, and whether it wants https://."],
};

function unanswered(server: Server, error: unknown, signal: AbortSignal | undefined): Complaint {
	const { base, timeoutMs } = server;
	if (signal?.aborted) return new Complaint("there was no time left to ask");
	if ((error as Error).name === "TimeoutError") {
		const cure = "Give it longer with --timeout, or look what keeps it.";
		return new Complaint(`${base} gave no answer in ${timeoutMs / 1_000} s`, cure);
	}
	const { code = "", name, message } = causeOf(error);
	const known = reasons[code];
	if (known !== undefined) return new Complaint(`${base}: ${known[0]}`, known[1]);
	if (name === "HTTPParserError") return new Complaint(`${base} speaks no HTTP/1`, addressCure(server));
	if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|EPROTO/.test(code)) {
		return new Complaint(`${base} does not speak TLS`, `Write http:// in the address.`);
	}
	if (/CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/.test(code)) {
		const cure = "Point NODE_EXTRA_CA_CERTS at the certificate it is signed with, or use the name that it is made for.";
		return new Complaint(`${base} has a certificate that is not trusted (${code})`, cure);
	}
	return new Complaint(`${base} gave no answer (${withoutSecrets(server, code || message)})`, addressCure(server));
}

/** The error beneath those of fetch; a name with several addresses fails with one for all of them. */
function causeOf(error: unknown): Error & { readonly code?: string } {
	const cause = (error as Error).cause ?? error;
	return cause instanceof AggregateError ? (cause.errors[0] ?? cause) : (cause as Error);
}
