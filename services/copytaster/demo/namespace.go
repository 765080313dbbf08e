package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
)

// prefix begins the namespaces of all demos.
const prefix = "demo-"

// Namespace is a new one, so that what is found was fed in by this demo.
func Namespace(started time.Time) string {
	return prefix + strconv.FormatInt(started.UnixNano(), 36) + "-"
}

const sweepTimeout = 30 * time.Second

// Sweep deletes the topics, groups and indices of all demos.
func Sweep(ctx context.Context, brokers []string, elasticsearch string) error {
	ctx, cancel := context.WithTimeout(ctx, sweepTimeout)
	defer cancel()
	client := &kafka.Client{Addr: kafka.TCP(brokers...)}
	meta, err := client.Metadata(ctx, &kafka.MetadataRequest{})
	if err != nil {
		return fmt.Errorf("list topics: %w", err)
	}
	var topics []string
	for _, t := range meta.Topics {
		if strings.HasPrefix(t.Name, prefix) {
			topics = append(topics, t.Name)
		}
	}
	if len(topics) > 0 {
		resp, err := client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: topics})
		if err != nil {
			return fmt.Errorf("delete topics: %w", err)
		}
		for name, err := range resp.Errors {
			// A topic whose deletion is under way is listed for a moment more.
			if err != nil && !errors.Is(err, kafka.UnknownTopicOrPartition) {
				return fmt.Errorf("delete topic %s: %w", name, err)
			}
		}
	}
	groups, err := client.ListGroups(ctx, &kafka.ListGroupsRequest{})
	if err != nil {
		return fmt.Errorf("list groups: %w", err)
	}
	var ids []string
	for _, g := range groups.Groups {
		if strings.HasPrefix(g.GroupID, prefix) {
			ids = append(ids, g.GroupID)
		}
	}
	if len(ids) > 0 {
		// A group that still has members stays; it holds nothing but offsets.
		if _, err := client.DeleteGroups(ctx, &kafka.DeleteGroupsRequest{GroupIDs: ids}); err != nil {
			return fmt.Errorf("delete groups: %w", err)
		}
	}
	return sweepIndices(ctx, elasticsearch)
}

func sweepIndices(ctx context.Context, elasticsearch string) error {
	var indices []struct {
		Index string `json:"index"`
	}
	if err := call(ctx, http.MethodGet, elasticsearch+"/_cat/indices/"+prefix+"*?format=json", &indices); err != nil {
		return fmt.Errorf("list indices: %w", err)
	}
	for _, i := range indices {
		if err := call(ctx, http.MethodDelete, elasticsearch+"/"+i.Index, nil); err != nil {
			return fmt.Errorf("delete index %s: %w", i.Index, err)
		}
	}
	return nil
}

func call(ctx context.Context, method, url string, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", resp.Status, b)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(b, into)
}
