/**
 * Amounts as Kubernetes writes them: `500m`, `1.5Gi`, `1e3`. The rules are those of
 * `apimachinery/pkg/api/resource`; the one difference is that every text has the canonical form,
 * where Go keeps some texts (`1.500`, `+1`) as they were written.
 */
export type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent";

export interface Quantity {
  /** In billionths, the finest that Kubernetes keeps. */
  readonly nano: bigint;
  /** The family of suffixes to print it with. */
  readonly format: QuantityFormat;
}

/** A text that is no quantity. The message is Kubernetes' own, after the text in quotes. */
export class QuantityError extends Error {
  override readonly name = "QuantityError";
}

const nanoPerUnit = 1_000_000_000n;
const nanoPerMilli = 1_000_000n;
const binaryMax = (2n ** 63n - 1n) * nanoPerUnit;
/** A larger exponent is no amount of anything; without a bound `1e999999999` would take the memory. */
const exponentMax = 1_000;
const textLengthMax = 256;

const decimalSuffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/** The quantity, or undefined for what is none. Amounts below a billionth are rounded up to it. */
export function parseQuantity(text: string): Quantity | undefined {
  const parsed = parse(text);
  return typeof parsed === "string" ? undefined : parsed;
}

/** Why the text is no quantity, as the API server says it; undefined if it is one. */
export function quantityFault(text: string): string | undefined {
  const parsed = parse(text);
  return typeof parsed === "string" ? parsed : undefined;
}

/** The form in which the API server stores a quantity; undefined for what is none. */
export function canonicalQuantity(text: string): string | undefined {
  const quantity = parseQuantity(text);
  return quantity && formatQuantity(quantity);
}

/** In thousandths, rounded away from zero. @throws QuantityError */
export function quantityMilli(text: string): number {
  return plainMilli(text) ?? roundedTo(nanoPerMilli, text);
}

/** In units, rounded away from zero: bytes, cores, pods. @throws QuantityError */
export function quantityValue(text: string): number {
  const milli = plainMilli(text);
  return milli === undefined ? roundedTo(nanoPerUnit, text) : Math.ceil(milli / 1_000);
}

/** An amount given in thousandths: `formatMilli(1500)` is `1500m`, of 2000 it is `2`. */
export function formatMilli(milli: number, format: QuantityFormat = "DecimalSI"): string {
  return formatQuantity({ nano: BigInt(Math.round(milli)) * nanoPerMilli, format });
}

/** An amount given in units: `formatUnits(1024, "BinarySI")` is `1Ki`. */
export function formatUnits(units: number, format: QuantityFormat = "DecimalSI"): string {
  return formatQuantity({ nano: BigInt(Math.round(units)) * nanoPerUnit, format });
}

/** Below, equal or above: a negative number, zero, or a positive one. */
export function compareQuantities(left: Quantity, right: Quantity): number {
  if (left.nano === right.nano) return 0;
  return left.nano < right.nano ? -1 : 1;
}

/** The sum, in the format of the first unless that is zero. */
export function addQuantities(left: Quantity, right: Quantity): Quantity {
  return { nano: left.nano + right.nano, format: left.nano === 0n ? right.format : left.format };
}

/** The canonical text: no fraction, the largest suffix that allows that. */
export function formatQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return "0";
  const size = nano < 0n ? -nano : nano;
  const sign = nano < 0n ? "-" : "";
  if (format === "BinarySI" && size >= 1024n * nanoPerUnit && size % nanoPerUnit === 0n) {
    const [number, steps] = divideWhole(size / nanoPerUnit, 1024n, binarySuffixes.length - 1);
    return `${sign}${number}${binarySuffixes[steps] ?? ""}`;
  }
  if (format === "DecimalExponent") {
    const [number, steps] = divideWhole(size, 1000n, Number.MAX_SAFE_INTEGER);
    return steps === 3 ? `${sign}${number}` : `${sign}${number}e${steps * 3 - 9}`;
  }
  const [number, steps] = divideWhole(size, 1000n, decimalSuffixes.length - 1);
  return `${sign}${number}${decimalSuffixes[steps] ?? ""}`;
}

