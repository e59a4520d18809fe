// Prints for each column of a Parquet file how many values it has and a hash of them in their order: node hashes.mjs hyparquet|duckdb FILE
// Hash: FNV-1a of 32 bits over UTF-16 units of a text, or over the low and the high half of a 64-bit integer or of a double's bits; a null is one 0xFFFF,
// and behind each text comes one 0xFFFE. ColumnHashes.cs does the same with our reader.
const [reader, file] = process.argv.slice(2)
const bits = new DataView(new ArrayBuffer(8))
const columns = new Map()

function add(name, values) {
  let { count, hash } = columns.get(name) ?? { count: 0, hash: 0x811c9dc5 | 0 }
  const mix = unit => { hash = Math.imul(hash ^ unit, 0x01000193) }
  for (let value of values) {
    if (value === null || value === undefined) {
      mix(0xffff)
      continue
    }
    count++
    if (typeof value === 'string') {
      for (let i = 0; i < value.length; i++) mix(value.charCodeAt(i))
      mix(0xfffe)
      continue
    }
    if (typeof value === 'object') value = value.micros ?? BigInt(value.days)
    if (typeof value === 'bigint') bits.setBigInt64(0, value)
    else bits.setFloat64(0, value)
    mix(bits.getInt32(4))
    mix(bits.getInt32(0))
  }
  columns.set(name, { count, hash })
}

if (reader === 'hyparquet') {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetRead } = await import('hyparquet')
  const { gunzipSync } = await import('node:zlib')
  const buffer = await asyncBufferFromFile(file)
  const metadata = await parquetMetadataAsync(buffer)
  const whole = new Set(metadata.schema.slice(1).filter(e => e.type === 'INT32').map(e => e.name))
  let rowStart = 0
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows)
    await parquetRead({
      file: buffer, metadata, rowStart, rowEnd,
      parsers: { timestampFromMicroseconds: v => v, dateFromDays: v => v },
      compressors: { GZIP: (input, length) => new Uint8Array(gunzipSync(input, { maxOutputLength: length + 1 })) },
      onChunk: ({ columnName, columnData }) =>
        add(columnName, whole.has(columnName) ? Array.from(columnData, v => (v === null || v === undefined ? null : BigInt(v))) : columnData),
    })
    rowStart = rowEnd
  }
} else {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect()
  const result = await connection.stream(`SELECT * FROM read_parquet('${file.replaceAll("'", "''")}')`)
  const names = result.columnNames()
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk())
    names.forEach((name, i) => add(name, chunk.getColumnValues(i)))
}
for (const [name, { count, hash }] of columns) console.log(`${name} ${count} ${hash >>> 0}`)
