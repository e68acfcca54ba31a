import fc from "fast-check";
import { expect, test } from "vitest";
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatMilli,
  formatQuantity,
  formatUnits,
  parseQuantity,
  QuantityError,
  type QuantityFormat,
  quantityFault,
  quantityMilli,
  quantityValue,
} from "./quantity.ts";

test.each([
  { text: "0", canonical: "0" },
  { text: "0Gi", canonical: "0" },
  { text: "-0", canonical: "0" },
  { text: "1", canonical: "1" },
  { text: "0.5", canonical: "500m" },
  { text: "1.5", canonical: "1500m" },
  { text: "1000m", canonical: "1" },
  { text: "1000", canonical: "1k" },
  { text: "100000", canonical: "100k" },
  { text: "1.G", canonical: "1G" },
  { text: ".5Gi", canonical: "512Mi" },
  { text: "1024Mi", canonical: "1Gi" },
  { text: "1000Ki", canonical: "1000Ki" },
  { text: "0.5Ki", canonical: "512" },
  { text: "0.001Ki", canonical: "1024m" },
  { text: "1e3", canonical: "1e3" },
  { text: "1500e-3", canonical: "1500e-3" },
  { text: "12E6", canonical: "12e6" },
  { text: "1E", canonical: "1E" },
  { text: "-1.5Gi", canonical: "-1536Mi" },
  { text: "0.1n", canonical: "1n" },
  { text: "16Ei", canonical: "9223372036854775807" },
])("$text is stored as $canonical", ({ text, canonical }) => {
  expect(canonicalQuantity(text)).toBe(canonical);
});

test.each(["", " 1", "1 ", "abc", "1.1.M", "1+1.0M", ".", "9".repeat(300)])(
  "%j is no number",
  (text) => {
    expect(quantityFault(text)).toBe(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
    expect(parseQuantity(text)).toBeUndefined();
  },
);

test.each(["1-", "1i", "1Mi3", "1ki", "1e", "1e99999"])("%j has no such suffix", (text) => {
  expect(quantityFault(text)).toBe("unable to parse quantity's suffix");
});

test.each([
  { text: "250m", milli: 250, units: 1 },
  { text: "2", milli: 2_000, units: 2 },
  { text: "1.5", milli: 1_500, units: 2 },
  { text: "0.1m", milli: 1, units: 1 },
  { text: "-0.5", milli: -500, units: -1 },
  { text: "256Gi", milli: 256 * 1024 ** 3 * 1_000, units: 256 * 1024 ** 3 },
  { text: "1Ti", milli: 1024 ** 4 * 1_000, units: 1024 ** 4 },
  { text: "3k", milli: 3e6, units: 3_000 },
])("$text is $milli thousandths, $units units", ({ text, milli, units }) => {
  expect(quantityMilli(text)).toBe(milli);
  expect(quantityValue(text)).toBe(units);
});

test("an amount of a text that is no quantity is an error that shows it", () => {
  expect(() => quantityMilli("1x")).toThrow(QuantityError);
  expect(() => quantityValue("1x")).toThrow('"1x"');
});

test("amounts are formatted", () => {
  expect(formatMilli(1_500)).toBe("1500m");
  expect(formatMilli(2_000)).toBe("2");
  expect(formatUnits(256 * 1024 ** 3, "BinarySI")).toBe("256Gi");
});

const quantity = fc.record({
  nano: fc.bigInt({ min: -(10n ** 27n), max: 10n ** 27n }),
  format: fc.constantFrom<QuantityFormat>("DecimalSI", "BinarySI", "DecimalExponent"),
});

test("the canonical text says the same amount, and is its own canonical text", () => {
  fc.assert(
    fc.property(quantity, (value) => {
      const text = formatQuantity(value);
      expect(parseQuantity(text)?.nano).toBe(value.nano);
      expect(canonicalQuantity(text)).toBe(text);
    }),
  );
});

test("the order of quantities is the order of what they add up to", () => {
  fc.assert(
    fc.property(quantity, quantity, quantity, (a, b, c) => {
      expect(Math.sign(compareQuantities(a, b))).toBe(
        Math.sign(compareQuantities(addQuantities(a, c), addQuantities(b, c))),
      );
    }),
  );
});

test("the quick way for common texts agrees with the exact one", () => {
  const suffixes = fc.constantFrom("m", "", "k", "M", "Ki", "Mi", "Gi");
  fc.assert(
    fc.property(fc.nat({ max: 99_999 }), suffixes, (number, suffix) => {
      const text = `${number}${suffix}`;
      expect(BigInt(quantityMilli(text)) * 1_000_000n).toBe(parseQuantity(text)?.nano);
    }),
  );
});
