/** Sets of members by a value: empty sets are not kept. */
export class SetIndex<Member> {
  readonly #sets = new Map<string, Set<Member>>();

  add(value: string, member: Member): void {
    const set = this.#sets.get(value);
    if (set === undefined) this.#sets.set(value, new Set([member]));
    else set.add(member);
  }

  delete(value: string, member: Member): void {
    const set = this.#sets.get(value);
    if (set?.delete(member) && set.size === 0) this.#sets.delete(value);
  }

  get(value: string): ReadonlySet<Member> | undefined {
    return this.#sets.get(value);
  }
}
