import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface Ended {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
	readonly stdout: string;
	readonly stderr: string;
	readonly durationMs: number;
}

export interface ChildOptions {
	readonly env?: Readonly<Record<string, string | undefined>>;
	readonly cwd?: string;
	/** Arguments of node itself. */
	readonly execArgv?: readonly string[];
	/** What is run: the arguments after those of node. */
	readonly args?: readonly string[];
}

export interface Child {
	readonly process: ChildProcessWithoutNullStreams;
	/** Resolves when the text has been written to stdout. */
	says(text: string): Promise<void>;
	ended(): Promise<Ended>;
}

const packageFolder = fileURLToPath(new URL("..", import.meta.url));
const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(OTEL_|NODE_|VITEST)/.test(name)));

/** Starts node on code (an ES module) or on arguments, with no OTEL_* variables but those given, and no metrics: their port is one for all. */
export function startChild(code: string | undefined, options: ChildOptions = {}): Child {
	const { env, cwd = packageFolder, execArgv = [], args = [] } = options;
	const run = code === undefined ? args : ["--input-type=module", "-e", code, ...args];
	const started = performance.now();
	const child = spawn(process.execPath, ["--conditions=@footlight/source", ...execArgv, ...run], {
		cwd,
		env: { ...clean, OTEL_METRICS_EXPORTER: "none", ...env },
	});
	let stdout = "";
	let stderr = "";
	const listeners = new Set<() => void>();
	child.stdout.setEncoding("utf8").on("data", (text) => {
		stdout += text;
		for (const listener of [...listeners]) listener();
	});
	child.stderr.setEncoding("utf8").on("data", (text) => {
		stderr += text;
	});
	const closed = once(child, "close");
	return {
		process: child,
		says: (text) =>
			new Promise((resolve, reject) => {
				const check = () => {
					if (!stdout.includes(text)) return;
					listeners.delete(check);
					resolve();
				};
				listeners.add(check);
				void closed.then(() => reject(new Error(`ended without saying ${text}; stdout: ${stdout}; stderr: ${stderr}`)));
				check();
			}),
		async ended() {
			const [code, signal] = (await closed) as [number | null, NodeJS.Signals | null];
			return { code, signal, stdout, stderr, durationMs: performance.now() - started };
		},
	};
}

/** Runs code in a process of its own, to its end. */
export function runChild(code: string | undefined, options?: ChildOptions): Promise<Ended> {
	return startChild(code, options).ended();
}
