import type { KubeObject } from "./meta.ts";

export interface CsiNode extends KubeObject {
  readonly spec: {
    readonly drivers:
      | readonly {
          readonly name: string;
          readonly nodeID: string;
          readonly topologyKeys?: readonly string[];
        }[]
      | null;
  };
}
