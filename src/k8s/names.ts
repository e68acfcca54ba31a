import type { RandomStream } from "../base/random.ts";

/**
 * Checks of names, in the words of `apimachinery/pkg/util/validation`. Each gives a sentence per
 * fault, and nothing for a good name.
 */
type NameCheck = (text: string) => readonly string[];

const suffixLetters = "bcdfghjklmnpqrstvwxz2456789";
const suffixLength = 5;
const nameLengthMax = 63;

/** A name from `generateName`: at most 58 of its characters, then 5 random ones (`names/generate.go`). */
export function generateName(prefix: string, random: RandomStream): string {
  return prefix.slice(0, nameLengthMax - suffixLength) + randomSuffix(random, suffixLength);
}

/** Letters and digits without vowels and look-alikes (`apimachinery/pkg/util/rand`). */
function randomSuffix(random: RandomStream, length: number): string {
  let suffix = "";
  for (let index = 0; index < length; index += 1) {
    suffix += suffixLetters.charAt(random.below(suffixLetters.length));
  }
  return suffix;
}

const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomain = `${label}(\\.${label})*`;
const label1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
const qualified = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const labelValue = `(${qualified})?`;

const labelPattern = new RegExp(`^${label}$`);
const subdomainPattern = new RegExp(`^${subdomain}$`);
const label1035Pattern = new RegExp(`^${label1035}$`);
const qualifiedPattern = new RegExp(`^${qualified}$`);
const labelValuePattern = new RegExp(`^${labelValue}$`);

function tooLong(max: number): string {
  return `must be no more than ${max} characters`;
}

/** The comma and two blanks are Kubernetes' own. */
function notMatching(rule: string, pattern: string, ...examples: readonly string[]): string {
  const quoted = examples.map((example) => `'${example}', `).join(" or ");
  return `${rule} (e.g. ${quoted}regex used for validation is '${pattern}')`;
}

/** A DNS label of RFC 1123: names of namespaces, nodes' host names, containers. */
export const dns1123LabelErrors: NameCheck = (text) => {
  const errors: string[] = [];
  if (text.length > nameLengthMax) errors.push(tooLong(nameLengthMax));
  if (labelPattern.test(text)) return errors;
  if (subdomainPattern.test(text)) return [...errors, "must not contain dots"];
  const rule =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
  return [...errors, notMatching(rule, label, "my-name", "123-abc")];
};

/** A DNS subdomain of RFC 1123: the names of most kinds. */
export const dns1123SubdomainErrors: NameCheck = (text) => {
  const errors: string[] = [];
  if (text.length > 253) errors.push(tooLong(253));
  if (subdomainPattern.test(text)) return errors;
  const rule =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
  return [...errors, notMatching(rule, subdomain, "example.com")];
};

/** A DNS label of RFC 1035: names of Services. */
export const dns1035LabelErrors: NameCheck = (text) => {
  const errors: string[] = [];
  if (text.length > nameLengthMax) errors.push(tooLong(nameLengthMax));
  if (label1035Pattern.test(text)) return errors;
  const rule =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
  return [...errors, notMatching(rule, label1035, "my-name", "abc-123")];
};

/** What any name must be, to stand in a path: names of RBAC objects. */
export const pathSegmentErrors: NameCheck = (text) => {
  if (text === "." || text === "..") return [`may not be '${text}'`];
  return ["/", "%"]
    .filter((part) => text.includes(part))
    .map((part) => `may not contain '${part}'`);
};

/** Keys of labels, annotations and taints: a name, perhaps after a DNS subdomain and `/`. */
export const qualifiedNameErrors: NameCheck = (text) => {
  const rule =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  const fault = notMatching(rule, qualified, "MyName", "my.name", "123-abc");
  const parts = text.split("/");
  if (parts.length > 2) {
    return [
      `a qualified name ${fault} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const name = parts.at(-1) ?? "";
  const errors: string[] = [];
  if (parts.length === 2) {
    const prefix = parts[0] ?? "";
    if (prefix === "") errors.push("prefix part must be non-empty");
    else errors.push(...dns1123SubdomainErrors(prefix).map((error) => `prefix part ${error}`));
  }
  if (name === "") errors.push("name part must be non-empty");
  else if (name.length > nameLengthMax) errors.push(`name part ${tooLong(nameLengthMax)}`);
  if (!qualifiedPattern.test(name)) errors.push(`name part ${fault}`);
  return errors;
};

export const labelValueErrors: NameCheck = (text) => {
  const errors: string[] = [];
  if (text.length > nameLengthMax) errors.push(tooLong(nameLengthMax));
  if (labelValuePattern.test(text)) return errors;
  const rule =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  return [...errors, notMatching(rule, labelValue, "MyValue", "my_value", "12345")];
};
