// SPDX-License-Identifier: MIT
import type { ManagedProcess } from './managed-process.ts';

/** One piece of the world that can be killed and started again on the same ports and files. */
export interface Part {
  readonly name: string;
  process(): ManagedProcess;
  /** kill -9. */
  kill(): Promise<void>;
  /** Starts it where it was killed or stopped; resolves when it answers. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** @param onEnd told when the process ends although nobody asked it to. */
export async function startPart(
  name: string,
  launch: () => Promise<ManagedProcess>,
  onEnd: (name: string, tail: string) => void,
): Promise<Part> {
  let process: ManagedProcess;
  let asked = false;
  const start = async () => {
    asked = false;
    const started = await launch();
    process = started;
    void started.exited.then(() => {
      if (!asked && process === started) onEnd(name, started.tail());
    });
  };
  await start();
  return {
    name,
    process: () => process,
    start,
    async kill() {
      asked = true;
      await process.kill();
    },
    async stop() {
      asked = true;
      await process.stop();
    },
  };
}
