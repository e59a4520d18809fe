// Writes a Parquet file with DuckDB, for our reader: node write.mjs FILE CODEC
// The test File_that_duckdb_wrote_is_read repeats the formulas.
import { DuckDBInstance } from '@duckdb/node-api'

const [file, codec] = process.argv.slice(2)
if (!file || !/^\w+$/.test(codec ?? '')) {
  console.error('usage: node write.mjs FILE CODEC')
  process.exit(2)
}
const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect()
await connection.run(`COPY (SELECT
    CASE WHEN i % 11 = 0 THEN NULL ELSE i % 3 = 0 END AS flag,
    (i % 100)::INTEGER AS small,
    CASE WHEN i % 7 = 0 THEN NULL ELSE i * 1000000007 END AS big,
    i / 8.0::DOUBLE AS real,
    DATE '1970-01-01' + (i - 10000)::INTEGER AS day,
    make_timestamp(i * 1000001) AS moment,
    CASE WHEN i % 5 = 0 THEN NULL ELSE 'text ' || (i % 1000) || ' é' END AS text
  FROM range(30000) AS t(i)) TO '${file.replaceAll("'", "''")}' (FORMAT parquet, CODEC '${codec}', ROW_GROUP_SIZE 10000)`)
