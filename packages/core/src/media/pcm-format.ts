import { knownOptions, oneOf, positiveInteger, refuse } from "../option.ts";

const bytesPerSample = {
	pcm_s8: 1,
	pcm_u8: 1,
	pcm_mulaw: 1,
	pcm_alaw: 1,
	pcm_s16le: 2,
	pcm_s16be: 2,
	pcm_s24le: 3,
	pcm_s24be: 3,
	pcm_s32le: 4,
	pcm_s32be: 4,
	pcm_f32le: 4,
	pcm_f32be: 4,
	pcm_f64le: 8,
	pcm_f64be: 8,
} as const;

/** How one sample is written, by the names that FFmpeg has for it. */
export type PcmEncoding = keyof typeof bytesPerSample;

/** Audio of samples that all take the same room, those of all channels of one moment beside each other. */
export interface PcmFormat {
	readonly encoding: PcmEncoding;
	readonly sampleRateHz: number;
	/** @default 1 */
	readonly channels?: number;
}

const encodings = Object.keys(bytesPerSample) as PcmEncoding[];

export function checkPcmFormat(where: string, format: unknown): PcmFormat {
	if (format === undefined) refuse(TypeError, where, "an object", format);
	knownOptions(where, format, ["encoding", "sampleRateHz", "channels"]);
	const { encoding, sampleRateHz, channels } = format as Partial<PcmFormat>;
	oneOf(`${where}.encoding`, encoding, encodings);
	positiveInteger(`${where}.sampleRateHz`, sampleRateHz);
	if (channels !== undefined) positiveInteger(`${where}.channels`, channels);
	return format as PcmFormat;
}

/** Bytes of a frame: one sample of each channel. */
export function frameBytesOf({ encoding, channels = 1 }: PcmFormat): number {
	return bytesPerSample[encoding] * channels;
}
