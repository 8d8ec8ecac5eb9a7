import { run } from "../run.ts";

/** What a command line came to. */
export interface Ended {
	readonly code: number;
	readonly stdout: string;
	readonly stderr: string;
}

/** Runs `footlight dashboards` in this process. */
export async function dashboards(...parameters: string[]): Promise<Ended> {
	let stdout = "";
	let stderr = "";
	const code = await run(["dashboards", ...parameters], {
		write: (text) => {
			stdout += text;
		},
		complain: (text) => {
			stderr += text;
		},
	});
	return { code, stdout, stderr };
}
