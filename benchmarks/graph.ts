/** A graph of nodes by number; each depends on nodes before it. */
export interface Graph {
	readonly size: number;
	readonly dependencies: readonly (readonly number[])[];
}

/** What each node does with the sum of what its dependencies gave. */
export type Node = (sum: number) => number | Promise<number>;

/** Runs the whole graph once, and gives what its last node gave. */
export type RunGraph = () => Promise<number>;

/** What a file of `subject/runner/` exports: it gets a graph ready, so that only running it is timed. */
export type Prepare = (graph: Graph, node: Node) => RunGraph | Promise<RunGraph>;

/** A line of nodes, and layers in which each node depends on three of the layer before. */
export const shapes = {
	"linear-10": () => layered(10, 1),
	"dag-100": () => layered(10, 10),
	"dag-1k": () => layered(10, 100),
	"dag-10k": () => layered(100, 100),
	"dag-100k": () => layered(100, 1_000),
	"linear-100k": () => layered(100_000, 1),
} as const;

export type Shape = keyof typeof shapes;

function layered(layers: number, width: number): Graph {
	const size = layers * width;
	const fan = Math.min(3, width);
	const dependencies = Array.from({ length: size }, (_, id) => {
		const layer = Math.floor(id / width);
		if (layer === 0) return [];
		const above = (layer - 1) * width;
		return Array.from({ length: fan }, (_, step) => above + ((id + step) % width));
	});
	return { size, dependencies };
}

const modulus = 1_000_003;

/** Nodes that await once, and nodes that do not. */
export const nodes = {
	async async(sum: number): Promise<number> {
		await undefined;
		return (sum + 1) % modulus;
	},
	sync: (sum: number): number => (sum + 1) % modulus,
} as const;

/** What the last node has to give. */
export function expected({ size, dependencies }: Graph): number {
	const values: number[] = [];
	for (const needed of dependencies) values.push(nodes.sync(sumOf(needed, values)));
	return values[size - 1] as number;
}

export function sumOf(needed: readonly number[], values: readonly number[]): number {
	let sum = 0;
	for (const id of needed) sum += values[id] as number;
	return sum;
}
