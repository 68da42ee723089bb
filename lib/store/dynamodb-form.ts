// SPDX-License-Identifier: MIT
import type { AttributeValue, QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { packBody, unpackBody } from './dynamodb-body.ts';
import { partitionAttribute, sortAttribute } from './dynamodb-table.ts';
import { toItem } from './item-form.ts';
import type { IndexEntries, StoredForm } from './item-form.ts';
import type { Range } from './range.ts';
import { StoreFault, indexNames } from './store.ts';
import type { Etag, IndexName, Item } from './store.ts';

type Attributes = Record<string, AttributeValue>;

export function toAttributes(form: StoredForm, etag: Etag): Attributes {
  const attributes: Attributes = {
    key: { S: form.key },
    etag: { S: etag },
    schema: { N: String(form.schema) },
    body: { B: packBody(form.body) },
  };
  for (const name of indexNames) {
    const entry = form.index[name];
    if (!entry) continue;
    attributes[partitionAttribute(name)] = { S: entry.partition };
    attributes[sortAttribute(name)] = { S: entry.sort };
  }
  return attributes;
}

export function fromAttributes(attributes: Attributes): Item {
  const { key, etag, schema, body } = attributes;
  if (!key?.S || !etag?.S || !schema?.N || !body?.B) {
    throw new StoreFault('schema_unknown', `the item ${key?.S ?? '?'} is not one of this store`);
  }
  const index: IndexEntries = {};
  for (const name of indexNames) {
    const partition = attributes[partitionAttribute(name)]?.S;
    const sort = attributes[sortAttribute(name)]?.S;
    if (partition !== undefined && sort !== undefined) index[name] = { partition, sort };
  }
  const packed = body.B;
  const form = {
    key: key.S,
    schema: Number(schema.N),
    get body() {
      return unpackBody(packed);
    },
    index,
  };
  return toItem(form, etag.S as Etag);
}

export function queryInput(query: {
  table: string;
  index: IndexName;
  partition: string;
  range: Range;
}): QueryCommandInput {
  const { table, index, partition, range } = query;
  const { after } = range;
  const bounds = boundsOf(range);
  return {
    TableName: table,
    IndexName: index,
    KeyConditionExpression: `#partition = :partition${bounds.condition}`,
    ExpressionAttributeNames: {
      '#partition': partitionAttribute(index),
      ...(bounds.condition && { '#sort': sortAttribute(index) }),
    },
    ExpressionAttributeValues: { ':partition': { S: partition }, ...bounds.values },
    ScanIndexForward: !range.descending,
    Limit: range.limit,
    ...(after && {
      ExclusiveStartKey: {
        key: { S: after.key },
        [partitionAttribute(index)]: { S: partition },
        [sortAttribute(index)]: { S: after.sort },
      },
    }),
  };
}

function boundsOf({ from, to }: Range): { condition: string; values: Attributes } {
  if (from !== undefined && to !== undefined) {
    return {
      condition: ' AND #sort BETWEEN :from AND :to',
      values: { ':from': { S: from }, ':to': { S: to } },
    };
  }
  if (from !== undefined) return { condition: ' AND #sort >= :from', values: { ':from': { S: from } } };
  if (to !== undefined) return { condition: ' AND #sort <= :to', values: { ':to': { S: to } } };
  return { condition: '', values: {} };
}
