import { show } from "@footlight/core/option";
import { Complaint } from "../complaint.ts";

/** A server that a command talks to. */
export interface Server {
	readonly product: "Prometheus" | "Grafana";
	/** Address that its paths are put behind; without credentials, and without a slash at the end. */
	readonly base: string;
	/** Sent with every request. */
	readonly headers: Readonly<Record<string, string>>;
	/** How long one answer is waited for. */
	readonly timeoutMs: number;
	/** How to give credentials, as it is said where they are missing. */
	readonly credentials: string;
}

/** Reads the address of a server; a name and password in it become a header. */
export function readAddress(option: string, value: string | undefined): Pick<Server, "base" | "headers"> {
	if (value === undefined) throw new Complaint(`${option} is missing`, `Give the address: ${option} http://...`);
	const url = URL.canParse(value) ? new URL(value) : undefined;
	if (url === undefined || !/^https?:$/.test(url.protocol)) {
		const cure = /^[\w.-]+(:\d+)?(\/.*)?$/.test(value) ? `Write http://${value}.` : undefined;
		throw new Complaint(`${option} must be an http:// or https:// address, got ${show(value)}`, cure);
	}
	const { username, password } = url;
	const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
	return {
		base: url.origin + url.pathname.replace(/\/+$/, ""),
		headers: username === "" && password === "" ? {} : { authorization: `Basic ${login}` },
	};
}

/** Reads headers of the form `Name: value`; never repeats what it refuses, since it may be a secret. */
export function readHeaders(option: string, values: readonly string[]): Record<string, string> {
	return Object.fromEntries(
		values.map((value) => {
			const [, name, text] = /^([!#$%&'*+.^_`|~\w-]+):\s*(\S.*)$/.exec(value) ?? [];
			if (name === undefined || text === undefined) {
				throw new Complaint(`${option} must have the form "Name: value"`, `As in ${option} "X-Scope-OrgID: team-a".`);
			}
			return [name.toLowerCase(), text.trim()];
		}),
	);
}

/** Makes the header of a token; refuses what no header can hold, without repeating it. */
export function bearer(source: string, token: string): Record<string, string> {
	const trimmed = token.trim();
	if (!/^[\x21-\x7e]+$/.test(trimmed))
		throw new Complaint(`${source} holds no token: it is empty, or has blanks in it`);
	return { authorization: `Bearer ${trimmed}` };
}

/** Takes the secrets of a server's headers out of a text. */
export function withoutSecrets({ headers }: Pick<Server, "headers">, text: string): string {
	return Object.values(headers)
		.flatMap((value) => [value, value.replace(/^\S+\s+/, "")])
		.filter(({ length }) => length > 3)
		.reduce((clean, secret) => clean.replaceAll(secret, "[REDACTED]"), text);
}
