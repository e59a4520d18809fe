// Prints the rows of several Parquet files as one table, by column name, as DuckDB reads them: node union.mjs GLOB
// One JSON object per row, whose cells are texts or null.
import { DuckDBInstance } from '@duckdb/node-api'

const [glob] = process.argv.slice(2)
if (!glob) {
  console.error('usage: node union.mjs GLOB')
  process.exit(2)
}
const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect()
const result = await connection.streamAndReadAll(
  `SELECT * FROM read_parquet('${glob.replaceAll("'", "''")}', union_by_name = true, hive_partitioning = false) ORDER BY ALL`)
const names = result.columnNames()
const rows = result.getRows().map(row => JSON.stringify(Object.fromEntries(names.map((name, i) => [name, row[i] === null ? null : String(row[i])]))))
process.stdout.write(rows.map(row => row + '\n').join(''))
