import { expect, test } from "vitest";
import { slowStart } from "./slow-start.ts";

/** Records how many actions run at the same time in each batch. */
async function batches(count: number, failAt?: number): Promise<readonly number[]> {
  const sizes: number[] = [];
  let running = 0;
  await slowStart(count, async (index) => {
    running += 1;
    await Promise.resolve();
    if (running > 0) sizes.push(running);
    running = 0;
    if (index === failAt) throw new Error("refused");
  });
  return sizes;
}

test("batches double as long as all goes well", async () => {
  expect(await batches(10)).toEqual([1, 2, 4, 3]);
});

test("after a failure nothing more is started", async () => {
  expect(await batches(10, 1)).toEqual([1, 2]);
  const result = await slowStart(10, async (index) => {
    if (index >= 1) throw new Error(`refused ${index}`);
  });
  expect(result).toMatchObject({ started: 3, succeeded: 1 });
  expect(result.error).toEqual(new Error("refused 1"));
});
