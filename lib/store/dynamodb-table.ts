// SPDX-License-Identifier: MIT
import {
  CreateTableCommand,
  DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import type { CreateTableCommandInput, GlobalSecondaryIndex } from '@aws-sdk/client-dynamodb';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { StoreFault, indexNames } from './store.ts';
import type { IndexName } from './store.ts';

export interface DynamoDbOptions {
  readonly table: string;
  /** A server other than the one the SDK finds by itself. On this machine's own address no credentials are needed. */
  readonly endpoint?: string;
  readonly region?: string;
  /** Milliseconds one try may take. Writes and reads are tried three times. */
  readonly timeoutMs?: number;
}

export function createDynamoDbClient(options: DynamoDbOptions): DynamoDBClient {
  const { endpoint, region, timeoutMs = 3_000 } = options;
  const sockets = { keepAlive: true, maxSockets: 256, scheduling: 'lifo' as const };
  return new DynamoDBClient({
    ...(region && { region }),
    ...(endpoint && { endpoint }),
    ...(endpoint && isLoopback(endpoint) && localAccess(region)),
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: Math.min(1_000, timeoutMs),
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      httpAgent: new HttpAgent(sockets),
      httpsAgent: new HttpsAgent(sockets),
    },
  });
}

export const partitionAttribute = (index: IndexName): string => `${index}_partition`;
export const sortAttribute = (index: IndexName): string => `${index}_sort`;

/**
 * The table as the store needs it; cloud resources are checked against this. Indexes hold keys only: a write that
 * moves no entry costs one write, and queries read the items themselves, consistently.
 */
export function tableDefinition(table: string): CreateTableCommandInput {
  const attributes = indexNames.flatMap((name) => [partitionAttribute(name), sortAttribute(name)]);
  return {
    TableName: table,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: ['key', ...attributes].map((name) => ({ AttributeName: name, AttributeType: 'S' })),
    KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
    GlobalSecondaryIndexes: indexNames.map((name): GlobalSecondaryIndex => ({
      IndexName: name,
      KeySchema: [
        { AttributeName: partitionAttribute(name), KeyType: 'HASH' },
        { AttributeName: sortAttribute(name), KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    })),
  };
}

/** Makes the table where there is none, and resolves once it can be used. For local servers; on AWS the stack makes it. */
export async function createTable(options: DynamoDbOptions): Promise<'created' | 'exists'> {
  const client = createDynamoDbClient(options);
  try {
    const made = await client.send(new CreateTableCommand(tableDefinition(options.table))).then(
      () => 'created' as const,
      (error: unknown) => {
        if (error instanceof ResourceInUseException) return 'exists' as const;
        throw error;
      },
    );
    await waitUntilTableExists(
      { client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 },
      { TableName: options.table },
    );
    return made;
  } catch (cause) {
    throw new StoreFault(
      'store_unavailable',
      `cannot make the table ${options.table}: ${String(cause)}`,
      cause,
    );
  } finally {
    client.destroy();
  }
}

function isLoopback(endpoint: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(endpoint).hostname);
}

function localAccess(region = 'us-east-1') {
  return { region, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
}