/** Divides while nothing remains, at most `stepsMax` times. */
function divideWhole(number: bigint, by: bigint, stepsMax: number): readonly [bigint, number] {
  let rest = number;
  let steps = 0;
  while (steps < stepsMax && rest % by === 0n) {
    rest /= by;
    steps += 1;
  }
  return [rest, steps];
}

/** By suffix, in thousandths: the factors of the quick way. */
const plainFactors: Readonly<Record<string, number>> = {
  m: 1,
  "": 1_000,
  k: 1e6,
  M: 1e9,
  Ki: 1024e3,
  Mi: 1024 ** 2 * 1e3,
  Gi: 1024 ** 3 * 1e3,
};

/** The quick way for what nearly all pods and nodes say: few digits and a common suffix. */
function plainMilli(text: string): number | undefined {
  const match = /^(\d{1,5})(m|k|M|Ki|Mi|Gi|)$/.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * (plainFactors[match[2] ?? ""] ?? Number.NaN);
}

function roundedTo(unit: bigint, text: string): number {
  const parsed = parse(text);
  if (typeof parsed === "string") throw new QuantityError(`"${text}": ${parsed}`);
  const { nano } = parsed;
  const whole = nano / unit;
  if (whole * unit === nano) return Number(whole);
  return Number(nano < 0n ? whole - 1n : whole + 1n);
}

const faults = {
  format:
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  suffix: "unable to parse quantity's suffix",
};

// The same few amounts come again and again, with each node and each pod.
const parsedTexts = new Map<string, Quantity | string>();
const parsedTextsMax = 1_000;

function parse(text: string): Quantity | string {
  let parsed = parsedTexts.get(text);
  if (parsed === undefined) {
    parsed = parseAnew(text);
    if (parsedTexts.size >= parsedTextsMax) parsedTexts.clear();
    parsedTexts.set(text, parsed);
  }
  return parsed;
}

function parseAnew(text: string): Quantity | string {
  if (text.length > textLengthMax) return faults.format;
  const match = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/.exec(text);
  if (match === null) return faults.format;
  const [, sign, whole = "", fraction = "", suffix = ""] = match;
  if (whole === "" && fraction === "") return faults.format;
  const scale = parseSuffix(suffix);
  if (scale === undefined) return faults.suffix;
  // The amount is digits × 10^(decimals + 9) × factor billionths.
  const digits = BigInt(whole + fraction) * scale.factor;
  const decimals = scale.exponent + 9 - fraction.length;
  let nano = decimals >= 0 ? digits * 10n ** BigInt(decimals) : divideUp(digits, -decimals);
  if (scale.format === "BinarySI" && nano > binaryMax) nano = binaryMax;
  const belowOne = nano < nanoPerUnit && scale.format === "BinarySI";
  return { nano: sign === "-" ? -nano : nano, format: belowOne ? "DecimalSI" : scale.format };
}

interface Scale {
  readonly factor: bigint;
  /** Of ten. */
  readonly exponent: number;
  readonly format: QuantityFormat;
}

function parseSuffix(suffix: string): Scale | undefined {
  const decimal = decimalSuffixes.indexOf(suffix);
  if (decimal >= 0) return { factor: 1n, exponent: decimal * 3 - 9, format: "DecimalSI" };
  const binary = binarySuffixes.indexOf(suffix);
  if (binary >= 0) return { factor: 1024n ** BigInt(binary), exponent: 0, format: "BinarySI" };
  const digits = /^[eE]([-+]?\d+)$/.exec(suffix)?.[1];
  const exponent = Number(digits ?? Number.NaN);
  if (!(Math.abs(exponent) <= exponentMax)) return undefined;
  return { factor: 1n, exponent, format: "DecimalExponent" };
}

/** If you ask for some, you get some: what is below the finest amount becomes the finest. */
function divideUp(digits: bigint, places: number): bigint {
  const divisor = 10n ** BigInt(places);
  return (digits + divisor - 1n) / divisor;
}
