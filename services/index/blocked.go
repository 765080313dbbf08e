package index

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/copytaster/copytaster/services/index/bulk"
)

// blockException is Elasticsearch's name of the refusal to write into an index
// that is closed for writing, by an operator or by a disk that is full. Its
// reason names the index and the block.
const blockException = "cluster_block_exception"

// missingException is its name of the refusal where there is no such alias: somebody
// deleted the index.
const missingException = "index_not_found_exception"

// blocks are the refusals of those indices that did not take the last document
// for a block, or because they are not there, by alias. The zero value has none.
type blocks struct {
	mu      sync.Mutex
	refused map[string]*bulk.Error
}

// saw notes what became of documents. One that is written, or superseded, tells
// that its index is there and has no block: Elasticsearch looks for that first.
func (b *blocks) saw(docs []bulk.Doc, results []bulk.Result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, r := range results {
		var refused *bulk.Error
		switch {
		case r.Err == nil:
			delete(b.refused, docs[i].Index)
		case errors.As(r.Err, &refused) && (refused.Type == blockException || refused.Type == missingException):
			if b.refused == nil {
				b.refused = map[string]*bulk.Error{}
			}
			b.refused[docs[i].Index] = refused
		}
	}
}

// why tells which indices are blocked or missing; nil: none.
func (b *blocks) why() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var errs []error
	for _, alias := range slices.Sorted(maps.Keys(b.refused)) {
		errs = append(errs, fmt.Errorf("%s can't be written to: %w", alias, b.refused[alias]))
	}
	return errors.Join(errs...)
}
