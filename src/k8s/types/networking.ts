import type { Condition, KubeObject } from "./meta.ts";

export interface ServiceCidr extends KubeObject {
  readonly spec?: { readonly cidrs?: readonly string[] };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** One that is taken; its name is the address. */
export interface IpAddress extends KubeObject {
  readonly spec?: {
    readonly parentRef?: {
      readonly group?: string;
      readonly resource: string;
      readonly namespace?: string;
      readonly name: string;
    };
  };
}
