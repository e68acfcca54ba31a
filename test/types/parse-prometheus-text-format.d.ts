/** The package has no types of its own. */
declare module "parse-prometheus-text-format" {
  interface PrometheusFamily {
    readonly name: string;
    readonly help: string;
    readonly type: "COUNTER" | "GAUGE" | "HISTOGRAM" | "SUMMARY" | "UNTYPED";
    readonly metrics: readonly {
      readonly value?: string;
      readonly labels?: Readonly<Record<string, string>>;
      readonly buckets?: Readonly<Record<string, string>>;
      readonly count?: string;
      readonly sum?: string;
    }[];
  }
  /** Reads the text format of Prometheus. @throws Error with the line that it cannot read */
  function parsePrometheusTextFormat(text: string): readonly PrometheusFamily[];

  export default parsePrometheusTextFormat;
}
