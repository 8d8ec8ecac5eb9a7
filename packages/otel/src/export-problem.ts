const reasons: Readonly<Record<string, string>> = {
	ECONNREFUSED: "connection refused: nothing listens there",
	ENOTFOUND: "the host name is not known",
	EAI_AGAIN: "the host name cannot be resolved now",
	ETIMEDOUT: "no answer",
	ENETUNREACH: "the network is unreachable",
	EHOSTUNREACH: "the host is unreachable",
};

/** How a server's answer is told, so that it can be told apart from failures of the network. */
const answered = "the server answered";

/** Failures of the network in words; undefined for answers of a server, and for anything else. */
export function networkProblem(error: unknown): string | undefined {
	const code = (error as { code?: unknown } | null)?.code;
	if (typeof code !== "string") return undefined;
	return reasons[code] ?? (/^E[A-Z]+$/.test(code) ? code : undefined);
}

/** An exporter's error in words: what the network or the server said. */
export function exportProblem(error: Error | undefined): string {
	const network = networkProblem(error);
	if (network !== undefined) return network;
	const { code, message = "" } = (error ?? {}) as { code?: unknown; message?: string };
	if (typeof code === "number" && code >= 100) return `${answered} ${code}${message ? ` ${message}` : ""}`;
	return message || "the export failed";
}

/** True for what a server has answered: to one signal, not to all that go there. */
export function isAnswer(problem: string): boolean {
	return problem.startsWith(answered);
}
