/** Grafana's colours by name, in its dark theme. */
const named: Readonly<Record<string, string>> = {
	...shades("red", "#FFA6B0", "#FF7383", "#F2495C", "#E02F44", "#C4162A"),
	...shades("orange", "#FFCB7D", "#FFB357", "#FF9830", "#FF780A", "#FA6400"),
	...shades("yellow", "#FFF899", "#FFEE52", "#FADE2A", "#F2CC0C", "#E0B400"),
	...shades("green", "#C8F2C2", "#96D98D", "#73BF69", "#56A64B", "#37872D"),
	...shades("blue", "#C0D8FF", "#8AB8FF", "#5794F2", "#3274D9", "#1F60C4"),
	...shades("purple", "#DEB6F2", "#CA95E5", "#B877D9", "#A352CC", "#8F3BB8"),
	text: "#CCCCDC",
	transparent: "rgba(0,0,0,0)",
};

function shades(name: string, ...[superLight, light, base, semiDark, dark]: string[]): Record<string, string> {
	return {
		[`super-light-${name}`]: superLight as string,
		[`light-${name}`]: light as string,
		[name]: base as string,
		[`semi-dark-${name}`]: semiDark as string,
		[`dark-${name}`]: dark as string,
	};
}

/** Colours of series that have none of their own, in their order. */
const classic = ["", "dark-", "super-light-", "light-", "semi-dark-"].flatMap((shade) =>
	["green", "yellow", "blue", "orange", "red", "purple"].map((name) => `${shade}${name}`),
);

/** The dark theme's other colours. */
export const theme = {
	canvas: "#111217",
	panel: "#181B1F",
	text: "#CCCCDC",
	textWeak: "rgba(204,204,220,0.65)",
	border: "rgba(204,204,220,0.12)",
	grid: "rgba(240,250,255,0.09)",
	font: "Inter",
} as const;

/** Gives a colour that CSS knows for one that Grafana knows. */
export function colorOf(name: string): string {
	return named[name] ?? name;
}

/** Gives the colour of the series at this place where nothing else says one. */
export function classicColor(index: number): string {
	return colorOf(classic[index % classic.length] as string);
}

/** Red, green and blue, each from 0 to 255. */
function channels(color: string): readonly [number, number, number] {
	const digits = Number.parseInt(color.slice(1, 7), 16);
	return [digits >> 16, (digits >> 8) & 255, digits & 255];
}

/** Makes a colour (as `#73BF69`) transparent; opacity from 0 to 1. */
export function withOpacity(color: string, opacity: number): string {
	if (!color.startsWith("#")) return color;
	return `rgba(${channels(color).join(",")},${opacity})`;
}

/** Says which text can be read on this colour. */
export function textColorOn(color: string): string {
	const [red, green, blue] = channels(color);
	const brightness = (red * 299 + green * 587 + blue * 114) / 1_000;
	return brightness > 180 ? "#202226" : "#FFFFFF";
}

const heat = [
	[0, "#4A1B05"],
	[0.25, "#A63603"],
	[0.5, "#E6550D"],
	[0.75, "#FDAE6B"],
	[1, "#FEEDDE"],
] as const;

/** Gives the colour of a cell of a heatmap; share from 0 to 1. */
export function heatColor(share: number): string {
	const above = heat.findIndex(([from]) => from >= share);
	if (above <= 0) return above === 0 ? heat[0][1] : (heat.at(-1) as (typeof heat)[number])[1];
	const [low, lowColor] = heat[above - 1] as (typeof heat)[number];
	const [high, highColor] = heat[above] as (typeof heat)[number];
	const [from, to] = [channels(lowColor), channels(highColor)];
	const mix = (share - low) / (high - low);
	return `#${from
		.map((channel, index) => Math.round(channel + ((to[index] as number) - channel) * mix))
		.map((channel) => channel.toString(16).padStart(2, "0"))
		.join("")}`;
}
