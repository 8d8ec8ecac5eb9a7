import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

interface Stored {
	readonly dashboard: Record<string, unknown>;
	readonly folderUid: string;
	readonly version: number;
	readonly provisionedFrom?: string;
}

/** A Grafana in memory, behind a real HTTP server: as much of its API as dashboards are pushed by, with its words. */
export interface GrafanaServer {
	readonly url: string;
	readonly dashboards: Map<string, Stored>;
	readonly folders: { readonly uid: string; readonly title: string }[];
	/** Every request that would change something, as `POST /api/folders`. */
	readonly writes: string[];
	close(): Promise<void>;
}

export interface GrafanaOptions {
	readonly token: string;
	/** Undefined where it is hidden from those who are not logged in. */
	readonly version?: string;
	/** Path that it is served under. */
	readonly path?: string;
	/** Role of the token. */
	readonly role?: "Editor" | "Viewer";
	/** Status it answers where the uid of a folder is taken. */
	readonly taken?: number;
}

/** Starts it on loopback. */
export async function startGrafana({
	token,
	version,
	path = "",
	role = "Editor",
	taken = 409,
}: GrafanaOptions): Promise<GrafanaServer> {
	const dashboards = new Map<string, Stored>();
	const folders: { uid: string; title: string }[] = [];
	const writes: string[] = [];

	type Reply = readonly [status: number, body: unknown];
	const denied = (action: string): Reply => [
		403,
		{
			accessErrorId: "ACE0000000001",
			message: `You'll need additional permissions to perform this action. Permissions needed: ${action}`,
			title: "Access denied",
		},
	];

	async function answer(request: IncomingMessage): Promise<Reply> {
		const url = new URL(request.url ?? "", "http://grafana");
		if (!url.pathname.startsWith(`${path}/api/`)) return [404, { message: "Not found" }];
		const route = `${request.method} ${url.pathname.slice(path.length)}`;
		if (route === "GET /api/health") return [200, { database: "ok", ...(version && { version, commit: "0" }) }];
		if (request.headers.authorization !== `Bearer ${token}`) {
			return [401, { message: "Invalid API key", messageId: "api-key.invalid", statusCode: 401, traceID: "" }];
		}
		if (request.method === "POST") {
			writes.push(route);
			if (role === "Viewer") return denied(route.includes("folders") ? "folders:create" : "dashboards:write");
		}
		if (route === "GET /api/frontend/settings")
			return [200, { buildInfo: { version: "13.2.3", edition: "Open Source" } }];
		if (route === "GET /api/folders") return [200, folders];
		if (route === "POST /api/folders") {
			const { uid = "generated", title } = await bodyOf<{ uid?: string; title: string }>(request);
			if (folders.some((folder) => folder.uid === uid)) {
				return [taken, { message: "a folder/dashboard with the same uid already exists" }];
			}
			folders.push({ uid, title });
			return [200, { id: folders.length, uid, title, url: `${path}/dashboards/f/${uid}/`, version: 1 }];
		}
		if (route === "POST /api/dashboards/db") return save(await bodyOf<SaveCommand>(request));
		const stored = dashboards.get(/^GET \/api\/dashboards\/uid\/(.+)$/.exec(route)?.[1] ?? "");
		if (stored === undefined) return [404, { message: "Dashboard not found" }];
		const { dashboard, folderUid, provisionedFrom } = stored;
		const provisioned = { provisioned: provisionedFrom !== undefined, provisionedExternalId: provisionedFrom ?? "" };
		return [200, { dashboard, meta: { slug: "x", folderUid, version: stored.version, ...provisioned } }];
	}

	function save({ dashboard, folderUid, overwrite }: SaveCommand): Reply {
		const { uid } = dashboard;
		if (!folders.some((folder) => folder.uid === folderUid)) return [400, { message: "folder not found" }];
		const present = dashboards.get(uid);
		if (present?.provisionedFrom !== undefined) return [400, { message: "Cannot save provisioned dashboard" }];
		if (present !== undefined && !overwrite) {
			return [412, { message: "The dashboard has been changed by someone else", status: "version-mismatch" }];
		}
		const next = (present?.version ?? 0) + 1;
		dashboards.set(uid, {
			dashboard: { ...dashboard, id: dashboards.size + 1, version: next },
			folderUid,
			version: next,
		});
		return [200, { id: 1, uid, url: `${path}/d/${uid}/x`, status: "success", version: next, slug: "x", folderUid }];
	}

	const server = createServer(async (request, response) => {
		const [status, body] = await answer(request);
		response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
	});
	await once(server.listen(0, "127.0.0.1"), "listening");
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}${path}`,
		dashboards,
		folders,
		writes,
		async close() {
			server.closeAllConnections();
			await new Promise((done) => server.close(done));
		},
	};
}

interface SaveCommand {
	readonly dashboard: { readonly uid: string };
	readonly folderUid: string;
	readonly overwrite: boolean;
}

async function bodyOf<T>(request: IncomingMessage): Promise<T> {
	const chunks = await Array.fromAsync(request);
	return JSON.parse(Buffer.concat(chunks).toString());
}
