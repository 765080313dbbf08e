// Package querytest is for tests of what is asked of Elasticsearch.
package querytest

// Clauses is how many clauses Lucene counts, at most, in a query of Elasticsearch, as it
// is before it is JSON, or read from that. Small machines refuse more than 1024.
func Clauses(q any) (n int) {
	switch q := q.(type) {
	case map[string]any:
		for name, inside := range q {
			switch name {
			case "multi_match":
				if m, ok := inside.(map[string]any); ok {
					n += len(list(m["fields"]))
				}
			case "match_all", "match_none", "term", "prefix", "wildcard", "regexp", "fuzzy":
				n++
			case "terms", "range", "geo_distance", "geo_bounding_box": // of the index, and of the documents' values
				n += 2
			case "nested":
				n += 1 + Clauses(inside)
			default:
				n += Clauses(inside)
			}
		}
	case []any:
		for _, o := range q {
			n += Clauses(o)
		}
	}
	return n
}

func list(names any) []any {
	if all, ok := names.([]string); ok {
		return make([]any, len(all))
	}
	all, _ := names.([]any)
	return all
}
