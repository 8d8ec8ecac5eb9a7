import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { root } from "../scripts/command.ts";

const keptLines = 40;
const pollMs = 250;

export interface ServiceOptions {
	/** What it is called in messages. */
	readonly name: string;
	readonly command: string;
	readonly args: readonly string[];
	readonly env?: NodeJS.ProcessEnv;
	/** Address that answers with 200 when the program is ready. */
	readonly readyUrl: string;
	/** @default 60_000 */
	readonly readyWithinMs?: number;
	/** @default "SIGTERM" */
	readonly stopSignal?: NodeJS.Signals;
	/** How long it may take to end when it is asked to. @default 15_000 */
	readonly graceMs?: number;
}

/** A program that runs as a child of this process. */
export interface Service {
	readonly name: string;
	/** What it wrote to standard output so far. */
	stdout(): string;
	/** The last lines it wrote, for a message. */
	lastLines(): string;
	/** Resolves to its exit code, or the signal that ended it, when it ends of itself or otherwise. */
	readonly ended: Promise<number | NodeJS.Signals>;
	/** Asks it to end, and ends it where it does not; resolves to its exit code, or the signal that ended it. */
	stop(): Promise<number | NodeJS.Signals>;
}

const running = new Set<ChildProcess>();
// Whatever this process ends of, and wherever it was, what it has started does not outlive it.
process.once("exit", () => {
	for (const child of running) child.kill("SIGKILL");
});

/** Starts a program and waits until it answers; rejects with its last lines where it ends before, or takes too long. */
export async function startService(options: ServiceOptions): Promise<Service> {
	const { name, command, args, env = process.env, readyUrl } = options;
	const { readyWithinMs = 60_000, stopSignal = "SIGTERM", graceMs = 15_000 } = options;
	const child = spawn(command, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
	running.add(child);
	child.once("exit", () => running.delete(child));
	const ended = once(child, "exit").then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
	ended.catch(() => {}); // a program that cannot be started rejects below
	let stdout = "";
	let lines: string[] = [];
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding("utf8").on("data", (text: string) => {
			if (stream === child.stdout) stdout += text;
			lines = [...lines, ...text.split("\n")].slice(-keptLines);
		});
	}
	const isRunning = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;

	const service: Service = {
		...{ name, ended },
		stdout: () => stdout,
		lastLines: () => lines.join("\n").trim(),
		async stop() {
			if (isRunning()) child.kill(stopSignal);
			const impatient = setTimeout(() => child.kill("SIGKILL"), graceMs);
			try {
				return await ended;
			} finally {
				clearTimeout(impatient);
			}
		},
	};

	const endMs = performance.now() + readyWithinMs;
	try {
		while (!(await answers(readyUrl))) {
			if (!isRunning()) throw new Error(`stack: ${name} ended with ${await ended}:\n${service.lastLines()}`);
			if (performance.now() > endMs) {
				throw new Error(`stack: ${name} was not ready after ${readyWithinMs / 1_000} s:\n${service.lastLines()}`);
			}
			await wait(pollMs);
		}
	} catch (error) {
		if (isRunning()) await service.stop();
		throw error;
	}
	return service;
}

async function answers(url: string): Promise<boolean> {
	try {
		const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
		await response.body?.cancel();
		return response.ok;
	} catch {
		return false;
	}
}

/** Whether a program could take this port of loopback now. */
export async function isFree(port: number): Promise<boolean> {
	const server = createServer().listen(port, "127.0.0.1");
	try {
		await once(server, "listening");
		return true;
	} catch {
		return false;
	} finally {
		server.close();
	}
}

/** Ports on loopback that were free a moment ago, for programs that cannot say which one they have taken. */
export async function freePorts(count: number): Promise<number[]> {
	const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
	await Promise.all(servers.map((server) => once(server, "listening")));
	const ports = servers.map((server) => (server.address() as AddressInfo).port);
	await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
	return ports;
}
