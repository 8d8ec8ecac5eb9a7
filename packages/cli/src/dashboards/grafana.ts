import { show } from "@footlight/core/option";
import { Complaint } from "../complaint.ts";
import type { ClassicDashboard } from "./formats.ts";
import { type Answer, addressCure, messageOf, notServed, refuseStranger, request, type Sent } from "./request.ts";
import type { Server } from "./server.ts";

/** A dashboard as Grafana has it. */
export interface StoredDashboard {
	readonly content: unknown;
	readonly folderUid: string;
	/** File that it was provisioned from, which nobody else may change. */
	readonly provisionedFrom: string | undefined;
}

/** A Grafana. What it refuses throws a Complaint. */
export interface Grafana {
	/** Undefined where it does not tell. */
	readonly version: string | undefined;
	/** Gives the uid of the folder of a title; it is made where it is not there. */
	folder(title: string): Promise<{ readonly uid: string; readonly isNew: boolean }>;
	/** Undefined where it has none of that uid. */
	dashboard(uid: string): Promise<StoredDashboard | undefined>;
	/** Resolves to the address of its page. */
	save(content: ClassicDashboard, folderUid: string, overwrite: boolean): Promise<string>;
}

/** The first that shows classic JSON of schema 42 as it is. */
const oldestVersion = 12;
const pageSize = 1_000;

/** Makes sure that a Grafana answers, of a version that will do. */
export async function connectGrafana(server: Server): Promise<Grafana> {
	const version = await versionOf(server);

	async function ask(path: string, sent?: Sent): Promise<Answer> {
		const answer = await request(server, path, sent);
		refuseStranger(server, answer);
		if (answer.status === 403) throw forbidden(server, answer);
		return answer;
	}

	async function findFolder(title: string): Promise<string | undefined> {
		for (let page = 1; ; page++) {
			const path = `/api/folders?limit=${pageSize}&page=${page}`;
			const folders = dataOf<readonly { uid: string; title: string }[]>(server, await ask(path));
			const found = folders.find((folder) => folder.title === title);
			if (found !== undefined || folders.length < pageSize) return found?.uid;
		}
	}

	return {
		version,
		async folder(title) {
			const present = await findFolder(title);
			if (present !== undefined) return { uid: present, isNew: false };
			const uid = uidOf(title);
			const answer = await ask("/api/folders", { json: { title, ...(uid !== "" && { uid }) } });
			return { uid: dataOf<{ uid: string }>(server, answer).uid, isNew: true };
		},
		async dashboard(uid) {
			const answer = await ask(`/api/dashboards/uid/${encodeURIComponent(uid)}`);
			if (answer.status === 404) return undefined;
			const { dashboard, meta } = dataOf<StoredAnswer>(server, answer);
			const { folderUid = "", provisioned = false, provisionedExternalId = "" } = meta;
			return { content: dashboard, folderUid, provisionedFrom: provisioned ? provisionedExternalId : undefined };
		},
		async save(content, folderUid, overwrite) {
			const message = "pushed by footlight dashboards";
			const answer = await ask("/api/dashboards/db", { json: { dashboard: content, folderUid, overwrite, message } });
			const { url } = dataOf<{ url: string }>(server, answer);
			// With the path that Grafana is served under, where it has one.
			return new URL(url, `${server.base}/`).href;
		},
	};
}

interface StoredAnswer {
	readonly dashboard: unknown;
	readonly meta: {
		readonly folderUid?: string;
		readonly provisioned?: boolean;
		readonly provisionedExternalId?: string;
	};
}

/** Health is told to everybody, the version not always: then those who are logged in may know. */
async function versionOf(server: Server): Promise<string | undefined> {
	const health = await request(server, "/api/health");
	refuseStranger(server, health);
	const { database, version } = (health.json ?? {}) as { database?: unknown; version?: unknown };
	if (health.status === 503 && database !== undefined) {
		throw new Complaint(`${server.base} is a Grafana that cannot reach its database now`, "Look into its log.");
	}
	const isGrafana = health.status === 200 && typeof database === "string";
	const told =
		typeof version === "string" && version !== "" ? version : await settingsVersion(server, isGrafana, health);
	const major = Number.parseInt(told ?? "", 10);
	if (major < oldestVersion) {
		const cure = `Update it to ${oldestVersion} or newer.`;
		throw new Complaint(`${server.base} is Grafana ${told}, which is too old for the dashboards`, cure);
	}
	return told;
}

async function settingsVersion(server: Server, isGrafana: boolean, health: Answer): Promise<string | undefined> {
	const answer = await request(server, "/api/frontend/settings");
	refuseStranger(server, answer);
	const { buildInfo } = (answer.json ?? {}) as { readonly buildInfo?: { readonly version?: string } };
	if (buildInfo?.version) return buildInfo.version;
	if (isGrafana) return undefined;
	if (health.status === 404) throw await notServed(server, "/api/health");
	const message = `${server.base} answered ${health.status}, not as Grafana does: ${show(messageOf(health))}`;
	throw new Complaint(message, addressCure(server));
}

function dataOf<T>(server: Server, answer: Answer): T {
	const { status, json } = answer;
	if (status === 200 && json !== undefined) return json as T;
	throw new Complaint(`${server.base} answered ${status}: ${messageOf(answer) || "nothing more"}`);
}

function forbidden(server: Server, answer: Answer): Complaint {
	const cure = "Take a token of a service account that is Editor, or may write dashboards and folders.";
	return new Complaint(`${server.base} answered 403: ${messageOf(answer) || "this token may not do that"}`, cure);
}

/** A uid that says what it is, and is the same everywhere; empty where none can be made of the title. */
function uidOf(title: string): string {
	return title
		.toLowerCase()
		.replaceAll(/[^a-z0-9]+/g, "-")
		.replaceAll(/^-+|-+$/g, "")
		.slice(0, 40);
}
