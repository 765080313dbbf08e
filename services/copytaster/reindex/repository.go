package reindex

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path"
	"regexp"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/copytaster/copytaster/pkg/elastic"
)

// DefaultRepository is the snapshot repository's usual name.
const DefaultRepository = "copytaster"

var nameOf = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,99}$`)

// CheckSnapshotName tells why a snapshot or repository can't have that name.
func CheckSnapshotName(name string) error {
	if !nameOf.MatchString(name) {
		return fmt.Errorf("%q is no name for a snapshot or its repository: up to 100 of a-z, 0-9, '.', '_', '-', not beginning with a mark", name)
	}
	return nil
}

// Repository is a snapshot repository as Elasticsearch has it registered.
type Repository struct {
	Type     string // "fs": a folder of its own file system
	Location string // the folder; "" if it is of another type
}

func (r Repository) String() string {
	if r.Type != "fs" {
		return "a repository of type " + r.Type
	}
	return r.Location
}

// Is tells whether it is a folder of that name.
func (r Repository) Is(location string) bool {
	return r.Type == "fs" && path.Clean(r.Location) == path.Clean(location)
}

// NoRepositoryError says that there is no repository of that name.
type NoRepositoryError struct{ Name string }

func (e *NoRepositoryError) Error() string {
	return fmt.Sprintf("there is no snapshot repository %s: say --location to make it, a folder below Elasticsearch's path.repo", e.Name)
}

// Repository finds one by its name. A [*NoRepositoryError]: it is not there.
func (j *Job) Repository(ctx context.Context, name string) (Repository, error) {
	var reply map[string]struct {
		Type     string `json:"type"`
		Settings struct {
			Location string `json:"location"`
		} `json:"settings"`
	}
	err := elastic.Ask(ctx, j.ES, "find the snapshot repository "+name, esapi.SnapshotGetRepositoryRequest{Repository: []string{name}}, &reply)
	var refused *elastic.StatusError
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound {
		return Repository{}, &NoRepositoryError{name}
	}
	return Repository{reply[name].Type, reply[name].Settings.Location}, err
}

// Register registers a folder of Elasticsearch's own file system, below one of
// the folders that its setting path.repo names, in place of what had that name.
func (j *Job) Register(ctx context.Context, name, location string) error {
	content, err := json.Marshal(map[string]any{"type": "fs", "settings": map[string]any{"location": location}})
	if err != nil {
		return err
	}
	err = elastic.Ask(ctx, j.ES, "make the snapshot repository "+name, esapi.SnapshotCreateRepositoryRequest{Repository: name, Body: bytes.NewReader(content)}, nil)
	var refused *elastic.StatusError
	if errors.As(err, &refused) && refused.Type == "repository_exception" {
		return fmt.Errorf("%w: the folder must lie below one that path.repo in elasticsearch.yml names, and Elasticsearch must be allowed to write to it", err)
	}
	return err
}
