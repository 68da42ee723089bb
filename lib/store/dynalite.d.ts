// SPDX-License-Identifier: MIT
declare module 'dynalite' {
  import type { Server } from 'node:http';
  /** A DynamoDB-compatible server, in memory or in the folder `path`. */
  export default function dynalite(options?: {
    path?: string;
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
  }): Server;
}
