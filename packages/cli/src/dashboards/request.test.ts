import { createServer as createTlsServer } from "node:https";
import { createServer as createTcpServer } from "node:net";
import { expect, test } from "vitest";
import { selfSigned } from "./certificate.fixture.ts";
import { answering, listening, saying } from "./listening.fixture.ts";
import { request } from "./request.ts";
import { readAddress, type Server } from "./server.ts";

const server = (url: string, timeoutMs = 5_000): Server => ({
	product: "Prometheus",
	timeoutMs,
	credentials: "Set PROMETHEUS_TOKEN.",
	...readAddress("--prometheus", url),
});
const problem = async (url: string, timeoutMs?: number) => {
	const complaint = await request(server(url, timeoutMs), "/api").catch((error) => error);
	return `${complaint.message} → ${complaint.cure}`;
};

test("a server that is not there, or has no name", async () => {
	const port = await listening(createTcpServer());
	expect(await problem("http://no-such-host.invalid")).toMatch(/^http:\/\/no-such-host.invalid: the host name /);
	expect(await problem(`http://localhost:${port}/`, 200)).toBe(
		`http://localhost:${port} gave no answer in 0.2 s → Give it longer with --timeout, or look what keeps it.`,
	);
});

test("a server that refuses", async () => {
	const url = await new Promise<string>((resolve) => {
		const closing = createTcpServer().listen(0, "127.0.0.1", () => {
			const { port } = closing.address() as { port: number };
			closing.close(() => resolve(`http://127.0.0.1:${port}`));
		});
	});
	expect(await problem(url)).toBe(
		`${url}: connection refused: nothing listens there → Start it, or give its address and port.`,
	);
});

test("a server that breaks off, and one that speaks something else", async () => {
	const breaking = await listening(createTcpServer((socket) => socket.destroy()));
	expect(await problem(`http://127.0.0.1:${breaking}`)).toContain("it broke the connection off");
	const other = await listening(createTcpServer((socket) => socket.end("+OK\r\n")));
	expect(await problem(`http://127.0.0.1:${other}`)).toContain("speaks no HTTP/1 →");
});

test("https to a server without TLS, and to one with a certificate that nobody trusts", async () => {
	const plain = await saying(200, "{}");
	expect(await problem(plain.replace("http:", "https:"))).toContain(
		"does not speak TLS → Write http:// in the address.",
	);
	const port = await listening(createTlsServer(selfSigned));
	expect(await problem(`http://127.0.0.1:${port}`)).toMatch(/whether it wants https:\/\//);
	expect(await problem(`https://127.0.0.1:${port}`)).toMatch(
		/has a certificate that is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\) → Point NODE_EXTRA_CA_CERTS at/,
	);
});

test("a name and password in the address are sent, and not shown", async () => {
	let seen: string | undefined;
	const url = await answering((asked, response) => {
		seen = asked.headers.authorization;
		response.end(`{"said":"${seen}"}`);
	});
	const named = server(url.replace("http://", "http://ann:p%20ss@"));
	expect(named.base).toBe(url);
	expect((await request(named, "/api")).json).toEqual({ said: "[REDACTED]" });
	expect(seen).toBe(`Basic ${Buffer.from("ann:p ss").toString("base64")}`);
});

test("credentials are not carried to where a server sends", async () => {
	let reached = false;
	const elsewhere = await answering((_, response) => {
		reached = true;
		response.end();
	});
	const url = await saying(302, "", { location: `${elsewhere}/login` });
	expect(await problem(url)).toContain(`answered 302: it sends to ${elsewhere}/login`);
	expect(reached).toBe(false);
});
