// Prints a Parquet file as JSON lines, read by a reader that others wrote: node dump.mjs READER FILE
//   READER: hyparquet | duckdb
// First line: {"columns": [...], "rows": N, "metadata": {...}} (metadata is null for duckdb). Then one line per row: an array of cells.
// A cell: null; true or false; an integer, day count or microsecond count as a string; a double as the 16 hex digits of its bits, or "nan"; text as a string.
import { gunzipSync } from 'node:zlib'

const [reader, file] = process.argv.slice(2)
const lines = []
const print = value => lines.push(JSON.stringify(value))

const bits = new DataView(new ArrayBuffer(8))
function double(value) {
  if (Number.isNaN(value)) return 'nan' // JavaScript does not keep the bits of NaN
  bits.setFloat64(0, value)
  return bits.getBigUint64(0).toString(16).padStart(16, '0')
}

async function hyparquet() {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetRead } = await import('hyparquet')
  const buffer = await asyncBufferFromFile(file)
  const metadata = await parquetMetadataAsync(buffer)
  const leaves = metadata.schema.slice(1)
  const types = leaves.map(e => e.type)
  print({
    columns: leaves.map(e => e.name),
    rows: Number(metadata.num_rows),
    metadata: Object.fromEntries((metadata.key_value_metadata ?? []).map(p => [p.key, p.value])),
  })
  const cell = (value, type) => {
    if (value === null || value === undefined) return null
    if (type === 'DOUBLE') return double(value)
    return typeof value === 'number' || typeof value === 'bigint' ? String(value) : value
  }
  await parquetRead({
    file: buffer,
    metadata,
    // A null reaches a parser too when it stands on a page with values.
    parsers: { timestampFromMicroseconds: v => v, dateFromDays: v => v },
    compressors: { GZIP: (input, length) => new Uint8Array(gunzipSync(input, { maxOutputLength: length + 1 })) },
    onComplete: rows => rows.forEach(row => print(row.map((value, i) => cell(value, types[i])))),
  })
}

async function duckdb() {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect()
  const result = await connection.streamAndReadAll(`SELECT * FROM read_parquet('${file.replaceAll("'", "''")}')`)
  const types = result.columnTypes().map(String)
  const rows = result.getRows()
  print({ columns: result.columnNames(), rows: rows.length, metadata: null })
  const cell = (value, type) => {
    if (value === null) return null
    if (type === 'DOUBLE') return double(value)
    if (type === 'DATE') return String(value.days)
    if (type === 'TIMESTAMP WITH TIME ZONE' || type === 'TIMESTAMPTZ') return String(value.micros)
    return typeof value === 'number' || typeof value === 'bigint' ? String(value) : value
  }
  rows.forEach(row => print(row.map((value, i) => cell(value, types[i]))))
}

const readers = { hyparquet, duckdb }
if (!file || !readers[reader]) {
  console.error('usage: node dump.mjs hyparquet|duckdb FILE')
  process.exit(2)
}
await readers[reader]()
process.stdout.write(lines.join('\n') + '\n')
