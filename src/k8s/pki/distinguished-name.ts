import { derObjectIdentifier, derSequence, derSetOf, derUtf8String } from "./der.ts";
import { type DerValue, readDerValues, readObjectIdentifier } from "./der-reader.ts";

/**
 * A distinguished name. Kubernetes reads the user from the common name, the groups from the
 * organizations.
 */
export interface Subject {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

const oid = { commonName: "2.5.4.3", organization: "2.5.4.10" } as const;

export function encodeName({ commonName, organizations }: Subject): Buffer {
  return derSequence(
    ...organizations.map((name) => encodeAttribute(oid.organization, name)),
    encodeAttribute(oid.commonName, commonName),
  );
}

function encodeAttribute(type: string, value: string): Buffer {
  return derSetOf(derSequence(derObjectIdentifier(type), derUtf8String(value)));
}

/** The parts of an encoded name that matter to Kubernetes. @throws DerError */
export function nameAttributes(name: DerValue | undefined): Subject {
  let commonName = "";
  const organizations: string[] = [];
  for (const set of readDerValues(name?.content ?? new Uint8Array())) {
    for (const attribute of readDerValues(set.content)) {
      const [type, value] = readDerValues(attribute.content);
      if (type === undefined || value === undefined) continue;
      const text = Buffer.from(value.content).toString("utf8");
      const key = readObjectIdentifier(type.content);
      if (key === oid.commonName) commonName = text;
      else if (key === oid.organization) organizations.push(text);
    }
  }
  return { commonName, organizations };
}
