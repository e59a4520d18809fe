// Runs SQL in DuckDB: node duck.mjs THREADS STATEMENT...
// The rows of each statement are printed as one line, a JSON array of arrays of texts.
import { DuckDBInstance } from '@duckdb/node-api'

const [threads, ...statements] = process.argv.slice(2)
const connection = await (await DuckDBInstance.create(':memory:', { threads })).connect()
for (const statement of statements) {
  const result = await connection.runAndReadAll(statement)
  console.log(JSON.stringify(result.getRows().map(row => row.map(cell => (cell === null ? null : String(cell))))))
}
