// SPDX-License-Identifier: MIT
/** Says with which seed a run failed: the same seed makes the same choices again. */
export async function seeded<T>(seed: number, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Error) error.message = `seed ${seed}: ${error.message}`;
    throw error;
  }
}
