// Checks job files against schemas/job.schema.json with a validator that shares nothing with etl's own reader.
// usage: node check.mjs SCHEMA FILE...     prints one JSON object: { "<file>": ["<path> <fault>", ...] }
import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import { parseDocument } from 'yaml';

const [schemaFile, ...files] = process.argv.slice(2);
const ajv = new Ajv2020.default({ allErrors: true, strict: true, strictTypes: false, strictRequired: false, allowUnionTypes: true });
const validate = ajv.compile(JSON.parse(readFileSync(schemaFile, 'utf8')));

const verdicts = {};
for (const file of files) {
  const document = parseDocument(readFileSync(file, 'utf8'));
  verdicts[file] = document.errors.map((e) => `/ ${e.message.split('\n')[0]}`);
  if (verdicts[file].length === 0 && !validate(document.toJS())) {
    verdicts[file] = validate.errors.map((e) => `${e.instancePath || '/'} ${e.message}`);
  }
}
console.log(JSON.stringify(verdicts, null, 2));
