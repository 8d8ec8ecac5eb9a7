import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { smallerPng } from "./smaller-png.ts";

/** How a page becomes a picture. */
export interface ScreenshotOptions {
	readonly width: number;
	readonly height: number;
	/**
	 * Command or path of a Chromium.
	 * @default `CHROMIUM_PATH` of the environment, else "chromium"
	 */
	readonly chromium?: string;
	/**
	 * Longest it may take.
	 * @default 60_000
	 */
	readonly timeoutMs?: number;
}

/** Takes a picture of a page with a headless Chromium. */
export async function screenshot(htmlFile: string, pngFile: string, options: ScreenshotOptions): Promise<void> {
	const { width, height, chromium = process.env.CHROMIUM_PATH ?? "chromium", timeoutMs = 60_000 } = options;
	const profile = await mkdtemp(join(tmpdir(), "footlight-picture-"));
	const taken = join(profile, "page.png");
	try {
		const child = spawn(
			chromium,
			[
				"--headless",
				"--no-sandbox", // root has no other choice, and the page is ours
				"--disable-gpu",
				"--disable-quic",
				"--disable-background-networking",
				"--disable-component-update",
				"--disable-sync",
				"--no-first-run",
				"--hide-scrollbars",
				"--force-color-profile=srgb",
				"--force-device-scale-factor=1",
				`--user-data-dir=${profile}`,
				`--window-size=${width},${height}`,
				`--screenshot=${taken}`,
				pathToFileURL(htmlFile).href,
			],
			{ stdio: ["ignore", "ignore", "pipe"], timeout: timeoutMs, killSignal: "SIGKILL" },
		);
		let said = "";
		child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
		const [code, signal] = await once(child, "close").catch((error: Error) => {
			throw new Error(`no picture without Chromium: install it, or name it in CHROMIUM_PATH (${error.message})`);
		});
		const png = await readFile(taken).catch(() => {
			throw new Error(`${chromium} made no picture (${code ?? signal}):\n${said.slice(-2_000)}`);
		});
		await writeFile(pngFile, smallerPng(png));
	} finally {
		await rm(profile, { recursive: true, force: true, maxRetries: 5 });
	}
}
