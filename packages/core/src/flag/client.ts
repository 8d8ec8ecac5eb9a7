import type { Call } from "../call.ts";

/** For whom a flag is evaluated: an evaluation context of OpenFeature. */
export type FlagContext = { targetingKey?: string } & Record<string, FlagContextValue>;

export type FlagContextValue =
	| null
	| boolean
	| number
	| string
	| FlagContextValue[]
	| { [name: string]: FlagContextValue };

/** What an evaluation gave, as OpenFeature has it. */
export interface FlagDetails {
	readonly value: boolean;
	readonly variant?: string | undefined;
	readonly reason?: string | undefined;
	readonly errorCode?: string | undefined;
	readonly errorMessage?: string | undefined;
	readonly flagMetadata?: Readonly<Record<string, string | number | boolean>> | undefined;
}

/** Evaluates flags: a client of OpenFeature's server SDK, or what has its shape. */
export interface FlagClient {
	getBooleanDetails(flag: string, defaultValue: boolean, context: FlagContext): Promise<FlagDetails>;
	readonly metadata?: { readonly providerMetadata?: { readonly name?: string } };
}

/** Says whether a flag is on, without a client. */
export type FlagFunction = (call: Call) => boolean | Promise<boolean>;

export function isFlagClient(client: FlagClient | FlagFunction): client is FlagClient {
	return typeof (client as Partial<FlagClient>).getBooleanDetails === "function";
}

/** Who evaluates the flags of a client at this moment; undefined where it does not say. */
export function providerNameOf(client: FlagClient | FlagFunction): string | undefined {
	try {
		const name: unknown = (client as Partial<FlagClient>).metadata?.providerMetadata?.name;
		return typeof name === "string" && name !== "" ? name : undefined;
	} catch {
		// Of the telemetry this is the least.
		return undefined;
	}
}

/** The ids of a call as a context: the user is whom a flag is evaluated for. */
export function contextOf({ ids: { userId, sessionId, organizationId } }: Call): FlagContext {
	return {
		...(userId !== undefined && { targetingKey: userId }),
		...(sessionId !== undefined && { sessionId }),
		...(organizationId !== undefined && { organizationId }),
	};
}
