import { show } from "@footlight/core/option";
import { Complaint } from "../complaint.ts";
import { type Guard, isListOf, isObject, isText } from "./answer-shapes.ts";
import type { ClassicDashboard } from "./formats.ts";
import {
	type Answer,
	addressCure,
	messageOf,
	notServed,
	refuseStranger,
	request,
	type Sent,
	strange,
} from "./request.ts";
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
	/** Resolves to the uid of the folder of a title; undefined where it is not there. */
	findFolder(title: string): Promise<string | undefined>;
	/** Resolves to the uid of the folder that it makes. */
	makeFolder(title: string): Promise<string>;
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

	return {
		version,
		async findFolder(title) {
			for (let page = 1; ; page++) {
				const path = `/api/folders?limit=${pageSize}&page=${page}`;
				const folders = dataOf(server, await ask(path), isListOf(isFolder));
				const found = folders.find((folder) => folder.title === title);
				if (found !== undefined || folders.length < pageSize) return found?.uid;
			}
		},
		async makeFolder(title) {
			const uid = uidOf(title);
			const answer = await ask("/api/folders", { json: { title, ...(uid !== "" && { uid }) } });
			if (answer.status === 409 || answer.status === 412) throw taken(server, answer, title, uid);
			return dataOf(server, answer, isMade).uid;
		},
		async dashboard(uid) {
			const answer = await ask(`/api/dashboards/uid/${encodeURIComponent(uid)}`);
			if (answer.status === 404) return undefined;
			const { dashboard, meta } = dataOf(server, answer, isStored);
			const { folderUid, provisioned, provisionedExternalId } = meta;
			return {
				content: dashboard,
				folderUid: isText(folderUid) ? folderUid : "",
				provisionedFrom: provisioned === true ? String(provisionedExternalId ?? "") : undefined,
			};
		},
		async save(content, folderUid, overwrite) {
			const message = "pushed by footlight dashboards";
			const answer = await ask("/api/dashboards/db", { json: { dashboard: content, folderUid, overwrite, message } });
			const { url } = dataOf(server, answer, isSaved);
			// With the path that Grafana is served under, where it has one.
			return new URL(url, `${server.base}/`).href;
		},
	};
}

function isFolder(value: unknown): value is { readonly uid: string; readonly title: string } {
	return isMade(value) && "title" in value && isText(value.title);
}

function isMade(value: unknown): value is { readonly uid: string } {
	return isObject(value) && isText(value.uid);
}

interface StoredAnswer {
	readonly dashboard: unknown;
	readonly meta: Readonly<Record<string, unknown>>;
}

function isStored(value: unknown): value is StoredAnswer {
	return isObject(value) && isObject(value.dashboard) && isObject(value.meta);
}

function isSaved(value: unknown): value is { readonly url: string } {
	return isObject(value) && isText(value.url);
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
	const { buildInfo } = (answer.json ?? {}) as { readonly buildInfo?: { readonly version?: unknown } };
	if (isText(buildInfo?.version) && buildInfo.version !== "") return buildInfo.version;
	if (isGrafana) return undefined;
	if (health.status === 404) throw await notServed(server, "/api/health");
	const message = `${server.base} answered ${health.status}, not as Grafana does: ${show(messageOf(health))}`;
	throw new Complaint(message, addressCure(server));
}

function dataOf<T>(server: Server, answer: Answer, isData: Guard<T>): T {
	const { status, json } = answer;
	if (status === 200 && isData(json)) return json;
	if (status === 200) throw strange(server, answer);
	throw new Complaint(`${server.base} answered ${status}: ${messageOf(answer) || "nothing more"}`);
}

function forbidden(server: Server, answer: Answer): Complaint {
	const cure = "Take a token of a service account that is Editor, or may write dashboards and folders.";
	return new Complaint(`${server.base} answered 403: ${messageOf(answer) || "this token may not do that"}`, cure);
}

/** Grafana tells by 409 or 412, with the version, that something else has the uid, or the title. */
function taken(server: Server, answer: Answer, title: string, uid: string): Complaint {
	const cure = `Something else there, perhaps a folder that was renamed or lies in another, has the uid ${show(uid)}: give --folder the title that it has now, or one that is free.`;
	const message = `${server.base} answered ${answer.status} and makes no folder ${show(title)}: ${messageOf(answer)}`;
	return new Complaint(message, cure);
}

/** A uid that says what it is, and is the same everywhere; empty where none can be made of the title. */
function uidOf(title: string): string {
	return title
		.toLowerCase()
		.replaceAll(/[^a-z0-9]+/g, "-")
		.replaceAll(/^-+|-+$/g, "")
		.slice(0, 40);
}
