import type { NodeStatus } from "../k8s/types/core.ts";

type Images = NodeStatus["images"];

/** How often a kubelet looks which images it has (`pkg/kubelet/images/image_gc_manager.go`). */
const refreshMs = 30_000;
/** `nodeStatusMaxImages`: how many a status names at most. */
const namedMax = 50;
/** How many are remembered, so that a node that has seen many pods does not grow for ever. */
const rememberedMax = 500;

/** The images of one node. A status names those that the last look has found. */
export class PulledImages {
  readonly #startedMs: number;
  /** By image: from when on a status names it. */
  readonly #visibleFromMs = new Map<string, number>();
  #named = 0;
  #images: Images;

  /** Times are monotonic, in milliseconds. */
  constructor(startedMs: number) {
    this.#startedMs = startedMs;
  }

  add(image: string, nowMs: number): void {
    if (this.#visibleFromMs.has(image) || this.#visibleFromMs.size === rememberedMax) return;
    const looks = Math.floor((nowMs - this.#startedMs) / refreshMs) + 1;
    this.#visibleFromMs.set(image, this.#startedMs + looks * refreshMs);
  }

  /** The same object as long as nothing has been added; undefined while there are none. */
  named(nowMs: number): Images {
    if (this.#named === this.#visibleFromMs.size) return this.#images;
    const names: string[] = [];
    for (const [image, fromMs] of this.#visibleFromMs) if (fromMs <= nowMs) names.push(image);
    if (names.length === this.#named) return this.#images;
    this.#named = names.length;
    // By size, and then by name, from the last to the first: hollow images have no size.
    names.sort((left, right) => (left < right ? 1 : -1));
    this.#images = names.slice(0, namedMax).map((name) => ({ names: [name] }));
    return this.#images;
  }
}
