// SPDX-License-Identifier: MIT
import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import type { AttributeValue, PutItemCommandInput } from '@aws-sdk/client-dynamodb';
import { encodeCursor } from './cursor.ts';
import type { Position } from './cursor.ts';
import { fromAttributes, queryInput, toAttributes } from './dynamodb-form.ts';
import { createDynamoDbClient, sortAttribute } from './dynamodb-table.ts';
import type { DynamoDbOptions } from './dynamodb-table.ts';
import { createEtagSource } from './etag-source.ts';
import { toStoredForm } from './item-form.ts';
import { oneAfterAnother } from './one-after-another.ts';
import { toRange } from './range.ts';
import { StoreFault } from './store.ts';
import type {
  Etag,
  Expectation,
  IndexName,
  Item,
  NewItem,
  Page,
  Put,
  PutResult,
  QueryOptions,
  RemoveResult,
  ScanOptions,
  Store,
} from './store.ts';

const batchSize = 100;
const batchTries = 5;

/** Any DynamoDB-compatible server, with conditional writes to one item and no transactions. */
export class DynamoDbStore implements Store {
  readonly counters = { reads: 0, queries: 0, writes: 0, conflicts: 0 };
  readonly #nextEtag = createEtagSource();
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #writes = new Set<Promise<unknown>>();
  #closed = false;

  constructor(options: DynamoDbOptions) {
    this.#table = options.table;
    this.#client = createDynamoDbClient(options);
  }

  async get(key: string): Promise<Item | null> {
    this.#requireOpen();
    this.counters.reads += 1;
    return this.#read(key);
  }

  async put(item: NewItem, expect: Expectation): Promise<PutResult> {
    this.#requireOpen();
    const form = toStoredForm(item);
    const etag = this.#nextEtag();
    const command = new PutItemCommand({
      TableName: this.#table,
      Item: toAttributes(form, etag),
      ...conditionOf(expect),
    });
    const outcome = await this.#write(() => this.#client.send(command));
    if (outcome === 'landed') return this.#landed({ ok: true, etag });
    if (outcome === 'refused') return this.#conflict();
    // An earlier try may have landed and refused the later one: the item tells by its etag.
    const now = await this.#read(item.key);
    if (now?.etag === etag) return this.#landed({ ok: true, etag });
    throw new StoreFault('store_unavailable', `whether ${item.key} was written is not known`);
  }

  putInOrder(puts: readonly Put[]): Promise<readonly PutResult[]> {
    return oneAfterAnother((item, expect) => this.put(item, expect), puts);
  }

  async remove(key: string, expect: Etag): Promise<RemoveResult> {
    this.#requireOpen();
    const command = new DeleteItemCommand({
      TableName: this.#table,
      Key: { key: { S: key } },
      ...conditionOf(expect),
    });
    const outcome = await this.#write(() => this.#client.send(command));
    if (outcome === 'landed') return this.#landed({ ok: true });
    if (outcome === 'refused') return this.#conflict();
    throw new StoreFault('store_unavailable', `whether ${key} was removed is not known`);
  }

