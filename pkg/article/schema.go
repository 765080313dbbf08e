package article

import _ "embed"

// Schema is the JSON Schema (draft 2020-12) of an article's JSON.
//
//go:embed schema.json
var Schema []byte
