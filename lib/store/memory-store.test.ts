// SPDX-License-Identifier: MIT
import { describeStore } from './conformance.ts';
import { MemoryStore } from './memory-store.ts';

describeStore('memory', {
  durable: false,
  async create() {
    const store = new MemoryStore();
    return { open: async () => store, dispose: () => store.close() };
  },
});
