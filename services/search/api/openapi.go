package api

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/rs/zerolog"
	"go.yaml.in/yaml/v3"

	"github.com/copytaster/copytaster/pkg/article"
)

//go:embed openapi.yaml
var openAPISource []byte

// articleSchema is how openapi.yaml refers to the schema of articles, by its place in
// the tree.
const articleSchema = "../../../pkg/article/schema.json"

// OpenAPI is the API's description, OpenAPI 3.1 in JSON: openapi.yaml and the schema
// of articles in one document.
var OpenAPI = sync.OnceValues(func() ([]byte, error) {
	var doc, of map[string]any
	if err := yaml.Unmarshal(openAPISource, &doc); err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	if err := json.Unmarshal(article.Schema, &of); err != nil {
		return nil, fmt.Errorf("schema of articles: %w", err)
	}
	components, _ := doc["components"].(map[string]any)
	schemas, _ := components["schemas"].(map[string]any)
	if schemas == nil {
		return nil, fmt.Errorf("openapi.yaml: there are no components/schemas")
	}
	// Tools that make clients know no schema inside another.
	parts, _ := of["$defs"].(map[string]any)
	for _, key := range []string{"$schema", "$id", "$defs"} {
		delete(of, key)
	}
	for name, part := range parts {
		schemas["Article."+name] = part
	}
	schemas["Article"] = of
	refer(doc)
	return json.Marshal(doc)
})

// refer makes references to the schema of articles, and to what is in it, such to
// where they stand in the document.
func refer(node any) {
	switch node := node.(type) {
	case map[string]any:
		if ref, ok := node["$ref"].(string); ok {
			if ref == articleSchema {
				ref = "#/components/schemas/Article"
			}
			node["$ref"] = strings.Replace(ref, "#/$defs/", "#/components/schemas/Article.", 1)
		}
		for _, v := range node {
			refer(v)
		}
	case []any:
		for _, v := range node {
			refer(v)
		}
	}
}

// openAPI answers with [OpenAPI].
func openAPI(log zerolog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := OpenAPI()
		if err != nil {
			fail(w, r, log, err)
			return
		}
		send(w, r, log, b, "application/json", true)
	})
}
