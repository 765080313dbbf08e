// Writes src/api/schema.ts, the types of the API, from its OpenAPI document.
import { writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';

const document = new URL('../../api/openapi.yaml', import.meta.url);

const ast = await openapiTS(document, {
  // Numbers of 63 bits are read as text, see src/api/client.ts.
  transform(schema) {
    if (schema.type === 'integer' && schema.maximum > Number.MAX_SAFE_INTEGER) {
      return ts.factory.createKeywordTypeNode(ts.SyntaxKind.StringKeyword);
    }
    return undefined;
  },
});
await writeFile(new URL('../src/api/schema.ts', import.meta.url), astToString(ast));