  async query(index: IndexName, partition: string, options: QueryOptions = {}): Promise<Page> {
    this.#requireOpen();
    this.counters.queries += 1;
    const range = toRange(options);
    if (range.empty) return { items: [] };
    const input = queryInput({ table: this.#table, index, partition, range });
    const found = await this.#send(() => this.#client.send(new QueryCommand(input)));
    const positions = (found.Items ?? []).map((attributes) => positionOf(attributes, index));
    const items = await this.#readMany(positions.map(({ key }) => key));
    const current = positions.flatMap(({ key, sort }) => {
      // The index lags behind the items: one that has moved meanwhile is found where it is now.
      const item = items.get(key);
      const entry = item?.index?.[index];
      return item && entry?.partition === partition && entry.sort === sort ? [item] : [];
    });
    const last = found.LastEvaluatedKey;
    return last ? { items: current, next: encodeCursor(positionOf(last, index)) } : { items: current };
  }

  async scan(options: ScanOptions = {}): Promise<Page> {
    this.#requireOpen();
    this.counters.queries += 1;
    const { limit, after } = toRange(options);
    const command = new ScanCommand({
      TableName: this.#table,
      ConsistentRead: true,
      Limit: limit,
      ...(after && { ExclusiveStartKey: { key: { S: after.key } } }),
    });
    const found = await this.#send(() => this.#client.send(command));
    const items = (found.Items ?? []).map(fromAttributes);
    const last = found.LastEvaluatedKey?.['key']?.S;
    return last === undefined ? { items } : { items, next: encodeCursor({ sort: last, key: last }) };
  }

  async ready(): Promise<boolean> {
    if (this.#closed) return false;
    return this.#read('schema').then(
      () => true,
      () => false,
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#writes);
    this.#client.destroy();
  }

  async #read(key: string): Promise<Item | null> {
    const command = new GetItemCommand({
      TableName: this.#table,
      Key: { key: { S: key } },
      ConsistentRead: true,
    });
    const { Item: attributes } = await this.#send(() => this.#client.send(command));
    return attributes ? fromAttributes(attributes) : null;
  }

  async #readMany(keys: readonly string[]): Promise<Map<string, Item>> {
    const items = new Map<string, Item>();
    for (let start = 0; start < keys.length; start += batchSize) {
      let rest = keys.slice(start, start + batchSize);
      for (let idle = 0; rest.length > 0;) {
        const read = await this.#readBatch(rest);
        for (const item of read.items) items.set(item.key, item);
        // The server gives back what did not fit into one answer, or what it had no capacity for.
        idle = read.items.length > 0 ? 0 : idle + 1;
        if (read.rest.length > 0 && idle >= batchTries)
          throw new StoreFault('store_unavailable', 'reads throttled');
        if (read.rest.length > 0 && idle > 0) await pause(50 * 2 ** idle);
        rest = read.rest;
      }
    }
    return items;
  }

  async #readBatch(keys: readonly string[]): Promise<{ items: Item[]; rest: string[] }> {
    const command = new BatchGetItemCommand({
      RequestItems: {
        [this.#table]: { Keys: keys.map((key) => ({ key: { S: key } })), ConsistentRead: true },
      },
    });
    const answer = await this.#send(() => this.#client.send(command));
    const items = (answer.Responses?.[this.#table] ?? []).map(fromAttributes);
    const rest = (answer.UnprocessedKeys?.[this.#table]?.Keys ?? []).flatMap((key) => key['key']?.S ?? []);
    return { items, rest };
  }

  /** `unclear`: the condition failed on a later try, maybe because of an earlier one. */
  async #write(send: () => Promise<unknown>): Promise<'landed' | 'refused' | 'unclear'> {
    const sent = send();
    this.#writes.add(sent);
    try {
      await sent;
      return 'landed';
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw unavailable(error);
      return (error.$metadata.attempts ?? 1) > 1 ? 'unclear' : 'refused';
    } finally {
      this.#writes.delete(sent);
    }
  }

  async #send<T>(send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      throw unavailable(error);
    }
  }

  #landed<T>(result: T): T {
    this.counters.writes += 1;
    return result;
  }

  #conflict(): { ok: false; code: 'conflict' } {
    this.counters.conflicts += 1;
    return { ok: false, code: 'conflict' };
  }

  #requireOpen(): void {
    if (this.#closed) throw new StoreFault('store_unavailable', 'the store is closed');
  }
}

type Condition = Pick<
  PutItemCommandInput,
  'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;

function conditionOf(expect: Expectation): Condition {
  if (expect === 'absent') {
    return { ConditionExpression: 'attribute_not_exists(#key)', ExpressionAttributeNames: { '#key': 'key' } };
  }
  return {
    ConditionExpression: '#etag = :expected',
    ExpressionAttributeNames: { '#etag': 'etag' },
    ExpressionAttributeValues: { ':expected': { S: expect } },
  };
}

function positionOf(attributes: Record<string, AttributeValue>, index: IndexName): Position {
  return { key: attributes['key']?.S ?? '', sort: attributes[sortAttribute(index)]?.S ?? '' };
}

function unavailable(error: unknown): StoreFault {
  if (error instanceof StoreFault) return error;
  return new StoreFault('store_unavailable', String(error), error);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
